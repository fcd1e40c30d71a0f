/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a function was before it was taken for VFIO, in a file of its own,
 * /run/lifeline/<bdf>: whoever took it may be killed, and then another gives it back.
 */
#ifndef LIFELINE_PCI_STATE_H
#define LIFELINE_PCI_STATE_H

#include "host/pci/bdf.h"
#include "host/pci/inventory.h"

/** STATE_TEXT - bytes of the longest file and one more */
#define STATE_TEXT 512

/**
 * struct pci_state - a function as it was
 * @bdf: its address
 * @driver: empty: none
 * @driver_override: empty: none
 * @enabled: its enable count in sysfs
 * @power_control: "on" or "auto"; empty: the kernel has no such attribute
 */
struct pci_state {
	char bdf[BDF_SIZE];
	char driver[PCI_NAME], driver_override[PCI_NAME];
	unsigned int enabled;
	char power_control[8];
};

/**
 * state_format() - the text of a file
 *
 * Return: its length; -EILSEQ: a name has bytes that no name of a driver has.
 */
int state_format(const struct pci_state *state, char text[STATE_TEXT]);

/**
 * state_parse() - read the text of a file
 * @text: @size bytes, of any content
 *
 * Names become parts of paths and are written to the kernel: one that could lead
 * elsewhere is refused. Return: 0 or -EINVAL.
 */
int state_parse(const char *text, size_t size, struct pci_state *state);

/**
 * state_save() - write the file of @state->bdf, whole or not at all
 *
 * Return: 0; -EEXIST: somebody has taken the function and not given it back; -errno.
 */
int state_save(const char *root, const struct pci_state *state, char *error, size_t size);

/**
 * state_load() - read the file of @bdf
 *
 * Return: 0; -ENOENT: there is none; -EPERM: folder or file is not ours alone;
 * -EINVAL: it is no such file, or one of another function; -errno.
 */
int state_load(const char *root, const char *bdf, struct pci_state *state, char *error,
	       size_t size);

/** state_drop() - remove the file of @bdf. Return: 0 or -errno */
int state_drop(const char *root, const char *bdf);

/** state_list() - addresses that have a file, up to @max of them. Return: how many */
unsigned int state_list(const char *root, char (*bdf)[BDF_SIZE], unsigned int max);

#endif
