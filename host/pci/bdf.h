/* SPDX-License-Identifier: GPL-2.0-only */
/* The address of a PCI function, spelled 0000:6a:01.0. */
#ifndef LIFELINE_PCI_BDF_H
#define LIFELINE_PCI_BDF_H

#include <stdbool.h>
#include <stdint.h>

/** BDF_SIZE - bytes of the longest spelling and its end: domains have up to 32 bits (VMD) */
#define BDF_SIZE 17

/**
 * struct bdf - domain, bus, device and function
 * @domain: PCI segment, 0 on most machines
 * @bus: 0..255
 * @device: 0..31; what the swizzle of INTx counts with
 * @function: 0..7
 */
struct bdf {
	uint32_t domain;
	uint8_t bus, device, function;
};

/**
 * bdf_parse() - read a whole text as an address
 * @text: "0000:6a:01.0", or "6a:01.0" in domain 0
 *
 * Return: false: it is none, @bdf is as it was.
 */
bool bdf_parse(const char *text, struct bdf *bdf);

/** bdf_format() - the spelling that sysfs has, the domain always there */
void bdf_format(const struct bdf *bdf, char text[BDF_SIZE]);

#endif
