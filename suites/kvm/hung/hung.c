// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: vfio_intx_handler() masks its function by DisINTx and signals an eventfd; whatever the user does then, or
 * does not do, the line is the others'. An unmask of a function that still asserts re-signals the eventfd and leaves
 * the function masked (vfio_pci_intx_unmask_handler). Survival proves that no behaviour of the user reaches the line.
 */
#include <errno.h>

#include "host/case/judge.h"
#include "host/case/offender.h"

#define BEFORE (300 * NS_PER_MS)
#define DURING (600 * NS_PER_MS)
#define AFTER  (300 * NS_PER_MS)
/* Longer than a bound of many sharers, so that one who is not served at all is seen. */
#define AFTER_CROWD (600 * NS_PER_MS)
#define LOOKS	    6u /* at the function, within the fault */
#define FAULT_LIMIT (5 * NS_PER_S)

/* A level may be gone when its handlers are called: what was asserted for a moment after the acknowledge. */
#define UNCLAIMED 20u

static const struct shared_bound MASKED = { 0, 0, 0, "VFIO masks the function, not the line" };

FIXTURE(line)
{
	struct shared_line l;
	struct domain d;
	struct function_intx look[LOOKS];
	uint64_t line_lost;
};

FIXTURE_VARIANT(line)
{
	struct offender o;
	unsigned int loads;
};

#define VARIANT(name, model, kind, load)                                     \
	FIXTURE_VARIANT_ADD(line, name)                                      \
	{                                                                    \
		.o = { model, 0, &domain_##kind, IRQ_INTX }, .loads = (load) \
	}

VARIANT(edu_process, "edu", process, LOAD_SATA);
VARIANT(edu_vmm, "edu", vmm, LOAD_SATA);
VARIANT(edu_qemu, "edu", qemu, LOAD_SATA);
VARIANT(e1000_process, "e1000", process, LOAD_SATA);
VARIANT(e1000_vmm, "e1000", vmm, LOAD_SATA);
VARIANT(e1000_qemu, "e1000", qemu, LOAD_SATA);
VARIANT(e1000e_process, "e1000e", process, LOAD_SATA);
VARIANT(e1000e_vmm, "e1000e", vmm, LOAD_SATA);
VARIANT(e1000e_qemu, "e1000e", qemu, LOAD_SATA);
VARIANT(edu_vmm_all, "edu", vmm, LOAD_SATA | LOAD_USB | LOAD_NIC);

FIXTURE_SETUP(line)
{
	char why[TAKE_WHY];

	TAKE(shared_take(&self->l, variant->o.model, variant->o.index, why), why);
	TAKE(offender_start(&self->l, &variant->o, &self->d, why), why);
	TAKE(shared_up(&self->l, variant->loads, true, why), why);
}

/* A device that asserts when its user is killed would go on: that is what topic dead is about. */
static int quiet_and_kill(FIXTURE_DATA(line) * self)
{
	char why[TAKE_WHY];

	if (self->d.pid)
		offender_quiet_by(&self->l, self->d.pid, why);
	return domain_kill(&self->d);
}

FIXTURE_TEARDOWN(line)
{
	const char *wrong;

	quiet_and_kill(self);
	domain_free(&self->d);
	wrong = shared_down(&self->l);
	REQUIRE(!wrong, "%s", wrong);
}

/**
 * struct hang - what a user does
 * @verb: its fault
 * @asserts: its device has a reason to interrupt all the time
 * @heard: VFIO's handler claims at most one interrupt in so long, ns; 0: none at all
 * @returns: it takes orders again
 */
struct hang {
	enum fault_verb verb;
	bool asserts;
	uint64_t heard;
	bool returns;
};

/* Its device works. Return: it does. */
static bool watch_before(struct __test_metadata *_metadata, FIXTURE_DATA(line) * self)
{
	domain_run_window(&self->d, WINDOW_BEFORE, BEFORE);
	shared_window(&self->l, WINDOW_BEFORE, BEFORE);
	return shared_park(_metadata, &self->d, WINDOW_BEFORE);
}

/* Return: the interrupt in which it hangs has come. */
static bool begin(struct __test_metadata *_metadata, FIXTURE_DATA(line) * self,
		  enum fault_verb verb)
{
	int rc = domain_fault(&self->d, verb, FAULT_LIMIT);

	REQUIRE(!rc || rc == -ETIMEDOUT, "the fault does not stand: %d", rc);
	shared_struck(&self->l);
	CHECK(!rc, "LI domain: the interrupt that its device asserts for the fault comes");
	return !rc;
}

/* The function is looked at while the fault lasts. */
static void watch_during(FIXTURE_DATA(line) * self)
{
	char why[TAKE_WHY];

	case_mark("hung pin=%u mask=0", self->l.offender->gsi);
	probe_begin(self->l.probe, WINDOW_DURING, DURING);
	for (unsigned int i = 0; i < LOOKS; i++) {
		probe_wait(self->l.probe, DURING / LOOKS);
		REQUIRE(!offender_look(&self->l, &self->look[i], why), "%s", why);
	}
	probe_end(self->l.probe);
	self->line_lost = probe_line_lost(self->l.probe);
}

/* The user comes to its senses, or it is silenced and killed. */
static void watch_after(struct __test_metadata *_metadata, FIXTURE_DATA(line) * self, bool returns)
{
	bool works = returns && shared_park(_metadata, &self->d, WINDOW_DURING);

	if (works)
		domain_run_window(&self->d, WINDOW_AFTER, AFTER);
	else
		CHECK(!quiet_and_kill(self), "HC the domain's process is gone after SIGKILL");
	shared_window(&self->l, WINDOW_AFTER, self->l.n > 2 ? AFTER_CROWD : AFTER);
	if (works)
		shared_park(_metadata, &self->d, WINDOW_AFTER);
}

static void judge_function(struct __test_metadata *_metadata, FIXTURE_DATA(line) * self,
			   const struct hang *h)
{
	unsigned int disabled = 0, asserted = 0;

	for (unsigned int i = 0; i < LOOKS; i++) {
		disabled += self->look[i].disabled;
		asserted += self->look[i].asserted;
	}
	case_data("looks=%u disintx=%u intx_status=%u", LOOKS, disabled, asserted);
	if (h->heard)
		return;
	REQUIRE(asserted == (h->asserts ? LOOKS : 0),
		"INTx status was set %u of %u times: no fault", asserted, LOOKS);
	CHECK(disabled == LOOKS, "ST %s during: DisINTx was set %u of %u times, expected always",
	      self->l.offender->bdf, disabled, LOOKS);
}

/* The kernel called VFIO's handler for each interrupt of the others; how often was it the function's own? */
static unsigned int vfio_claims(const struct line_stats *line)
{
	unsigned int claimed = 0;

	for (unsigned int i = 0; i < line->actions; i++)
		if (!strncmp(line->action[i].name, "vfio-intx", strlen("vfio-intx")))
			claimed += line->action[i].claimed;
	return claimed;
}

static void judge_line(struct __test_metadata *_metadata, FIXTURE_DATA(line) * self,
		       const struct hang *h)
{
	const struct line_stats *line = probe_line(self->l.probe, WINDOW_DURING);
	unsigned int heard = h->heard ? (unsigned int)((line->end - line->start) / h->heard) + 2
				      : 0;
	unsigned int claims = vfio_claims(line);
	/* A pass at the window's edge may be claimed in it, and have begun outside. */
	unsigned int nobodys = line->passes > line->claimed ? line->passes - line->claimed : 0;

	case_data("claims=%u nobodys=%u", claims, nobodys);
	CHECK(claims <= heard,
	      "ST irq %u during: %u interrupts of %s, at most %u (masked until its user has done)",
	      self->l.irq, claims, self->l.offender->bdf, heard);
	/* A storm, which was judged as such, leaves no room for all of its records. */
	if (self->line_lost && line->interrupts > shared_interrupts_bound(&self->l, WINDOW_DURING))
		return;
	REQUIRE(!self->line_lost, "the probe lost records of the line");
	CHECK(nobodys <= UNCLAIMED,
	      "ST irq %u during: %u interrupts that nobody claimed, at most %u", self->l.irq,
	      nobodys, UNCLAIMED);
}

static void judge(struct __test_metadata *_metadata, FIXTURE_DATA(line) * self, const char *model,
		  const struct hang *h)
{
	for (enum window w = WINDOW_BEFORE; w < WINDOWS; w++)
		shared_judge(_metadata, &self->l, w,
			     w == WINDOW_DURING ? &MASKED : &SHARED_HEALTHY);
	judge_function(_metadata, self, h);
	judge_line(_metadata, self, h);
	shared_judge_domain(_metadata, &self->d, model, WINDOW_BEFORE);
	if (h->returns)
		shared_judge_domain(_metadata, &self->d, model, WINDOW_AFTER);
	shared_judge_log(_metadata, &self->l);
}

static void hang(struct __test_metadata *_metadata, FIXTURE_DATA(line) * self, const char *model,
		 const struct hang *h)
{
	if (watch_before(_metadata, self) && begin(_metadata, self, h->verb)) {
		watch_during(self);
		watch_after(_metadata, self, h->returns);
		judge(_metadata, self, model, h);
	} else {
		shared_judge_domain(_metadata, &self->d, model, WINDOW_BEFORE);
	}
}

TEST_F_TIMEOUT(line, mask, CASE_SECONDS)
{
	hang(_metadata, self, variant->o.model,
	     &(struct hang){ .verb = FAULT_MASK, .asserts = true });
}

/* The same with all of the host's drivers at work. */
TEST_F_TIMEOUT(line, crowd, CASE_SECONDS)
{
	hang(_metadata, self, variant->o.model,
	     &(struct hang){ .verb = FAULT_MASK, .asserts = true });
}

TEST_F_TIMEOUT(line, noack, CASE_SECONDS)
{
	hang(_metadata, self, variant->o.model,
	     &(struct hang){ .verb = FAULT_NOACK, .asserts = true, .returns = true });
}

TEST_F_TIMEOUT(line, spin, CASE_SECONDS)
{
	hang(_metadata, self, variant->o.model,
	     &(struct hang){ .verb = FAULT_SPIN, .asserts = true });
}

TEST_F_TIMEOUT(line, silent, CASE_SECONDS)
{
	hang(_metadata, self, variant->o.model, &(struct hang){ .verb = FAULT_SILENT });
}

TEST_F_TIMEOUT(line, slow, CASE_SECONDS)
{
	hang(_metadata, self, variant->o.model,
	     &(struct hang){ .verb = FAULT_SLOW, .heard = FAULT_SLOW_NS, .returns = true });
}

CASE_MAIN
