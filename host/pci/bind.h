/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions are taken from this machine for VFIO, and given back as they were:
 * driver, driver_override, enable count, power/control. What they were is on disk
 * before anything is changed (host/pci/state.h).
 */
#ifndef LIFELINE_PCI_BIND_H
#define LIFELINE_PCI_BIND_H

#include <stddef.h>

/** BIND_SET - functions that can be taken at once */
#define BIND_SET 32

/** BIND_SKIP - this machine cannot do it, whatever the function: no VFIO, or no IOMMU. Not an error */
#define BIND_SKIP 1

/**
 * bind_take() - bind functions to vfio-pci
 * @bdf: @count addresses: 1..BIND_SET. All of an IOMMU group that have a driver
 *	belong into one set
 * @error: filled with one line after BIND_SKIP or an error
 *
 * All are taken or none: what had been taken before an error is given back. One that
 * is taken already stays so.
 *
 * Return: 0; BIND_SKIP; -EINVAL: no address, named twice, or a bridge; -ENODEV: not
 * there; -EBUSY: needed by this machine, or a driver of its own is in the group;
 * -EEXIST: an earlier run has taken it and not given it back; -ETIMEDOUT: a driver
 * does not let go of it; -errno: the kernel's answer.
 */
int bind_take(const char *root, const char *const *bdf, unsigned int count, char *error,
	      size_t size);

/**
 * bind_give_back() - restore a function by its state file, and remove that
 *
 * After an error the file stays, and it can be tried again.
 *
 * Return: 0; -ENOENT: it was not taken; -EBUSY: a process has the group open, or
 * another driver has the function by now; -ETIMEDOUT: vfio-pci does not let go of
 * it; -ENODEV: the function, or its driver, is gone; -EPERM, -EINVAL: the state file
 * is not to be believed; -errno: the kernel's answer.
 */
int bind_give_back(const char *root, const char *bdf, char *error, size_t size);

/**
 * bind_give_back_all() - restore every function that has a state file
 * @tell: called for each with its result and, after an error, one line; may be NULL
 *
 * Return: 0, or the first error.
 */
int bind_give_back_all(const char *root,
		       void (*tell)(void *ctx, const char *bdf, int result, const char *error),
		       void *ctx);

#endif
