/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A function's registers and configuration space through sysfs, for the descriptor and the ladder of rescues
 * (guest/dev/descriptor.h, fault/ladder.h): what the host can do about a device whose user is hung or gone.
 */
#ifndef LIFELINE_PCI_REACH_H
#define LIFELINE_PCI_REACH_H

#include <stddef.h>
#include <stdint.h>

#include "guest/dev/io.h"

#define REACH_BARS 6

/**
 * struct reach - a function that is reached
 * @config: its config file, -1: none
 * @bar: its BARs: @fd of resourceN, @map of memory, both none if it has no such BAR
 */
struct reach {
	int config;
	struct {
		int fd;
		void *map;
		size_t size;
	} bar[REACH_BARS];
};

/**
 * reach_open() - reach function @bdf
 *
 * Changes nothing: its memory and port decoding are as they were.
 *
 * Return: 0 or -errno, with one line in @error.
 */
int reach_open(struct reach *r, const char *bdf, char *error, size_t size);

/** reach_io() - its surroundings, without memory for DMA; @r must outlive them */
struct dev_io reach_io(struct reach *r);

/** reach_close() - let it go */
void reach_close(struct reach *r);

#endif
