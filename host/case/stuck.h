/* SPDX-License-Identifier: GPL-2.0-only */
/* A driver of the host's own that behaves badly: the module lifeline_stuck (host/module/), on an edu device. */
#ifndef LIFELINE_CASE_STUCK_H
#define LIFELINE_CASE_STUCK_H

#include "host/case/take.h"

/** STUCK_DELAY_MAX - of @delay_us and @pace_us of stuck_load() */
#define STUCK_DELAY_MAX 100000u

/**
 * stuck_load() - the module takes a device, which is quiet, and shares its line
 * @device: an edu that no driver has
 * @verdict: of its handler, if its device asserts: "none", "handled" or "ack"
 * @delay_us: how long its handler runs then, 0..STUCK_DELAY_MAX
 * @pace_us: not 0: its handler quiets it whatever the verdict, and it asserts again so much later, to STUCK_DELAY_MAX
 *
 * Return: as case_take(): to be skipped if there is no module for this kernel.
 */
enum taken stuck_load(const struct case_device *device, const char *verdict, unsigned int delay_us,
		      unsigned int pace_us, char why[TAKE_WHY]);

/** stuck_raise() - its device asserts. Return: 0 or -errno with one line in @why */
int stuck_raise(char why[TAKE_WHY]);

/** stuck_unload() - its device is quieted and given up. Return: 0, also if it is not loaded, or the same */
int stuck_unload(char why[TAKE_WHY]);

/**
 * stuck_revive() - a line that the kernel has killed comes back: somebody requests it
 * @device: on that line, as above, and nobody has it
 *
 * __setup_irq() enables a shared line that note_interrupt() had disabled. Return: the same.
 */
int stuck_revive(const struct case_device *device, char why[TAKE_WHY]);

#endif
