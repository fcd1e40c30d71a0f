/* SPDX-License-Identifier: GPL-2.0-only */
/* A controller as NVM Express 1.4 has it: what its host may not do is counted as stray. */
#ifndef LIFELINE_TESTS_NVME_MODEL_H
#define LIFELINE_TESTS_NVME_MODEL_H

#include "guest/dev/exercisers.h"
#include "guest/dev/media.h"
#include "guest/tests/rig.h"

#define MS	1000000ull
#define PAIRS	4 /* queue identifiers that there may be */
#define VECTORS 65
#define CFS	2u /* of CSTS: the controller has failed */

/* 5.3, 5.4; a queue of size 0 is none. */
struct queue {
	uint32_t base, size, head, tail;
	uint32_t cqid;		/* of a submission queue */
	uint32_t phase, vector; /* of a completion queue */
	uint64_t due;		/* when the next command is looked at */
};

/**
 * struct nvme - the model
 * @messages: that were sent on each vector
 * @edges: times that the line has gone up
 * @dstrd: 4 << this is the distance of doorbells
 * @shift: of the block size
 * @msix: the owner has enabled MSI-X
 * @hangs: I/O commands never end
 * @corrupts: one bit of the data is wrong
 * @fails: status of I/O commands
 * @mixes: completions have the identifier of another command
 * @storms: a completion comes for each that is taken
 * @sticks: CSTS.RDY stays as it is
 * @allowed: pairs of I/O queues, 0-based
 * @untaken: completions that were there when it was disabled, or enabled
 * @metadata: bytes of it that a block has
 */
static struct nvme {
	uint32_t intm, cc, csts, aqa, asq, acq;
	struct queue sq[PAIRS], cq[PAIRS];
	unsigned int messages[VECTORS], edges, untaken;
	uint32_t dstrd, shift, fails, allowed, metadata, blocks;
	uint64_t due;
	uint32_t hangs, corrupts, mixes;
	bool msix, level, storms, sticks;
} nvme;

static bool line(void)
{
	for (unsigned int i = 0; i < PAIRS; i++)
		if (!nvme.msix && nvme.cq[i].size && nvme.cq[i].head != nvme.cq[i].tail &&
		    !(nvme.intm & 1))
			return true;
	return false;
}

static void update(void)
{
	nvme.edges += line() && !nvme.level;
	nvme.level = line();
}

static void complete(struct rig *r, uint32_t sqid, uint32_t cid, uint32_t status, uint32_t result)
{
	struct queue *cq = &nvme.cq[nvme.sq[sqid].cqid];
	uint32_t *entry = rig_at(r, cq->base + cq->tail * 16, 16);

	/* The host leaves room: it has taken the completion before it gives the next command. */
	r->stray += !cq->size || (cq->tail + 1) % cq->size == cq->head;
	if (!entry || !cq->size)
		return;
	entry[0] = result;
	entry[2] = sqid << 16 | nvme.sq[sqid].head;
	entry[3] = status << 17 | cq->phase << 16 | ((cid + nvme.mixes) & 0xffff);
	cq->tail = (cq->tail + 1) % cq->size;
	if (!cq->tail)
		cq->phase ^= 1;
	if (nvme.msix)
		nvme.messages[cq->vector]++;
}

/* Return: status of Create I/O Completion Queue. */
static uint32_t create_cq(struct rig *r, const uint32_t *cmd)
{
	uint32_t id = cmd[10] & 0xffff, vector = cmd[11] >> 16;

	r->stray += (cmd[11] & 3) != 3 || cmd[6] % 4096 || cmd[7];
	if (!id || id > nvme.allowed + 1 || id >= PAIRS || nvme.cq[id].size)
		return 0x101;
	if (vector >= (nvme.msix ? VECTORS : 1))
		return 0x108;
	nvme.cq[id] = (struct queue){ cmd[6], (cmd[10] >> 16) + 1, .phase = 1, .vector = vector };
	/* What was there before must not look like a completion. */
	for (uint32_t i = 0; i < nvme.cq[id].size; i++)
		r->stray += ((uint32_t *)rig_at(r, cmd[6] + 16 * i, 16))[3] >> 16 & 1;
	return 0;
}

static uint32_t create_sq(struct rig *r, const uint32_t *cmd)
{
	uint32_t id = cmd[10] & 0xffff, cqid = cmd[11] >> 16;

	r->stray += !(cmd[11] & 1) || cmd[6] % 4096 || cmd[7];
	if (!id || id > nvme.allowed + 1 || id >= PAIRS || nvme.sq[id].size)
		return 0x101;
	if (!cqid || cqid >= PAIRS || !nvme.cq[cqid].size)
		return 0x100;
	nvme.sq[id] = (struct queue){ cmd[6], (cmd[10] >> 16) + 1, .cqid = cqid };
	return 0;
}

static uint32_t delete_queue(struct queue *queues, uint32_t id)
{
	if (!id || id >= PAIRS || !queues[id].size)
		return 0x101;
	for (unsigned int i = 1; queues == nvme.cq && i < PAIRS; i++)
		if (nvme.sq[i].size && nvme.sq[i].cqid == id)
			return 0x10c;
	queues[id] = (struct queue){ 0 };
	return 0;
}

static uint32_t identify(struct rig *r, const uint32_t *cmd)
{
	uint32_t *data = rig_at(r, cmd[6], 4096);

	r->stray += cmd[6] % 4096 || cmd[7] || cmd[10];
	if (!data)
		return 2;
	memset(data, 0, 4096);
	data[0] = nvme.blocks;
	data[6] = 1 << 16; /* FLBAS: format 1 */
	data[32] = 12 << 16;
	data[33] = nvme.shift << 16 | nvme.metadata;
	return 0;
}

static void admin(struct rig *r, const uint32_t *cmd)
{
	uint32_t opcode = cmd[0] & 0xff, status = 1, result = 0;

	if (opcode == 0x00)
		status = delete_queue(nvme.sq, cmd[10]);
	else if (opcode == 0x01)
		status = create_sq(r, cmd);
	else if (opcode == 0x04)
		status = delete_queue(nvme.cq, cmd[10]);
	else if (opcode == 0x05)
		status = create_cq(r, cmd);
	else if (opcode == 0x06)
		status = cmd[1] == 1 ? identify(r, cmd) : 0xb;
	else if (opcode == 0x09 && cmd[10] == 7 && !nvme.cq[1].size)
		status = 0, result = nvme.allowed | nvme.allowed << 16;
	r->stray += status != 0;
	complete(r, 0, cmd[0] >> 16, status, result);
}

static void read_block(struct rig *r, const uint32_t *cmd)
{
	uint32_t size = 1u << nvme.shift, *data = rig_at(r, cmd[6], size);

	r->stray += cmd[6] % 4096 || cmd[7] || cmd[11] || cmd[12] || cmd[10] >= nvme.blocks;
	for (uint32_t i = 0; data && i < size / 4; i++)
		data[i] = media_word(cmd[10] * (size / MEDIA_SECTOR), i);
	if (data && nvme.corrupts)
		data[size / 4 - 1] ^= 1u << 31;
}

static void io(struct rig *r, uint32_t sqid, const uint32_t *cmd)
{
	uint32_t opcode = cmd[0] & 0xff;

	r->stray += (opcode != 0 && opcode != 2) || cmd[1] != 1;
	if (opcode == 2 && !nvme.fails)
		read_block(r, cmd);
	complete(r, sqid, cmd[0] >> 16, nvme.fails, 0);
}

static void fetch(struct rig *r, uint32_t sqid)
{
	struct queue *sq = &nvme.sq[sqid];
	uint32_t *entry = rig_at(r, sq->base + sq->head * 64, 64), cmd[16];

	if (!entry)
		return;
	memcpy(cmd, entry, 64);
	r->stray += (cmd[0] & 0xff00) || cmd[2] || cmd[3] || cmd[4] || cmd[5] || cmd[8] || cmd[9];
	sq->head = (sq->head + 1) % sq->size;
	if (sqid)
		io(r, sqid, cmd);
	else
		admin(r, cmd);
}

static void start_or_stop(void)
{
	nvme.untaken = 0;
	for (unsigned int i = 0; i < PAIRS; i++)
		nvme.untaken += nvme.cq[i].head != nvme.cq[i].tail;
	memset(nvme.sq, 0, sizeof(nvme.sq));
	memset(nvme.cq, 0, sizeof(nvme.cq));
	nvme.csts = nvme.cc & 1;
	nvme.intm = 0;
	if (!nvme.csts)
		return;
	nvme.sq[0] = (struct queue){ nvme.asq, (nvme.aqa & 0xfff) + 1, .cqid = 0 };
	nvme.cq[0] = (struct queue){ nvme.acq, (nvme.aqa >> 16) + 1, .phase = 1 };
}

static void nvme_step(struct rig *r)
{
	bool changes = nvme.csts & CFS ? !(nvme.cc & 1) : (nvme.cc & 1) != (nvme.csts & 1);

	if (changes && r->now >= nvme.due && !nvme.sticks)
		start_or_stop();
	for (uint32_t i = 0; nvme.csts & 1 && i < PAIRS; i++)
		if (nvme.sq[i].head != nvme.sq[i].tail && r->now >= nvme.sq[i].due &&
		    !(i && nvme.hangs))
			fetch(r, i);
	update();
}

static uint32_t nvme_read(struct rig *r, uint32_t offset, uint8_t width)
{
	const uint32_t values[] = { 0x0201007f, 0x20 | nvme.dstrd,
				    0x10400,	nvme.intm,
				    nvme.intm,	nvme.cc,
				    0,		nvme.csts,
				    0,		nvme.aqa,
				    nvme.asq,	0,
				    nvme.acq,	0 };

	r->stray += width != 4 || offset > 0x34;
	r->stray += nvme.msix && (offset == 0x0c || offset == 0x10);
	return offset <= 0x34 ? values[offset / 4] : 0;
}

static void doorbell(struct rig *r, uint32_t index, uint32_t value)
{
	struct queue *q = index / 2 < PAIRS ? &(index & 1 ? nvme.cq : nvme.sq)[index / 2] : NULL;

	if (!q || value >= q->size || !(nvme.csts & 1)) {
		r->stray++;
		return;
	}
	if (!(index & 1)) {
		q->tail = value;
		q->due = r->now + 3000;
		return;
	}
	/* One after the other, and none that is not there. */
	r->stray += q->head == q->tail || value != (q->head + 1) % q->size;
	q->head = value;
	if (nvme.storms && index > 1)
		complete(r, index / 2, 0, 0, 0);
}

static void write_cc(struct rig *r, uint32_t value)
{
	/* 3.1.5: not before the last change is through; entries of 64 and 16 bytes, pages of 4 KiB. */
	r->stray += (nvme.cc & 1) != (nvme.csts & 1) && ((nvme.cc ^ value) & 1) &&
		    !(nvme.csts & CFS);
	r->stray += value & 1 && (value & 0x00fffff0) != 0x00460000;
	nvme.cc = value;
	nvme.due = r->now + 2 * MS;
}

static void nvme_write(struct rig *r, uint32_t offset, uint8_t width, uint32_t value)
{
	uint32_t *const enabled_by[] = { &nvme.aqa, &nvme.asq, NULL, &nvme.acq, NULL };

	r->stray += width != 4;
	if (offset >= 0x1000 && offset % (4u << nvme.dstrd) == 0) {
		doorbell(r, (offset - 0x1000) / (4u << nvme.dstrd), value);
	} else if (offset == 0x0c || offset == 0x10) {
		r->stray += nvme.msix;
		nvme.intm = offset == 0x0c ? nvme.intm | value : nvme.intm & ~value;
	} else if (offset == 0x14) {
		write_cc(r, value);
	} else if (offset >= 0x24 && offset <= 0x34) {
		uint32_t *reg = enabled_by[(offset - 0x24) / 4];

		r->stray += nvme.cc & 1 || (!reg && value);
		if (reg)
			*reg = value;
	} else {
		r->stray++;
	}
	update();
}

static void nvme_up(struct rig *r, bool msix)
{
	rig_up(r, &nvme_exerciser);
	nvme = (struct nvme){ .shift = 9, .blocks = 2048, .allowed = 1, .msix = msix };
	r->read = nvme_read;
	r->write = nvme_write;
	r->step = nvme_step;
}

#endif
