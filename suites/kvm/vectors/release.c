// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: with the user go its vectors and its entries of the remapping table (vfio_msi_disable), and the right of its
 * device to write at all (pci_clear_master in vfio_pci_core_disable). Survival proves that a message of somebody who is gone
 * reaches nobody, not even whoever has its entry now, and that what was given comes back each time.
 */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "host/case/harness.h"
#include "host/case/numbers.h"
#include "host/probe/clock.h"
#include "suites/kvm/vectors/party.h"

#define TRIES	     10u
#define DMA_TAKES    (100 * NS_PER_MS) /* QEMU docs/specs/edu.txt */
#define DEAD_BEFORE  (80 * NS_PER_MS)
#define LISTEN	     (300 * NS_PER_MS)
#define ARRIVE_LIMIT NS_PER_S

#define ENTRIES_SLACK	 16u  /* other devices of the host may come and go */
#define MEMORY_SLACK_KIB 2048 /* slabs and per-CPU lists fill up */

FIXTURE(dying)
{
	struct party p;
};

FIXTURE_SETUP(dying)
{
	char why[TAKE_WHY];

	TAKE(party_begin(&self->p, why), why);
	TAKE(party_neighbour(&self->p, why), why);
	TAKE(party_user(&self->p, "edu", why), why);
	TAKE(party_listen(&self->p, 0, why), why);
}

FIXTURE_TEARDOWN(dying)
{
	const char *wrong = party_end(&self->p);

	REQUIRE(!wrong, "%s", wrong);
}

/* A user of its own, who begins to send and tells when by @tell; it ends by SIGKILL. */
static _Noreturn void live(const struct case_device *device, struct message m, int tell)
{
	static struct tenant u;
	char why[TAKE_WHY];
	uint64_t began = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!party_open(&u, device, true, why) && !dma_start(&u, m))
		began = clock_ns();
	if (write(tell, &began, sizeof(began)) == sizeof(began))
		pause();
	_exit(1);
}

/* Return: how long the device was sending when its user was gone, ns; 0: it did not come to that. */
static uint64_t die_sending(const struct case_device *device, struct message m)
{
	uint64_t began = 0;
	int tell[2];
	pid_t child;

	if (pipe(tell))
		return 0;
	child = fork();
	if (!child)
		live(device, m, tell[1]);
	close(tell[1]);
	if (read(tell[0], &began, sizeof(began)) != sizeof(began))
		began = 0;
	close(tell[0]);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return began ? clock_ns() - began : 0;
}

/* Return: interrupts of others; whoever sends is dead well before the device would have sent. */
static unsigned int hear_the_dead(struct party *p, const struct case_device *device,
				  struct message m, char seen[WATCH_TEXT])
{
	struct watch w = { 0 };
	uint64_t took = DMA_TAKES;
	int n = 0;

	for (unsigned int i = 0; i < TRIES && took >= DEAD_BEFORE; i++) {
		tenant_heard(&p->neighbour, 0);
		REQUIRE(!watch_begin(&w, seen, WATCH_TEXT), "%s", seen);
		took = die_sending(device, m);
		REQUIRE(took, "%s: no user who could die sending", device->bdf);
		p->neighbour.c.io.sleep(p->neighbour.c.io.ctx, LISTEN);
		n = watch_end(&w, seen);
		REQUIRE(n >= 0, "nobody can watch");
	}
	REQUIRE(took < DEAD_BEFORE, "in %u tries no user died within %llu ms", TRIES,
		DEAD_BEFORE / NS_PER_MS);
	case_data("dead_after_us=%llu", (unsigned long long)(took / NS_PER_US));
	return (unsigned int)n + tenant_heard(&p->neighbour, 0);
}

/*
 * By DMA, which on this board goes to whomever it names: the same message of a user who lives arrives, and that of one who
 * dies while the device has yet to send it does not.
 */
static void judge_dying(struct __test_metadata *_metadata, struct party *p, const char *what,
			struct message m)
{
	const struct case_device *device = devices_at(&p->devices, p->user.v.bdf);
	struct attempt alive = ATTEMPT_NONE;
	char seen[WATCH_TEXT], why[TAKE_WHY];
	unsigned int n;
	int rc = party_try(p, m, &alive);

	REQUIRE(!rc, "%s cannot be sent: %s", what, strerror(-rc));
	if (!alive.others && !alive.own[0])
		SKIP(return, "%s by DMA arrives nowhere, whoever lives", what);
	tenant_close(&p->user);
	n = hear_the_dead(p, device, m, seen);
	CHECK(!n, "X %s of a dead user: neighbour and host got %u, log: %s, expected 0", what, n,
	      seen);
	rc = party_open(&p->user, device, true, why);
	CHECK(!rc, "L the function has a user again: %d %s", rc, rc ? why : "");
	n = tenant_send(&p->neighbour, 0, ARRIVE_LIMIT);
	CHECK(n == 1, "LI the neighbour's message afterwards: came %u times, expected 1", n);
}

TEST_F_TIMEOUT(dying, sending_own, CASE_SECONDS)
{
	struct message m;

	REQUIRE(!message_of(self->p.user.v.bdf, &m), "no message");
	judge_dying(_metadata, &self->p, "its own message", m);
}

TEST_F_TIMEOUT(dying, sending, CASE_SECONDS)
{
	judge_dying(_metadata, &self->p, "the neighbour's message", self->p.of_neighbour);
}

FIXTURE(heir)
{
	struct party p;
};

FIXTURE_SETUP(heir)
{
	char why[TAKE_WHY];

	TAKE(party_begin(&self->p, why), why);
	TAKE(party_user(&self->p, "e1000e", why), why);
	TAKE(party_listen(&self->p, 0, why), why);
}

FIXTURE_TEARDOWN(heir)
{
	const char *wrong = party_end(&self->p);

	REQUIRE(!wrong, "%s", wrong);
}

static bool same(struct message a, struct message b)
{
	return a.address == b.address && a.data == b.data;
}

/* A user keeps its old messages in mind; the neighbour gets one of their entries; the user comes back and sends them all. */
TEST_F_TIMEOUT(heir, heir, CASE_SECONDS)
{
	struct message old[TENANT_EVENTS], now;
	unsigned int n = self->p.user.n, inherited = 0, own = 0;
	struct attempt a = ATTEMPT_NONE;
	char why[TAKE_WHY];

	for (unsigned int i = 0; i < n; i++)
		old[i] = table_read(&self->p.table, i);
	tenant_close(&self->p.user);
	TAKE(party_neighbour(&self->p, why), why);
	TAKE(party_user(&self->p, "e1000e", why), why);
	TAKE(party_listen(&self->p, 1, why), why);
	now = table_read(&self->p.table, 0);
	for (unsigned int i = 0; i < n; i++) {
		inherited += same(old[i], self->p.of_neighbour);
		if (same(old[i], now))
			continue;
		/* Twice: the first one at a vector that was given up the kernel forgives (VECTOR_SHUTDOWN). */
		REQUIRE(!party_try(&self->p, old[i], &a) && !party_try(&self->p, old[i], &a),
			"an old message cannot be sent");
	}
	for (unsigned int i = 0; i < self->p.user.n; i++)
		own += a.own[i];
	case_data("old=%u inherited=%u others=%u own=%u", n, inherited, a.others, own);
	CHECK(!a.others,
	      "X old messages, %u of them the neighbour's now: seen %s, expected nothing",
	      inherited, a.seen);
	CHECK(!own, "L old messages: came to the user %u times, expected 0", own);
	own = tenant_send(&self->p.user, 0, ARRIVE_LIMIT);
	CHECK(own == 1, "LI its own message afterwards: came %u times, expected 1", own);
}

FIXTURE(cycle)
{
	struct party p;
};

FIXTURE_VARIANT(cycle)
{
	const char *model;
	unsigned int rounds;
};

/* More than there are vectors: some 200 a CPU. */
FIXTURE_VARIANT_ADD(cycle, msi){ .model = "edu", .rounds = 420 };
FIXTURE_VARIANT_ADD(cycle, msix){ .model = "e1000e", .rounds = 90 };

FIXTURE_SETUP(cycle)
{
	char why[TAKE_WHY];

	TAKE(party_begin(&self->p, why), why);
	TAKE(party_user(&self->p, variant->model, why), why);
}

FIXTURE_TEARDOWN(cycle)
{
	const char *wrong = party_end(&self->p);

	REQUIRE(!wrong, "%s", wrong);
}

static struct message first_message(struct party *p)
{
	struct message m = { 0 };

	if (p->table.entry)
		return table_read(&p->table, 0);
	REQUIRE(!message_of(p->user.v.bdf, &m), "no message");
	return m;
}

static unsigned int index_of(struct message m)
{
	return message_is_remappable(m) ? message_handle(m) : m.data;
}

/* Return: did it come to it? @lowest and @highest: of the entries or vectors that its first message has had. */
static bool enable_and_disable(struct party *p, unsigned int *lowest, unsigned int *highest)
{
	char why[TAKE_WHY];
	unsigned int index;

	if (party_listen(p, 0, why) != TAKEN) {
		case_note("%s", why);
		return false;
	}
	index = index_of(first_message(p));
	*lowest = index < *lowest ? index : *lowest;
	*highest = index > *highest ? index : *highest;
	tenant_disable(&p->user);
	return true;
}

TEST_F_TIMEOUT(cycle, cycles, CASE_SECONDS)
{
	unsigned int done = 0, lowest = ~0u, highest = 0, n = variant->rounds;
	struct numbers before, after;

	enable_and_disable(&self->p, &lowest, &highest); /* what the first one fills stays filled */
	before = numbers_read();
	while (done < n && enable_and_disable(&self->p, &lowest, &highest))
		done++;
	after = numbers_read();
	case_data("cycles=%u irqs=%u lowest=%u highest=%u memory_kib=%ld", done, after.irqs, lowest,
		  highest, before.memory - after.memory);
	CHECK(done == n, "L times that messages were enabled: %u of %u", done, n);
	CHECK(!after.vfio, "L interrupts that VFIO still has: %u, expected 0", after.vfio);
	CHECK(after.irqs == before.irqs, "L interrupt numbers of the kernel: %u, were %u",
	      after.irqs, before.irqs);
	CHECK(highest - lowest <= ENTRIES_SLACK,
	      "L entries of the first message: %u to %u, at most %u apart", lowest, highest,
	      ENTRIES_SLACK);
	CHECK(before.memory - after.memory <= MEMORY_SLACK_KIB,
	      "L memory that is gone: %ld KiB, at most %d", before.memory - after.memory,
	      MEMORY_SLACK_KIB);
}

CASE_MAIN
