// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: an interrupt that is sent back at once finds the CPU that it has just left with the old vector not yet
 * forgotten. assign_vector_locked() says EBUSY, and irq_set_affinity_pending() leaves the move to the interrupt's EOI
 * (apic_ack_irq()). __irq_move_irq() makes none while the interrupt is disabled, as it is at each EOI if its handler masks
 * at the controller by disable_irq_nosync().
 *
 * Survival proves that the interrupt goes where it was sent last.
 */
#include "host/case/cpus.h"
#include "host/case/harness.h"
#include "host/case/log.h"
#include "host/case/move.h"
#include "host/case/params.h"
#include "host/probe/clock.h"
#include "host/probe/file.h"

#define ROUNDS 16u
#define LIMIT  NS_PER_S /* where CPUs take turns the one that was left must have had its own */
#define HOME   0u
/* Where the case runs: the CPU that is left has no time then to forget the vector. */
#define AWAY 1u

FIXTURE(sent_back)
{
	char unsafe[PARAM_SIZE];
	struct case_devices devices;
	struct cpus cpus;
	struct user u;
	struct kmsg log;
	unsigned int irq, refused;
	int line;
	bool loaded;
};

/* How VFIO masks the line: by DisINTx in the function, or at the controller, for functions that have none. */
FIXTURE_VARIANT(sent_back)
{
	const char *parameters;
};

FIXTURE_VARIANT_ADD(sent_back, disintx){ "nointxmask=0" };
FIXTURE_VARIANT_ADD(sent_back, pin){ "nointxmask=1" };

FIXTURE_SETUP(sent_back)
{
	const struct case_device *device;
	char why[TAKE_WHY];

	self->u.registers = self->u.v.device = self->u.v.container = -1;
	TAKE(case_devices(&self->devices, why), why);
	TAKE(cpus_keep(&self->cpus, AWAY, why), why);
	TAKE(params_reload(variant->parameters, why), why);
	self->loaded = true;
	REQUIRE(!cpus_stay(AWAY), "no CPU %u to run on: %m", AWAY);
	params_let_in(self->unsafe);
	TAKE(case_take(&self->devices, "edu", 2, &device, why), why);
	REQUIRE(!kmsg_open(&self->log, why, sizeof(why)), "%s", why);
	TAKE(user_open(&self->u, device, why), why);
	self->line = user_signal();
	REQUIRE(!vfio_irq_enable(&self->u.v, IRQ_INTX, &self->line, 1), "it is refused");
	REQUIRE(user_begin(&self->u, IRQ_INTX, why), "%s", why);
	self->irq = cpus_irq_of("vfio-", device->bdf);
	REQUIRE(self->irq, "no interrupt of %s in /proc/interrupts", device->bdf);
}

FIXTURE_TEARDOWN(sent_back)
{
	char why[TAKE_WHY];
	const char *wrong;
	int rc;

	user_close(&self->u);
	params_give_back(self->unsafe);
	rc = cpus_give_back(&self->cpus);
	wrong = case_give_back();
	REQUIRE(!self->loaded || params_reload("", why) == TAKEN, "%s", why);
	REQUIRE(!rc, "CPUs and interrupts are not as they were: %d", rc);
	REQUIRE(!wrong, "%s", wrong);
}

/* Sent, and waited for. */
static struct moved send(FIXTURE_DATA(sent_back) * self, unsigned int cpu)
{
	self->refused += cpus_send(self->irq, cpu) != 0;
	return move_await(&self->u, self->line, self->irq, cpu, LIMIT);
}

/* Away and back, and once more in one breath. Return: of the last move that was waited for */
static struct moved there_and_back(FIXTURE_DATA(sent_back) * self)
{
	struct moved m = send(self, AWAY);

	if (m.made)
		m = send(self, HOME);
	if (!m.made)
		return m;
	self->refused += cpus_send(self->irq, AWAY) != 0;
	return send(self, HOME);
}

static void tell(unsigned int irq, const char *file)
{
	char path[64], text[32] = "";

	(void)snprintf(path, sizeof(path), "/proc/irq/%u/%s", irq, file);
	(void)file_read(path, text, sizeof(text));
	case_data("%s: %.*s", file, (int)strcspn(text, "\n"), text);
}

/* After a rest: was the move only late? It is on one of the two already. */
static void ask_again(FIXTURE_DATA(sent_back) * self)
{
	const struct timespec rest = clock_spec(100 * NS_PER_MS);
	bool home, away;

	nanosleep(&rest, NULL);
	away = send(self, AWAY).made;
	home = send(self, HOME).made;
	case_data("again: home=%d away=%d", home, away);
	tell(self->irq, "smp_affinity_list");
	tell(self->irq, "effective_affinity_list");
}

TEST_F_TIMEOUT(sent_back, pending, CASE_SECONDS)
{
	struct moved m = { .made = true };
	unsigned int rounds = 0;

	self->refused += cpus_send(self->irq, HOME) != 0;
	while (rounds < ROUNDS && m.made) {
		m = there_and_back(self);
		rounds += m.made;
	}
	case_data("rounds=%u interrupts=%u served=%u disintx=%d", rounds, m.raised, m.served,
		  user_disintx(&self->u));
	if (!m.made)
		ask_again(self);
	CHECK(m.served == m.raised, "LI served %u of %u, expected all", m.served, m.raised);
	CHECK(rounds == ROUNDS,
	      "V rounds of moves that an interrupt came by, each within %llu ms: %u, expected %u",
	      (unsigned long long)(LIMIT / NS_PER_MS), rounds, ROUNDS);
	CHECK(!self->refused, "HC moves that are refused: %u, expected 0", self->refused);
	case_judge_log(_metadata, &self->log);
}

CASE_MAIN
