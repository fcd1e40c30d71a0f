// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: a message is a write of the device, and a user has the device. It may write into the mapped MSI-X table, and
 * with DMA to 0xfee00000, whatever it likes; what the host has set up in the IOMMU's table decides where that goes: by source
 * (VT-d 5.1.4, 9.10), or in a table of the function's own (AMD IOMMU 2.2.5). Survival proves that a user's messages reach
 * nobody but the user.
 */
#include "host/case/board.h"
#include "host/case/harness.h"
#include "host/probe/clock.h"
#include "suites/kvm/vectors/party.h"

/* arch/x86/include/asm/irq_vectors.h. */
#define VECTOR_FREE 0xdd /* of the host's devices, which get the lowest first */
#define VECTOR_NONE 0xee /* of the kernel's own, and without a use */
#define VECTOR_IPI  0xf2 /* posted interrupts: counted, and nothing else comes of it */

/* Data of a message: bits 10:8 are the delivery mode, in the compatibility format. */
#define DATA_NMI (DELIVER_NMI << 8)

#define ARRIVE_LIMIT NS_PER_S

FIXTURE(sender)
{
	struct party p;
};

FIXTURE_VARIANT(sender)
{
	const char *model;
	bool dma;
};

FIXTURE_VARIANT_ADD(sender, table){ .model = "e1000e" };
FIXTURE_VARIANT_ADD(sender, dma){ .model = "edu", .dma = true };

FIXTURE_SETUP(sender)
{
	char why[TAKE_WHY];

	TAKE(party_begin(&self->p, why), why);
	TAKE(party_neighbour(&self->p, why), why);
	TAKE(party_host(&self->p, why), why);
	TAKE(party_user(&self->p, variant->model, why), why);
	TAKE(party_listen(&self->p, 0, why), why);
	REQUIRE(tenant_send(&self->p.user, 0, ARRIVE_LIMIT) == 1,
		"%s: its own message does not come", self->p.user.v.bdf);
}

FIXTURE_TEARDOWN(sender)
{
	const char *wrong = party_end(&self->p);

	REQUIRE(!wrong, "%s", wrong);
}

static void try(struct party *p, struct message m, struct attempt *a)
{
	int rc = party_try(p, m, a);

	REQUIRE(!rc, "%s: %llx = %x cannot be sent: %s", p->user.v.bdf,
		(unsigned long long)m.address, m.data, strerror(-rc));
}

/* One of the CPUs, by its APIC id on a small machine. */
static uint8_t any_cpu(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return (uint8_t)(case_seed() % (unsigned long)(cpus > 0 ? cpus : 1));
}

static struct message own_message(const struct party *p, unsigned int i)
{
	struct message m = { 0 };

	if (p->table.entry)
		return table_read(&p->table, i);
	REQUIRE(!message_of(p->user.v.bdf, &m), "%s: it has no message", p->user.v.bdf);
	return m;
}

/*
 * Nobody but the user may have got anything; but if the board cannot keep such messages apart (@needs, NULL: any can), what has
 * come says nothing about the host.
 */
static void judge(struct __test_metadata *_metadata, struct party *p, const char *what,
		  const char *needs, const struct attempt *a)
{
	unsigned int own;

	case_data("others=%u own=%u,%u", a->others, a->own[0], a->own[1]);
	if (a->others && needs && !board_guards(needs))
		SKIP(return, "%s: %s; this board does not guard against it (unguarded: %s)", what,
			   a->seen, needs);
	CHECK(!a->others, "X %s: seen %s, expected nothing", what, a->seen);
	own = tenant_send(&p->user, 0, ARRIVE_LIMIT);
	CHECK(own == 1, "LI its own message afterwards: came %u times, expected 1", own);
	own = tenant_send(&p->neighbour, 0, ARRIVE_LIMIT);
	CHECK(own == 1, "LI the neighbour's message afterwards: came %u times, expected 1", own);
}

static const char *requester(bool dma)
{
	return dma ? "requester" : NULL;
}

/* The message of another entry of its own is its own; the rest of the data is nobody's. */
TEST_F_TIMEOUT(sender, own, CASE_SECONDS)
{
	struct message m = own_message(&self->p, 1);
	struct attempt a = ATTEMPT_NONE;

	try(&self->p, m, &a);
	if (!variant->dma)
		CHECK(a.own[1] == 1 && !a.own[0],
		      "V entry 0 with the message of entry 1: came %u times as 1, %u as 0, "
		      "expected 1, 0",
		      a.own[1], a.own[0]);
	m.data |= DATA_NMI;
	try(&self->p, m, &a);
	judge(_metadata, &self->p, "its own", requester(variant->dma), &a);
}

/* As it is, and as an offset from entry 0, which VT-d adds up before it looks (5.1.5.2). */
static void try_handle(struct party *p, struct message m, struct attempt *a)
{
	try(p, m, a);
	if (message_is_remappable(m))
		try(p, message_offset(message_handle(m)), a);
}

TEST_F_TIMEOUT(sender, others, CASE_SECONDS)
{
	struct attempt a = ATTEMPT_NONE;

	try_handle(&self->p, self->p.of_neighbour, &a);
	try_handle(&self->p, self->p.of_host, &a);
	judge(_metadata, &self->p, "the neighbour's and the host's", requester(variant->dma), &a);
}

TEST_F_TIMEOUT(sender, nobody, CASE_SECONDS)
{
	struct attempt a = ATTEMPT_NONE;

	try_handle(&self->p, message_of_nobody(own_message(&self->p, 0)), &a);
	judge(_metadata, &self->p, "nobody's", requester(variant->dma), &a);
}

TEST_F_TIMEOUT(sender, compatible, CASE_SECONDS)
{
	const uint8_t vectors[] = { VECTOR_IPI, VECTOR_FREE, VECTOR_NONE };
	struct attempt a = ATTEMPT_NONE;

	for (unsigned int i = 0; i < sizeof(vectors); i++)
		try(&self->p, message_compatible(any_cpu(), DELIVER_FIXED, vectors[i]), &a);
	try(&self->p, message_compatible(any_cpu(), DELIVER_NMI, 0), &a);
	judge(_metadata, &self->p, "compatibility format", "compatible", &a);
}

/* Where it came through it would take the board along. */
TEST_F_TIMEOUT(sender, reset, CASE_SECONDS)
{
	struct attempt a = ATTEMPT_NONE;

	if (!board_guards("compatible"))
		SKIP(return, "this board does not guard against it (unguarded: compatible)");
	try(&self->p, message_compatible(any_cpu(), DELIVER_SMI, 0), &a);
	try(&self->p, message_compatible(any_cpu(), DELIVER_INIT, 0), &a);
	judge(_metadata, &self->p, "SMI and INIT", NULL, &a);
}

static void detect(struct __test_metadata *_metadata, struct party *p, const char *what,
		   struct message m)
{
	struct attempt a = ATTEMPT_NONE;

	try(p, m, &a);
	CHECK(a.others, "V the detector, %s: seen %s, expected something", what, a.seen);
}

/* Without remapping all of it must arrive, or the other cases are blind. */
TEST_F_TIMEOUT(sender, detector, CASE_SECONDS)
{
	detect(_metadata, &self->p, "the neighbour's vector", self->p.of_neighbour);
	detect(_metadata, &self->p, "the vector of a device of the host's", self->p.of_host);
	detect(_metadata, &self->p, "a vector of the kernel's",
	       message_compatible(any_cpu(), DELIVER_FIXED, VECTOR_IPI));
	detect(_metadata, &self->p, "a free vector",
	       message_compatible(any_cpu(), DELIVER_FIXED, VECTOR_FREE));
	detect(_metadata, &self->p, "a vector without a use",
	       message_compatible(any_cpu(), DELIVER_FIXED, VECTOR_NONE));
	detect(_metadata, &self->p, "NMI", message_compatible(any_cpu(), DELIVER_NMI, 0));
}

CASE_MAIN
