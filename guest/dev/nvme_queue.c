// SPDX-License-Identifier: GPL-2.0-only
#include "guest/dev/nvme_queue.h"

#define ADMIN_DELETE_SQ 0x00u
#define ADMIN_CREATE_SQ 0x01u
#define ADMIN_DELETE_CQ 0x04u
#define ADMIN_CREATE_CQ 0x05u
#define CONTIGUOUS	(1u << 0)
#define INTERRUPTS	(1u << 1)

#define PHASE	     (1u << 16) /* of completion.status */
#define CID	     0xffffu
#define STATUS_FIELD 0xfffe0000u

#define COMMAND_LIMIT 10000000000ull

static void clear(volatile void *p, uint32_t bytes)
{
	volatile uint32_t *word = p;

	for (uint32_t i = 0; i < bytes / 4; i++)
		word[i] = 0;
}

/* 3.1.24, 3.1.25: tail of submission queue @id, or head of completion queue @id. */
static void ring(struct controller *c, uint32_t id, bool completions, uint32_t value)
{
	struct dev_register doorbell = { "doorbell", NVME_DOORBELLS, 4 };

	doorbell.offset += (2 * id + completions) * nvme_state(c)->stride;
	dev_write(c, doorbell, value);
}

void nvme_renew(struct controller *c, uint32_t id)
{
	clear(nvme_pair(c, id), sizeof(struct nvme_pair));
	nvme_pair(c, id)->phase = PHASE;
}

int nvme_outstanding(struct controller *c, uint32_t id)
{
	const volatile struct nvme_pair *p = nvme_pair(c, id);

	return dev_fail(c, DEV_WRONG, "completion phase", nvme_place(c, &p->cq[p->head].status),
			PHASE, p->phase, ~p->phase & PHASE);
}

int nvme_submit(struct controller *c, uint32_t id, const struct nvme_command *cmd)
{
	volatile struct nvme_pair *p = nvme_pair(c, id);
	int rc = dev_await(c, NVME_CSTS, NVME_RDY | NVME_CFS, NVME_RDY, 0);

	if (rc)
		return rc;
	if (p->busy)
		return nvme_outstanding(c, id);
	p->cid = (p->cid + 1) & CID;
	p->sq[p->tail] = *cmd;
	p->sq[p->tail].opcode |= p->cid << 16;
	p->tail = (p->tail + 1) % NVME_ENTRIES;
	p->busy = true;
	ring(c, id, false, p->tail);
	return DEV_OK;
}

bool nvme_completed(struct controller *c, uint32_t id)
{
	const volatile struct nvme_pair *p = nvme_pair(c, id);

	return (p->cq[p->head % NVME_ENTRIES].status & PHASE) == p->phase;
}

void nvme_consume(struct controller *c, uint32_t id)
{
	volatile struct nvme_pair *p = nvme_pair(c, id);

	p->status = p->cq[p->head % NVME_ENTRIES].status;
	p->head = (p->head + 1) % NVME_ENTRIES;
	if (!p->head)
		p->phase ^= PHASE;
	p->busy = false;
	ring(c, id, true, p->head);
}

int nvme_outcome(struct controller *c, uint32_t id)
{
	const volatile struct nvme_pair *p = nvme_pair(c, id);
	uint32_t at = nvme_place(c, p->cq);
	int rc;

	if (p->busy)
		return nvme_outstanding(c, id);
	rc = dev_expect(c, "completion CID", at, CID, p->cid, p->status);
	return rc ? rc : dev_expect(c, "completion status", at, STATUS_FIELD, 0, p->status);
}

int nvme_admin(struct controller *c, const struct nvme_command *cmd, uint32_t *result)
{
	volatile struct nvme_pair *p = nvme_pair(c, NVME_ADMIN);
	volatile struct nvme_completion *entry = &p->cq[p->head];
	int rc = nvme_submit(c, NVME_ADMIN, cmd);

	if (!rc)
		rc = dev_await_word(c, "admin completion", &entry->status, PHASE, p->phase,
				    COMMAND_LIMIT);
	if (rc)
		return rc;
	if (result)
		*result = entry->result;
	nvme_consume(c, NVME_ADMIN);
	return nvme_outcome(c, NVME_ADMIN);
}

/* 5.3, 5.4: the completion queue with its vector first, for the other needs it. */
int nvme_make_pair(struct controller *c, uint32_t id, uint32_t vector)
{
	struct nvme_command cq = { .opcode = ADMIN_CREATE_CQ,
				   .prp1 = dev_bus(c, nvme_pair(c, id)->cq),
				   .cdw10 = (NVME_ENTRIES - 1) << 16 | id,
				   .cdw11 = vector << 16 | INTERRUPTS | CONTIGUOUS };
	struct nvme_command sq = { .opcode = ADMIN_CREATE_SQ,
				   .prp1 = dev_bus(c, nvme_pair(c, id)->sq),
				   .cdw10 = (NVME_ENTRIES - 1) << 16 | id,
				   .cdw11 = id << 16 | CONTIGUOUS };
	int rc;

	nvme_renew(c, id);
	rc = nvme_admin(c, &cq, NULL);
	if (!rc)
		rc = nvme_admin(c, &sq, NULL);
	if (!rc)
		nvme_state(c)->live |= 1u << id;
	return rc;
}

int nvme_drop_pair(struct controller *c, uint32_t id)
{
	struct nvme_command sq = { .opcode = ADMIN_DELETE_SQ, .cdw10 = id };
	struct nvme_command cq = { .opcode = ADMIN_DELETE_CQ, .cdw10 = id };
	int rc = nvme_admin(c, &sq, NULL);

	nvme_state(c)->live &= ~(1u << id);
	return rc ? rc : nvme_admin(c, &cq, NULL);
}

/*
 * 7.6.2: what is under way ends before the controller is disabled. All completions
 * are taken, for QEMU counts them beyond the reset: the line would be high for ever.
 */
void nvme_drain(struct controller *c)
{
	uint64_t deadline = c->io.now(c->io.ctx) + DEV_LIMIT;

	for (uint32_t id = NVME_ADMIN; id < NVME_PAIRS; id++) {
		while (nvme_pair(c, id)->busy && !nvme_completed(c, id) &&
		       c->io.now(c->io.ctx) < deadline)
			c->io.pause(c->io.ctx);
		if (nvme_completed(c, id))
			nvme_consume(c, id);
	}
}
