// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: a level that nobody takes back interrupts again at once. Of a function that VFIO gives away it is the
 * user's own storm: each EOI of a guest comes back through resamplefd, VFIO's unmask and its signal, and never from
 * the line. A message is nobody's to hold back, and has a vector of its own. Survival proves that neither is the line's.
 */
#include <errno.h>
#include <sched.h>

#include "host/case/judge.h"
#include "host/case/offender.h"
#include "host/pci/interrupts.h"
#include "host/probe/tally.h"

#define BEFORE	    (300 * NS_PER_MS)
#define STORM	    NS_PER_S
#define AFTER	    (300 * NS_PER_MS)
#define FAULT_LIMIT (5 * NS_PER_S)

/* Fewer are no storm. On the emulated board 2,000 EOIs and 50,000 messages a second were seen; it may have little of its host. */
#define A_STORM 30u

/* arch/x86/kvm/ioapic.c, IOAPIC_SUCCESSIVE_IRQ_MAX_COUNT: then the next one comes 10 ms later. */
#define THROTTLE 10000u

FIXTURE(domain)
{
	struct shared_line l;
	struct domain d;
	struct tally eois, throttled;
	struct affinity message;
};

FIXTURE_VARIANT(domain)
{
	struct offender o;
};

FIXTURE_VARIANT_ADD(domain, intx_vmm){ .o = { "edu", 0, &domain_vmm, IRQ_INTX } };
FIXTURE_VARIANT_ADD(domain, intx_qemu){ .o = { "edu", 0, &domain_qemu, IRQ_INTX } };
FIXTURE_VARIANT_ADD(domain, msi_process){ .o = { "edu", 0, &domain_process, IRQ_MSI } };
FIXTURE_VARIANT_ADD(domain, msi_vmm){ .o = { "edu", 0, &domain_vmm, IRQ_MSI } };
FIXTURE_VARIANT_ADD(domain, msi_qemu){ .o = { "edu", 0, &domain_qemu, IRQ_MSI } };

FIXTURE_SETUP(domain)
{
	char why[TAKE_WHY];

	TAKE(shared_take(&self->l, variant->o.model, variant->o.index, why), why);
	TAKE(offender_start(&self->l, &variant->o, &self->d, why), why);
	TAKE(shared_up(&self->l, LOAD_SATA, false, why), why);
}

FIXTURE_TEARDOWN(domain)
{
	char why[TAKE_WHY];
	const char *wrong;

	if (self->d.pid)
		offender_quiet_by(&self->l, self->d.pid, why);
	domain_free(&self->d);
	tally_close(&self->eois);
	tally_close(&self->throttled);
	wrong = shared_down(&self->l);
	REQUIRE(!wrong, "%s", wrong);
}

/* Its device works, then the storm begins. Return: it has. */
static bool begin(struct __test_metadata *_metadata, FIXTURE_DATA(domain) * self,
		  enum fault_verb verb)
{
	bool stands;

	domain_run_window(&self->d, WINDOW_BEFORE, BEFORE);
	shared_window(&self->l, WINDOW_BEFORE, BEFORE);
	if (!shared_park(_metadata, &self->d, WINDOW_BEFORE))
		return false;
	stands = !domain_fault(&self->d, verb, FAULT_LIMIT);
	shared_struck(&self->l);
	CHECK(stands, "LI domain: the storm begins with an interrupt that comes");
	return stands;
}

/* The storm ends, its device works again. */
static void end(struct __test_metadata *_metadata, FIXTURE_DATA(domain) * self)
{
	if (!shared_park(_metadata, &self->d, WINDOW_DURING))
		return;
	domain_run_window(&self->d, WINDOW_AFTER, AFTER);
	shared_window(&self->l, WINDOW_AFTER, AFTER);
	shared_park(_metadata, &self->d, WINDOW_AFTER);
}

static void judge(struct __test_metadata *_metadata, FIXTURE_DATA(domain) * self, const char *model)
{
	for (enum window w = WINDOW_BEFORE; w < WINDOWS; w++)
		shared_judge(_metadata, &self->l, w, &SHARED_HEALTHY);
	shared_judge_domain(_metadata, &self->d, model, WINDOW_BEFORE);
	shared_judge_domain(_metadata, &self->d, model, WINDOW_AFTER);
	shared_judge_log(_metadata, &self->l);
}

/* Each EOI takes the level back, and it comes again behind it: KVM's own throttle, which counts levels that stay, rests. */
TEST_F_TIMEOUT(domain, resampled, CASE_SECONDS)
{
	char why[TAKE_WHY];
	uint64_t eois, throttled;

	if (!begin(_metadata, self, FAULT_NOACK))
		return;
	REQUIRE(!tally_open(&self->eois, "kvm/kvm_ack_irq", why, sizeof(why)), "%s", why);
	REQUIRE(!tally_open(&self->throttled, "kvm/kvm_ioapic_delayed_eoi_inj", why, sizeof(why)),
		"%s", why);
	shared_window(&self->l, WINDOW_DURING, STORM);
	eois = tally_read(&self->eois);
	throttled = tally_read(&self->throttled);
	end(_metadata, self);
	case_data("eois=%llu throttled=%llu", (unsigned long long)eois,
		  (unsigned long long)throttled);
	REQUIRE(eois >= A_STORM, "%llu EOIs are no storm", (unsigned long long)eois);
	CHECK(throttled <= eois / THROTTLE,
	      "ST the guest's line: %llu pauses of 10 ms, at most one for %u of %llu EOIs",
	      (unsigned long long)throttled, THROTTLE, (unsigned long long)eois);
	judge(_metadata, self, variant->o.model);
}

/* What VFIO's message has counted; *@irq: its number, unchanged if there is none. */
static uint64_t messages(int *irq)
{
	struct interrupts all = { 0 };
	uint64_t n = 0;

	REQUIRE(!interrupts_read("", &all), "/proc/interrupts cannot be read");
	for (unsigned int i = 0; i < all.rows; i++)
		if (strstr(all.row[i].actions, "vfio-msi")) {
			*irq = all.row[i].irq;
			n = interrupt_total(&all.row[i]);
		}
	interrupts_free(&all);
	return n;
}

/* Message and domain go to the CPU on which the sharers live: nowhere could it disturb them more. */
static void crowd(FIXTURE_DATA(domain) * self)
{
	char why[TAKE_WHY];
	cpu_set_t set;
	int irq = -1;

	CPU_ZERO(&set);
	CPU_SET(LINE_CPU, &set);
	messages(&irq);
	REQUIRE(irq >= 0, "VFIO has no message in /proc/interrupts");
	REQUIRE(!affinity_move(&self->message, (unsigned int)irq, LINE_CPU, why, sizeof(why)), "%s",
		why);
	REQUIRE(!sched_setaffinity(self->d.pid, sizeof(set), &set), "the domain stays on its CPU");
}

TEST_F_TIMEOUT(domain, message, CASE_SECONDS)
{
	uint64_t before, sent;
	int irq = -1;

	crowd(self);
	if (!begin(_metadata, self, FAULT_FLOOD))
		return;
	before = messages(&irq);
	shared_window(&self->l, WINDOW_DURING, STORM);
	sent = messages(&irq) - before;
	end(_metadata, self);
	case_data("messages=%llu", (unsigned long long)sent);
	REQUIRE(sent >= A_STORM, "%llu messages are no storm", (unsigned long long)sent);
	judge(_metadata, self, variant->o.model);
}

CASE_MAIN
