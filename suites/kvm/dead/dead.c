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
	(700 * \
	 NS_PER_MS) /* a storm is seen at once; its 100,000 interrupts take a fraction of it */
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

/* How the offender interrupts on the line, run as a process and as a virtual machine. */
#define INTX(name, model, index)                                                                 \
	FIXTURE_VARIANT_ADD(line,                                                                \
			    name##_process){ .o = { model, index, &domain_process, IRQ_INTX } }; \
	FIXTURE_VARIANT_ADD(line, name##_vmm){ .o = { model, index, &domain_vmm, IRQ_INTX } };   \
	FIXTURE_VARIANT_ADD(line, name##_qemu)                                                   \
	{                                                                                        \
		.o = { model, index, &domain_qemu, IRQ_INTX }                                    \
	}

INTX(edu, "edu", 0);	   /* no reset */
INTX(bridged, "edu", 1);   /* its bus can be reset */
INTX(e1000, "e1000", 0);   /* no reset */
INTX(e1000e, "e1000e", 0); /* power management and bus; Linux takes the first */

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

static void judge(struct __test_metadata *_metadata, FIXTURE_DATA(line) * self)
{
	for (enum window w = WINDOW_BEFORE; w < WINDOWS; w++)
		shared_judge(_metadata, &self->l, w, &SHARED_HEALTHY);
	shared_judge_log(_metadata, &self->l);
}

/* The offender plays @verb and is killed in the midst of it. */
static void die(struct __test_metadata *_metadata, FIXTURE_DATA(line) * self, enum fault_verb verb)
{
	int rc;

	shared_window(&self->l, WINDOW_BEFORE, BEFORE);
	rc = domain_fault(&self->d, verb, FAULT_LIMIT);
	REQUIRE(!rc, "the fault does not stand: %d", rc);
	shared_struck(&self->l);
	CHECK(!domain_kill(&self->d), "HC the domain's process is gone after SIGKILL");
	shared_window(&self->l, WINDOW_DURING, DURING);
	shared_window(&self->l, WINDOW_AFTER, AFTER);
	judge(_metadata, self);
}

TEST_F_TIMEOUT(line, asserting, CASE_SECONDS)
{
	die(_metadata, self, FAULT_MASK);
}

TEST_F_TIMEOUT(line, in_handler, CASE_SECONDS)
{
	die(_metadata, self, FAULT_SPIN);
}

TEST_F_TIMEOUT(line, unmasking, CASE_SECONDS)
{
	die(_metadata, self, FAULT_UNMASK);
}

TEST_F_TIMEOUT(line, resetting, CASE_SECONDS)
{
	die(_metadata, self, FAULT_RESET);
}

TEST_F_TIMEOUT(line, quiet, CASE_SECONDS)
{
	die(_metadata, self, FAULT_SILENT);
}

/* What saves the sharers: the host acts on the device while its user hangs, or as soon as it is gone. */
enum rescue { QUIET_FIRST, DISINTX_FIRST, DISINTX_AFTER };

static void rescue(struct __test_metadata *_metadata, FIXTURE_DATA(line) * self, enum rescue how)
{
	char why[TAKE_WHY];
	int rc = 0;

	shared_window(&self->l, WINDOW_BEFORE, BEFORE);
	REQUIRE(!domain_fault(&self->d, FAULT_MASK, FAULT_LIMIT), "the fault does not stand");
	shared_struck(&self->l);
	if (how == QUIET_FIRST)
		rc = offender_quiet_by(&self->l, self->d.pid, why);
	else if (how == DISINTX_FIRST)
		rc = offender_disintx(&self->l, why);
	REQUIRE(!rc, "%s", why);
	CHECK(!domain_kill(&self->d), "HC the domain's process is gone after SIGKILL");
	if (how == DISINTX_AFTER)
		REQUIRE(!offender_disintx(&self->l, why), "%s", why);
	shared_window(&self->l, WINDOW_DURING, DURING);
	shared_window(&self->l, WINDOW_AFTER, AFTER);
	judge(_metadata, self);
}

TEST_F_TIMEOUT(line, rescue_descriptor, CASE_SECONDS)
{
	rescue(_metadata, self, QUIET_FIRST);
}

TEST_F_TIMEOUT(line, rescue_disintx, CASE_SECONDS)
{
	rescue(_metadata, self, DISINTX_AFTER);
}

TEST_F_TIMEOUT(line, disintx_first, CASE_SECONDS)
{
	rescue(_metadata, self, DISINTX_FIRST);
}

CASE_MAIN
