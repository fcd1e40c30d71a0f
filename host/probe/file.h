/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIFELINE_PROBE_FILE_H
#define LIFELINE_PROBE_FILE_H

#include <stddef.h>

/**
 * file_read() - the beginning of a small file of sysfs, procfs or tracefs
 * @path: of the file
 * @text: what is in it, NUL-terminated, cut if it is longer than the room
 * @room: bytes of @text, at least 1
 *
 * Return: length of the text, or -errno.
 */
int file_read(const char *path, char *text, size_t room);

/** file_write() - write @text to such a file in one piece. Return: 0 or -errno */
int file_write(const char *path, const char *text);

#endif
