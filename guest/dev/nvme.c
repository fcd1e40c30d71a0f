// SPDX-License-Identifier: GPL-2.0-only
/*
 * An NVMe controller with a disk as namespace 1. Queues of two entries, the least
 * that there may be: one command at a time in each. The admin queue always
 * interrupts by vector 0 and is polled; work and commands for vector 0 go by one
 * pair of I/O queues, those for any other vector by a second that nvme_prepare()
 * makes anew for it.
 */
#include "guest/dev/exercisers.h"

#include "guest/dev/media.h"

static const struct dev_register CAP = { "CAP", 0x00, 4 };
static const struct dev_register CAP_HIGH = { "CAP bits 63:32", 0x04, 4 };
static const struct dev_register VS = { "VS", 0x08, 4 };
static const struct dev_register INTMS = { "INTMS", 0x0c, 4 };
static const struct dev_register INTMC = { "INTMC", 0x10, 4 };
static const struct dev_register CC = { "CC", 0x14, 4 };
static const struct dev_register CSTS = { "CSTS", 0x1c, 4 };
static const struct dev_register AQA = { "AQA", 0x24, 4 };
static const struct dev_register ASQ = { "ASQ", 0x28, 4 };
static const struct dev_register ASQ_HIGH = { "ASQ bits 63:32", 0x2c, 4 };
static const struct dev_register ACQ = { "ACQ", 0x30, 4 };
static const struct dev_register ACQ_HIGH = { "ACQ bits 63:32", 0x34, 4 };

#define DOORBELLS 0x1000u
#define LENGTH	  0x2000u

#define CAP_TO(low)	((low) >> 24)	    /* of 500 ms */
#define CAP_DSTRD(high) ((high)&0xf)	    /* 4 << this is the distance of doorbells */
#define CAP_CSS_NVM	(1u << (37 - 32))   /* of CAP_HIGH */
#define CAP_MPSMIN	(0xfu << (48 - 32)) /* of CAP_HIGH: 0 is 4 KiB */
#define CC_EN		(1u << 0)
#define CC_ENTRY_SIZES	(6u << 16 | 4u << 20) /* 64 and 16 bytes; pages of 4 KiB, NVM commands */
#define CSTS_RDY	(1u << 0)
#define CSTS_CFS	(1u << 1)
#define TO_UNIT		500000000ull

#define ADMIN_DELETE_SQ	  0x00u
#define ADMIN_CREATE_SQ	  0x01u
#define ADMIN_DELETE_CQ	  0x04u
#define ADMIN_CREATE_CQ	  0x05u
#define ADMIN_IDENTIFY	  0x06u
#define ADMIN_SET_FEATURE 0x09u
#define NUMBER_OF_QUEUES  0x07u
#define CONTIGUOUS	  (1u << 0)
#define INTERRUPTS	  (1u << 1)
#define NVM_FLUSH	  0x00u
#define NVM_READ	  0x02u
#define NAMESPACE	  1u

#define COMMAND_LIMIT 10000000000ull
#define ENTRIES	      2u
#define PAGE	      4096u
#define LARGEST_LBA   4096u
#define MSIX_MOST     2048u /* entries of a table */

enum { ADMIN, IO, SPARE, QUEUES }; /* queue identifiers, too */

struct command {
	uint32_t opcode, nsid, reserved[4], prp1, prp1_high, prp2, prp2_high;
	uint32_t cdw10, cdw11, cdw12, cdw13, cdw14, cdw15;
};

struct completion {
	uint32_t result, reserved, queue, status;
};

#define PHASE	     (1u << 16) /* of completion.status */
#define CID	     0xffffu
#define STATUS_FIELD 0xfffe0000u

struct memory {
	struct {
		_Alignas(4096) struct command sq[ENTRIES];
		_Alignas(4096) struct completion cq[ENTRIES];
	} queue[QUEUES];
	_Alignas(4096) uint32_t data[PAGE / 4];
};

/**
 * struct nvme_queue - one pair of queues
 * @tail: of the submission queue
 * @head: of the completion queue
 * @phase: of the next new completion: PHASE or 0
 * @live: the controller has it
 * @busy: a command is under way
 * @cid: its identifier
 * @status: completion.status of the last that has ended
 */
struct nvme_queue {
	uint16_t tail, head, cid;
	bool live, busy;
	uint32_t phase, status;
};

/**
 * struct nvme - the exerciser's state
 * @queue: by identifier
 * @stride: distance of two doorbells
 * @pairs: of I/O queues that the controller allows
 * @vectors: that the owner has enabled
 * @vector: of the spare pair, 0: there is none
 * @lba_size: bytes
 * @sector: that is read: of 512 bytes
 */
struct nvme {
	struct nvme_queue queue[QUEUES];
	uint32_t stride, pairs, vectors, vector, lba_size, sector;
};

_Static_assert(sizeof(struct nvme) <= EXERCISER_STATE, "the state must fit");
_Static_assert(sizeof(struct command) == 64 && sizeof(struct completion) == 16, "as CC says");
_Static_assert(sizeof(struct memory) == 7 * PAGE, "a page for each");

static struct nvme *state(struct controller *c)
{
	return (struct nvme *)c->state;
}

static volatile struct memory *memory(struct controller *c)
{
	return c->io.memory.base;
}

static uint32_t place(struct controller *c, const volatile void *p)
{
	return dev_bus(c, p) - dev_bus(c, c->io.memory.base);
}

static void clear(volatile void *p, uint32_t bytes)
{
	volatile uint32_t *word = p;

	for (uint32_t i = 0; i < bytes / 4; i++)
		word[i] = 0;
}

/* 3.1.24, 3.1.25: tail of submission queue @id, or head of completion queue @id. */
static void ring(struct controller *c, uint32_t id, bool completions, uint32_t value)
{
	struct dev_register doorbell = { "doorbell", DOORBELLS, 4 };

	doorbell.offset += (2 * id + completions) * state(c)->stride;
	dev_write(c, doorbell, value);
}

static void renew(struct controller *c, uint32_t id)
{
	clear(&memory(c)->queue[id], sizeof(memory(c)->queue[id]));
	state(c)->queue[id] = (struct nvme_queue){ .phase = PHASE };
}

/* The last command of queue @id has not ended. */
static int outstanding(struct controller *c, uint32_t id)
{
	const struct nvme_queue *q = &state(c)->queue[id];

	return dev_fail(c, DEV_WRONG, "completion phase",
			place(c, &memory(c)->queue[id].cq[q->head].status), PHASE, q->phase,
			~q->phase & PHASE);
}

/* Put @cmd into submission queue @id. */
static int submit(struct controller *c, uint32_t id, const struct command *cmd)
{
	struct nvme_queue *q = &state(c)->queue[id];
	volatile struct command *entry = &memory(c)->queue[id].sq[q->tail];

	if (q->busy)
		return outstanding(c, id);
	q->cid++;
	*entry = *cmd;
	entry->opcode |= (uint32_t)q->cid << 16;
	q->tail = (q->tail + 1) % ENTRIES;
	q->busy = true;
	ring(c, id, false, q->tail);
	return DEV_OK;
}

static bool completed(struct controller *c, uint32_t id)
{
	const struct nvme_queue *q = &state(c)->queue[id];

	return (memory(c)->queue[id].cq[q->head].status & PHASE) == q->phase;
}

static void consume(struct controller *c, uint32_t id)
{
	struct nvme_queue *q = &state(c)->queue[id];

	q->status = memory(c)->queue[id].cq[q->head].status;
	q->head = (q->head + 1) % ENTRIES;
	if (!q->head)
		q->phase ^= PHASE;
	q->busy = false;
	ring(c, id, true, q->head);
}

/* How the last command of queue @id has ended. */
static int outcome(struct controller *c, uint32_t id)
{
	const struct nvme_queue *q = &state(c)->queue[id];
	uint32_t at = place(c, memory(c)->queue[id].cq);
	int rc;

	if (q->busy)
		return outstanding(c, id);
	rc = dev_expect(c, "completion CID", at, CID, q->cid, q->status);
	return rc ? rc : dev_expect(c, "completion status", at, STATUS_FIELD, 0, q->status);
}

/* A command of the admin queue, which is polled. */
static int admin(struct controller *c, const struct command *cmd, uint32_t *result)
{
	struct nvme_queue *q = &state(c)->queue[ADMIN];
	volatile struct completion *entry = &memory(c)->queue[ADMIN].cq[q->head];
	int rc = submit(c, ADMIN, cmd);

	if (!rc)
		rc = dev_await_word(c, "admin completion", &entry->status, PHASE, q->phase,
				    COMMAND_LIMIT);
	if (rc)
		return rc;
	if (result)
		*result = entry->result;
	consume(c, ADMIN);
	return outcome(c, ADMIN);
}

/* 5.3, 5.4: the completion queue with its vector first, for the other needs it. */
static int make_pair(struct controller *c, uint32_t id, uint32_t vector)
{
	struct command cq = { .opcode = ADMIN_CREATE_CQ,
			      .prp1 = dev_bus(c, memory(c)->queue[id].cq),
			      .cdw10 = (ENTRIES - 1) << 16 | id,
			      .cdw11 = vector << 16 | INTERRUPTS | CONTIGUOUS };
	struct command sq = { .opcode = ADMIN_CREATE_SQ,
			      .prp1 = dev_bus(c, memory(c)->queue[id].sq),
			      .cdw10 = (ENTRIES - 1) << 16 | id,
			      .cdw11 = id << 16 | CONTIGUOUS };
	int rc;

	renew(c, id);
	rc = admin(c, &cq, NULL);
	if (!rc)
		rc = admin(c, &sq, NULL);
	state(c)->queue[id].live = !rc;
	return rc;
}

static int drop_pair(struct controller *c, uint32_t id)
{
	struct command sq = { .opcode = ADMIN_DELETE_SQ, .cdw10 = id };
	struct command cq = { .opcode = ADMIN_DELETE_CQ, .cdw10 = id };
	int rc = admin(c, &sq, NULL);

	state(c)->queue[id].live = false;
	return rc ? rc : admin(c, &cq, NULL);
}

/* 5.21.1.7, before there are any. */
static int count_pairs(struct controller *c)
{
	struct command set = { .opcode = ADMIN_SET_FEATURE,
			       .cdw10 = NUMBER_OF_QUEUES,
			       .cdw11 = (SPARE - 1) << 16 | (SPARE - 1) };
	uint32_t result;
	int rc = admin(c, &set, &result);

	if (rc)
		return rc;
	state(c)->pairs = (result & 0xffff) + 1;
	if (state(c)->pairs > (result >> 16) + 1)
		state(c)->pairs = (result >> 16) + 1;
	return DEV_OK;
}

/* 5.15.2.1: NSZE, FLBAS and the LBA format that it selects. The pattern must fit, and a block a page. */
static int identify(struct controller *c)
{
	volatile uint32_t *data = memory(c)->data;
	struct command cmd = { .opcode = ADMIN_IDENTIFY,
			       .nsid = NAMESPACE,
			       .prp1 = dev_bus(c, data) };
	uint32_t format, shift;
	int rc = admin(c, &cmd, NULL);

	if (rc)
		return rc;
	format = 128 / 4 + (data[6] >> 16 & 0xf);
	shift = data[format] >> 16 & 0xff;
	if ((data[format] & 0xffff) || shift < 9 || 1u << shift > LARGEST_LBA)
		return dev_fail(c, DEV_WRONG, "LBA format", place(c, &data[format]), 0xffffff,
				9u << 16, data[format]);
	state(c)->lba_size = 1u << shift;
	if (!data[1] && data[0] < MEDIA_SECTORS * MEDIA_SECTOR >> shift)
		return dev_fail(c, DEV_WRONG, "NSZE", place(c, data), ~0u,
				MEDIA_SECTORS * MEDIA_SECTOR >> shift, data[0]);
	return DEV_OK;
}

static uint64_t ready_limit(struct controller *c)
{
	uint32_t units = CAP_TO(dev_read(c, CAP));

	return (units ? units : 1) * TO_UNIT;
}

static int nvme_probe(struct controller *c)
{
	int rc = dev_await(c, VS, 0xffff0000, 0x00010000, 0);

	return rc ? rc : dev_await(c, CAP_HIGH, CAP_CSS_NVM | CAP_MPSMIN, CAP_CSS_NVM, 0);
}

/* 3.1.5: EN may not be cleared before the controller is ready, unless it has failed. */
static int nvme_reset(struct controller *c)
{
	uint32_t cc = dev_read(c, CC);
	int rc = DEV_OK;

	if (cc & CC_EN && !(dev_read(c, CSTS) & CSTS_CFS))
		rc = dev_await(c, CSTS, CSTS_RDY, CSTS_RDY, ready_limit(c));
	if (rc)
		return rc;
	dev_write(c, CC, cc & ~CC_EN);
	return dev_await(c, CSTS, CSTS_RDY, 0, ready_limit(c));
}

/* 7.6.1 */
static int enable(struct controller *c)
{
	uint32_t high = dev_read(c, CAP_HIGH);

	state(c)->stride = 4u << CAP_DSTRD(high);
	if (2 * QUEUES * state(c)->stride > LENGTH - DOORBELLS)
		return dev_fail(c, DEV_NONE, "CAP.DSTRD", CAP_HIGH.offset, 0xf, 0, high);
	renew(c, ADMIN);
	dev_write(c, AQA, (ENTRIES - 1) << 16 | (ENTRIES - 1));
	dev_write(c, ASQ, dev_bus(c, memory(c)->queue[ADMIN].sq));
	dev_write(c, ASQ_HIGH, 0);
	dev_write(c, ACQ, dev_bus(c, memory(c)->queue[ADMIN].cq));
	dev_write(c, ACQ_HIGH, 0);
	dev_write(c, CC, CC_ENTRY_SIZES | CC_EN);
	return dev_await(c, CSTS, CSTS_RDY | CSTS_CFS, CSTS_RDY, ready_limit(c));
}

/* 3.1.3: with MSI-X these registers may not be touched; the owner has the table's mask bits. */
static void nvme_mask(struct controller *c)
{
	if (c->kind != IRQ_MSIX)
		dev_write(c, INTMS, ~0u);
}

static void nvme_unmask(struct controller *c)
{
	if (c->kind != IRQ_MSIX)
		dev_write(c, INTMC, ~0u);
}

static int nvme_start(struct controller *c, enum irq_kind kind, unsigned int vectors)
{
	int rc;

	if (kind == IRQ_MSI)
		return DEV_NONE;
	*state(c) = (struct nvme){ .vectors = kind == IRQ_MSIX ? vectors : 1 };
	rc = enable(c);
	if (rc)
		return rc;
	nvme_mask(c);
	rc = count_pairs(c);
	if (!rc)
		rc = identify(c);
	if (!rc)
		rc = make_pair(c, IO, 0);
	if (!rc)
		nvme_unmask(c);
	return rc;
}

static unsigned int nvme_vectors(struct controller *c, enum irq_kind kind)
{
	(void)c;
	if (kind == IRQ_INTX)
		return 1;
	return kind == IRQ_MSIX ? MSIX_MOST : 0;
}

static int nvme_prepare(struct controller *c, unsigned int vector)
{
	struct nvme *s = state(c);
	int rc = DEV_OK;

	if (vector >= s->vectors)
		return DEV_NONE;
	if (!vector || vector == s->vector)
		return DEV_OK;
	if (s->pairs < SPARE)
		return dev_fail(c, DEV_NONE, "Number of Queues", 0, ~0u, SPARE, s->pairs);
	if (s->vector)
		rc = drop_pair(c, SPARE);
	s->vector = 0;
	if (!rc)
		rc = make_pair(c, SPARE, vector);
	if (!rc)
		s->vector = vector;
	return rc;
}

static int nvme_trigger(struct controller *c, unsigned int vector)
{
	struct command flush = { .opcode = NVM_FLUSH, .nsid = NAMESPACE };

	if (vector >= state(c)->vectors || (vector && vector != state(c)->vector))
		return DEV_NONE;
	return submit(c, vector ? SPARE : IO, &flush);
}

/* The register is read first: what the device wrote to memory before its interrupt is there then. */
static uint32_t nvme_pending(struct controller *c)
{
	uint32_t pending = 0;

	if (c->kind == IRQ_MSIX ? dev_read(c, CSTS) == ~0u : dev_read(c, INTMS) & 1)
		return 0;
	for (uint32_t id = IO; id < QUEUES; id++)
		if (state(c)->queue[id].live && completed(c, id))
			pending |= 1u << id;
	return pending;
}

static void nvme_ack(struct controller *c, uint32_t pending)
{
	for (uint32_t id = IO; id < QUEUES; id++)
		if (pending >> id & 1)
			consume(c, id);
}

/* With MSI-X only a controller that does nothing more is quiet. */
static void nvme_quiet(struct controller *c)
{
	nvme_mask(c);
	if (c->kind == IRQ_MSIX)
		dev_write(c, CC, 0);
}

static int nvme_work(struct controller *c)
{
	struct nvme *s = state(c);
	uint32_t sectors = s->lba_size / MEDIA_SECTOR;
	struct command read = { .opcode = NVM_READ,
				.nsid = NAMESPACE,
				.prp1 = dev_bus(c, memory(c)->data) };

	if (s->queue[IO].busy)
		return outstanding(c, IO);
	s->sector = media_next(s->sector) / sectors * sectors;
	media_poison(memory(c)->data, s->sector, s->lba_size);
	read.cdw10 = s->sector / sectors;
	return submit(c, IO, &read);
}

static int nvme_finish(struct controller *c)
{
	int rc = outcome(c, IO);

	return rc ? rc : media_check(c, memory(c)->data, state(c)->sector, state(c)->lba_size);
}

const struct exerciser nvme_exerciser = {
	.model = "nvme",
	.class = "storage",
	.source = "NVM Express 1.4",
	.bar = 0,
	.length = LENGTH,
	.memory = sizeof(struct memory),
	.probe = nvme_probe,
	.reset = nvme_reset,
	.start = nvme_start,
	.vectors = nvme_vectors,
	.prepare = nvme_prepare,
	.trigger = nvme_trigger,
	.pending = nvme_pending,
	.ack = nvme_ack,
	.mask = nvme_mask,
	.unmask = nvme_unmask,
	.quiet = nvme_quiet,
	.work = nvme_work,
	.finish = nvme_finish,
};
