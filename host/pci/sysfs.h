/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small files of sysfs and procfs. Every path begins with a root, "" on a machine
 * and a folder of its own in a test.
 */
#ifndef LIFELINE_PCI_SYSFS_H
#define LIFELINE_PCI_SYSFS_H

#include <stddef.h>

/** SYSFS_PATH - bytes of the longest path that is used here */
#define SYSFS_PATH 512

/**
 * sysfs_path() - build a path
 *
 * Return: 0, or -ENAMETOOLONG, and then @path is empty: whoever opens it gets ENOENT.
 */
__attribute__((format(printf, 2, 3))) int sysfs_path(char path[SYSFS_PATH], const char *format,
						     ...);

/**
 * sysfs_read() - the whole text of an attribute, without the newline at its end
 * @text: ends with a NUL in every case; it is empty after an error
 *
 * Return: its length; -EFBIG: it does not fit; another -errno of open or read.
 */
int sysfs_read(const char *path, char *text, size_t size);

/** sysfs_number() - an attribute's number, decimal or 0x; @otherwise where there is none */
long sysfs_number(const char *path, long otherwise);

/**
 * sysfs_write_within() - file_write() in a process of its own, waited for @ms milliseconds
 *
 * For attributes whose writer the kernel may keep: unbind waits for a driver that
 * may wait for ever. Return: as above; -ETIMEDOUT: the kernel still has the writer.
 */
int sysfs_write_within(const char *path, const char *text, unsigned int ms);

/**
 * sysfs_read_within() - sysfs_read() in the same way, of at most a page
 *
 * For attributes that the kernel shows under the device's lock, as driver_override:
 * a driver that hangs while it is unbound keeps that. Return: as sysfs_read(), or -ETIMEDOUT.
 */
int sysfs_read_within(const char *path, char *text, size_t size, unsigned int ms);

/** sysfs_link() - the last name in what the link @path points to. Return: its length or -errno */
int sysfs_link(const char *path, char *name, size_t size);

#endif
