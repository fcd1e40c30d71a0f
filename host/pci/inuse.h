/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this machine lives on: devices below which there is a mounted filesystem,
 * swap, a disk that md or device-mapper holds, a console, or the interface of the
 * default route. Such a device is never taken from it.
 */
#ifndef LIFELINE_PCI_INUSE_H
#define LIFELINE_PCI_INUSE_H

#include <stddef.h>

/** INUSE_WHY - bytes of the longest reason and its end */
#define INUSE_WHY 96

/** struct inuse - devices that are in use, each with what for */
struct inuse {
	unsigned int count, room;
	struct inuse_device *device;
};

/**
 * inuse_read() - look at the machine below @root
 *
 * What cannot be read counts as not used: a kernel without swap has no /proc/swaps.
 * Return: 0, to be freed by inuse_free(); -ENOMEM.
 */
int inuse_read(const char *root, struct inuse *inuse);

/** inuse_free() - give the memory back; @inuse may be zeroed */
void inuse_free(struct inuse *inuse);

/**
 * inuse_why() - what the function @bdf, or something behind it, is needed for
 *
 * Return: "mounted on /srv (sda1)", "swap (sda2)", "console ttyS4"...; NULL: nothing.
 */
const char *inuse_why(const struct inuse *inuse, const char *bdf);

#endif
