/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices that advertise messages and do not send them. There are such devices
 * and such boards (Linux keeps lists of them in drivers/pci/quirks.c); whoever
 * turns MSI on should see one interrupt before relying on it.
 */
#ifndef LIFELINE_CONTROL_HONESTY_H
#define LIFELINE_CONTROL_HONESTY_H

#include "guest/control/exercise.h"

/** enum honesty - what a device made of one trigger */
enum honesty {
	HONEST,	   /* the interrupt came in time */
	WITHHOLDS, /* it says that it interrupts, and nothing came */
	MUTE,	   /* nothing came, and its registers know of nothing */
	UNTRIED,   /* it could not be triggered: error noted */
};

/**
 * exercise_honesty() - trigger vector 0 once and see whether it comes
 * @limit: ns; it takes no longer, and a device that is honest only as long as it needs
 *
 * Whatever was pending is acknowledged. A device found to be other than honest
 * should be reset before it is used again.
 */
enum honesty exercise_honesty(struct exercise *e, uint64_t limit);

/** honesty_text() - what to say of such a device, behind its name and kind */
const char *honesty_text(enum honesty honesty);

#endif
