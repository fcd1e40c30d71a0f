// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: a level-triggered line calls the handlers of all its devices (kernel/irq/handle.c); VFIO adds one that
 * claims only what its own device asserts, by the status bit of PCI 2.3. Survival of the healthy line proves that
 * the other topics' bounds are no accident of the board.
 */
#include "host/case/judge.h"
#include "host/case/offender.h"

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

FIXTURE(domain)
{
	struct shared_line l;
	struct domain d;
};

FIXTURE_VARIANT(domain)
{
	struct offender o;
};

#define INTX(name, model, index)                                                                 \
	FIXTURE_VARIANT_ADD(domain,                                                              \
			    name##_process){ .o = { model, index, &domain_process, IRQ_INTX } }; \
	FIXTURE_VARIANT_ADD(domain, name##_vmm){ .o = { model, index, &domain_vmm, IRQ_INTX } }; \
	FIXTURE_VARIANT_ADD(domain, name##_qemu)                                                 \
	{                                                                                        \
		.o = { model, index, &domain_qemu, IRQ_INTX }                                    \
	}

INTX(edu, "edu", 0);
INTX(bridged, "edu", 1);
INTX(e1000, "e1000", 0);
INTX(e1000e, "e1000e", 0);

FIXTURE_SETUP(domain)
{
	char why[TAKE_WHY];

	TAKE(shared_take(&self->l, variant->o.model, variant->o.index, why), why);
	TAKE(offender_start(&self->l, &variant->o, &self->d, why), why);
	TAKE(shared_up(&self->l, LOAD_SATA, false, why), why);
}

FIXTURE_TEARDOWN(domain)
{
	const char *wrong;
	int rc = domain_stop(&self->d);

	domain_free(&self->d);
	wrong = shared_down(&self->l);
	REQUIRE(!wrong, "%s", wrong);
	REQUIRE(!rc, "the domain does not end in order: %d", rc);
}

/* Before and after it only serves; during it interrupts as well. */
TEST_F_TIMEOUT(domain, beside, CASE_SECONDS)
{
	uint64_t unhandled;

	shared_window(&self->l, WINDOW_BEFORE, WINDOW);
	domain_run_window(&self->d, WINDOW_DURING, 2 * WINDOW);
	shared_window(&self->l, WINDOW_DURING, 2 * WINDOW);
	REQUIRE(!domain_ask(&self->d, ORDER_PARK, 0), "the domain does not answer");
	shared_window(&self->l, WINDOW_AFTER, WINDOW);
	for (enum window w = WINDOW_BEFORE; w < WINDOWS; w++)
		shared_judge(_metadata, &self->l, w, &SHARED_HEALTHY);
	shared_judge_domain(_metadata, &self->d, variant->o.model, WINDOW_DURING);
	unhandled = probe_line(self->l.probe, WINDOW_DURING)->unhandled;
	CHECK(unhandled <= SHARED_UNCLAIMED,
	      "ST irq %u during: %llu interrupts that nobody claimed, at most %u", self->l.irq,
	      (unsigned long long)unhandled, SHARED_UNCLAIMED);
	shared_judge_log(_metadata, &self->l);
}

CASE_MAIN
