/* SPDX-License-Identifier: GPL-2.0-only */
/* A case's functions, taken for VFIO and given back. */
#ifndef LIFELINE_CASE_TAKE_H
#define LIFELINE_CASE_TAKE_H

#include <stddef.h>

#include "host/case/devices.h"

#define TAKE_WHY 256

/** enum taken - TAKE_SKIP: a named need is absent, @why says which; TAKE_ERROR: it could not be taken, @why says why */
enum taken { TAKEN, TAKE_SKIP, TAKE_ERROR };

/**
 * case_devices() - those of $LIFELINE_DEVICES
 * @why: one line after TAKE_SKIP (nothing is listed) or TAKE_ERROR (a list with a mistake)
 */
enum taken case_devices(struct case_devices *d, char why[TAKE_WHY]);

/**
 * case_take() - bind function @index, from 0, of @model to vfio-pci
 * @d: where it is looked for
 * @device: the function
 *
 * case_give_back() gives it back; so does a later run, if this one is killed.
 */
enum taken case_take(const struct case_devices *d, const char *model, unsigned int index,
		     const struct case_device **device, char why[TAKE_WHY]);

/** case_give_back() - what was taken has its driver again. Return: NULL, or what was wrong */
const char *case_give_back(void);

#endif
