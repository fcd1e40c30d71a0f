/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's image: an ELF64 file with a PVH entry note, put into the guest's RAM. */
#ifndef LIFELINE_VMM_IMAGE_H
#define LIFELINE_VMM_IMAGE_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct ram - the guest's memory, from guest-physical address 0 on
 * @base: where we see it
 * @size: bytes
 */
struct ram {
	void *base;
	uint64_t size;
};

/** IMAGE_LOWEST - nothing is loaded below: start info and firmware's addresses are there */
#define IMAGE_LOWEST 0x100000u

/**
 * image_load() - copy the loadable segments of @image to their physical addresses
 * @image: the file, @size bytes; none of its headers is believed
 * @ram: all zero behind IMAGE_LOWEST
 * @entry: filled in: where a PVH guest begins (XEN_ELFNOTE_PHYS32_ENTRY), inside of a segment
 * @error: filled in, @room bytes, if it fails
 *
 * Return: 0; -ENOEXEC not such an image; -E2BIG it has no room in @ram.
 */
int image_load(const void *image, size_t size, const struct ram *ram, uint32_t *entry, char *error,
	       size_t room);

#endif
