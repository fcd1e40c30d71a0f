/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pairs of NVMe queues, of two entries each, the least that there may be: one
 * command at a time. The admin queue always interrupts by vector 0 and is polled.
 */
#ifndef LIFELINE_DEV_NVME_QUEUE_H
#define LIFELINE_DEV_NVME_QUEUE_H

#include "guest/dev/exerciser.h"

#define NVME_ENTRIES   2u
#define NVME_PAGE      4096u
#define NVME_DOORBELLS 0x1000u
#define NVME_RDY       (1u << 0) /* of CSTS */
#define NVME_CFS       (1u << 1)

static const struct dev_register NVME_CSTS = { "CSTS", 0x1c, 4 };

enum { NVME_ADMIN, NVME_IO, NVME_SPARE, NVME_PAIRS }; /* queue identifiers, too */

struct nvme_command {
	uint32_t opcode, nsid, reserved[4], prp1, prp1_high, prp2, prp2_high;
	uint32_t cdw10, cdw11, cdw12, cdw13, cdw14, cdw15;
};

struct nvme_completion {
	uint32_t result, reserved, queue, status;
};

/**
 * struct nvme_pair - a submission queue and its completion queue
 * @sq: the former
 * @cq: the latter
 * @tail: of @sq. This and the rest is the host's, and stands here for the owner to
 *	find it when the domain that had the controller is gone
 * @head: of @cq
 * @phase: of the next new completion: the phase bit in @status, or 0
 * @busy: a command is under way
 * @cid: its identifier
 * @status: completion.status of the last that has ended
 */
struct nvme_pair {
	_Alignas(4096) struct nvme_command sq[NVME_ENTRIES];
	_Alignas(4096) struct nvme_completion cq[NVME_ENTRIES];
	uint32_t tail, head, phase, busy, cid, status;
};

struct nvme_memory {
	struct nvme_pair pair[NVME_PAIRS];
	_Alignas(4096) uint32_t data[NVME_PAGE / 4];
};

/**
 * struct nvme - the exerciser's state
 * @live: bits of the pairs that the controller has
 * @stride: distance of two doorbells
 * @pairs: of I/O queues that the controller allows
 * @vectors: that the owner has enabled
 * @vector: of the spare pair, 0: there is none
 * @lba_size: bytes
 * @sector: that is read: of 512 bytes
 */
struct nvme {
	uint32_t live, stride, pairs, vectors, vector, lba_size, sector;
};

_Static_assert(sizeof(struct nvme) <= EXERCISER_STATE, "the state must fit");
_Static_assert(sizeof(struct nvme_command) == 64 && sizeof(struct nvme_completion) == 16,
	       "as CC says");
_Static_assert(sizeof(struct nvme_memory) == 0x7000, "a page for each");

static inline struct nvme *nvme_state(struct controller *c)
{
	return (struct nvme *)c->state;
}

static inline volatile struct nvme_memory *nvme_memory(struct controller *c)
{
	return c->io.memory.base;
}

static inline volatile struct nvme_pair *nvme_pair(struct controller *c, uint32_t id)
{
	return &nvme_memory(c)->pair[id];
}

/** nvme_place() - offset of @p in io.memory */
static inline uint32_t nvme_place(struct controller *c, const volatile void *p)
{
	return dev_bus(c, p) - dev_bus(c, c->io.memory.base);
}

/** nvme_renew() - pair @id as the controller finds it when it is made */
void nvme_renew(struct controller *c, uint32_t id);

/** nvme_outstanding() - DEV_WRONG, with the error noted: the command of pair @id has not ended */
int nvme_outstanding(struct controller *c, uint32_t id);

/** nvme_submit() - give @cmd to pair @id. Return: enum dev_status */
int nvme_submit(struct controller *c, uint32_t id, const struct nvme_command *cmd);

/** nvme_completed() - is there a new completion? */
bool nvme_completed(struct controller *c, uint32_t id);

/** nvme_consume() - take it: the controller interrupts for it no more */
void nvme_consume(struct controller *c, uint32_t id);

/** nvme_outcome() - how the last command of pair @id has ended. Return: enum dev_status */
int nvme_outcome(struct controller *c, uint32_t id);

/** nvme_admin() - an admin command with its end; its result in *@result if not NULL. Return: enum dev_status */
int nvme_admin(struct controller *c, const struct nvme_command *cmd, uint32_t *result);

/** nvme_make_pair() - let the controller have pair @id, with interrupts on @vector. Return: enum dev_status */
int nvme_make_pair(struct controller *c, uint32_t id, uint32_t vector);

/** nvme_drop_pair() - undo that */
int nvme_drop_pair(struct controller *c, uint32_t id);

/** nvme_drain() - let all commands end, and take their completions, before the controller is disabled */
void nvme_drain(struct controller *c);

#endif
