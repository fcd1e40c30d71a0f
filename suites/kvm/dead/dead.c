// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: when the last file of a function goes, vfio_pci_core_disable() frees its interrupt, sets DisINTx, and
 * resets it if it can; then it restores what it had saved of configuration space, DisINTx among that, and the device may
 * assert a line that has no handler for it. Survival proves that a dead user's device is silent.
 */
#include "host/case/judge.h"
#include "host/case/offender.h"

#define BEFORE (300 * NS_PER_MS)
#define DURING \
	(2 *   \
	 NS_PER_S) /* a line without an owner is killed after 100,000 interrupts, a second or so */
#define AFTER	    (300 * NS_PER_MS)
#define FAULT_LIMIT (5 * NS_PER_S)

FIXTURE(line)
{
	struct shared_line l;
	struct domain d;
};

FIXTURE_VARIANT(line)
{
	struct offender o;
};

FIXTURE_VARIANT_ADD(line, edu_process){ .o = { "edu", 0, &domain_process, IRQ_INTX } };
FIXTURE_VARIANT_ADD(line, e1000_process){ .o = { "e1000", 0, &domain_process, IRQ_INTX } };
FIXTURE_VARIANT_ADD(line, e1000e_process){ .o = { "e1000e", 0, &domain_process, IRQ_INTX } };
FIXTURE_VARIANT_ADD(line, bridged_process){ .o = { "edu", 1, &domain_process, IRQ_INTX } };
FIXTURE_VARIANT_ADD(line, edu_vmm){ .o = { "edu", 0, &domain_vmm, IRQ_INTX } };

FIXTURE_SETUP(line)
{
	char why[TAKE_WHY];

	TAKE(shared_take(&self->l, variant->o.model, variant->o.index, why), why);
	TAKE(offender_start(&self->l, &variant->o, &self->d, why), why);
	TAKE(shared_up(&self->l, LOAD_SATA, false, why), why);
}

FIXTURE_TEARDOWN(line)
{
	char why[TAKE_WHY];
	const char *wrong;

	domain_free(&self->d);
	offender_quiet(&self->l, why);
	wrong = shared_down(&self->l);
	REQUIRE(!wrong, "%s", wrong);
}

static void die(struct __test_metadata *_metadata, FIXTURE_DATA(line) * self, enum fault_verb verb)
{
	shared_window(&self->l, WINDOW_BEFORE, BEFORE);
	REQUIRE(!domain_fault(&self->d, verb, FAULT_LIMIT), "the fault does not stand");
	CHECK(!domain_kill(&self->d), "HC the domain's process is gone after SIGKILL");
	shared_window(&self->l, WINDOW_DURING, DURING);
	shared_window(&self->l, WINDOW_AFTER, AFTER);
	for (enum window w = WINDOW_BEFORE; w < WINDOWS; w++)
		shared_judge(_metadata, &self->l, w, &SHARED_HEALTHY);
	shared_judge_log(_metadata, &self->l);
}

TEST_F_TIMEOUT(line, asserting, CASE_SECONDS)
{
	die(_metadata, self, FAULT_MASK);
}

CASE_MAIN
