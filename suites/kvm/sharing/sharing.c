// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: a level-triggered line calls the handlers of all its devices (kernel/irq/handle.c); VFIO adds one that
 * claims only what its own device asserts, by the status bit of PCI 2.3. Survival of the healthy line proves that
 * the other topics' bounds are no accident of the board.
 */
#include "host/case/judge.h"

#define WINDOW (300 * NS_PER_MS)

FIXTURE(line)
{
	struct shared_line l;
};

FIXTURE_VARIANT(line)
{
	unsigned int loads;
};

FIXTURE_VARIANT_ADD(line, sata){ .loads = LOAD_SATA };
FIXTURE_VARIANT_ADD(line, usb){ .loads = LOAD_USB };
FIXTURE_VARIANT_ADD(line, nic){ .loads = LOAD_NIC };
FIXTURE_VARIANT_ADD(line, all){ .loads = LOAD_SATA | LOAD_USB | LOAD_NIC };

FIXTURE_SETUP(line)
{
	char why[TAKE_WHY];

	TAKE(shared_find(&self->l, "edu", 0, why), why);
	TAKE(shared_up(&self->l, variant->loads, false, why), why);
}

FIXTURE_TEARDOWN(line)
{
	const char *why = shared_down(&self->l);

	REQUIRE(!why, "%s", why);
}

TEST_F_TIMEOUT(line, host, CASE_SECONDS)
{
	for (enum window w = WINDOW_BEFORE; w < WINDOWS; w++)
		shared_window(&self->l, w, WINDOW);
	for (enum window w = WINDOW_BEFORE; w < WINDOWS; w++)
		shared_judge(_metadata, &self->l, w, &SHARED_HEALTHY);
	shared_judge_log(_metadata, &self->l);
}

CASE_MAIN
