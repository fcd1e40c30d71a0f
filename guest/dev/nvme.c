// SPDX-License-Identifier: GPL-2.0-only
/*
 * An NVMe controller with a disk as namespace 1. Work and commands for vector 0 go
 * by one pair of I/O queues, those for any other vector by a second that
 * nvme_prepare() makes anew for it.
 */
#include "guest/dev/exercisers.h"

#include "guest/dev/media.h"
#include "guest/dev/nvme_queue.h"

static const struct dev_register CAP = { "CAP", 0x00, 4 };
static const struct dev_register CAP_HIGH = { "CAP bits 63:32", 0x04, 4 };
static const struct dev_register VS = { "VS", 0x08, 4 };
static const struct dev_register INTMS = { "INTMS", 0x0c, 4 };
static const struct dev_register INTMC = { "INTMC", 0x10, 4 };
static const struct dev_register CC = { "CC", 0x14, 4 };
static const struct dev_register AQA = { "AQA", 0x24, 4 };
static const struct dev_register ASQ = { "ASQ", 0x28, 4 };
static const struct dev_register ASQ_HIGH = { "ASQ bits 63:32", 0x2c, 4 };
static const struct dev_register ACQ = { "ACQ", 0x30, 4 };
static const struct dev_register ACQ_HIGH = { "ACQ bits 63:32", 0x34, 4 };

#define LENGTH 0x2000u

#define CAP_TO(low)	((low) >> 24)	    /* of 500 ms */
#define CAP_DSTRD(high) ((high)&0xf)	    /* 4 << this is the distance of doorbells */
#define CAP_CSS_NVM	(1u << (37 - 32))   /* of CAP_HIGH */
#define CAP_MPSMIN	(0xfu << (48 - 32)) /* of CAP_HIGH: 0 is 4 KiB */
#define CC_EN		(1u << 0)
#define CC_ENTRY_SIZES	(6u << 16 | 4u << 20) /* 64 and 16 bytes; pages of 4 KiB, NVM commands */
#define TO_UNIT		500000000ull

#define ADMIN_IDENTIFY	  0x06u
#define ADMIN_SET_FEATURE 0x09u
#define NUMBER_OF_QUEUES  0x07u
#define NVM_FLUSH	  0x00u
#define NVM_READ	  0x02u
#define NAMESPACE	  1u

#define LARGEST_LBA 4096u
#define MSIX_MOST   2048u /* entries of a table */

/* 5.21.1.7, before there are any. */
static int count_pairs(struct controller *c)
{
	struct nvme_command set = { .opcode = ADMIN_SET_FEATURE,
				    .cdw10 = NUMBER_OF_QUEUES,
				    .cdw11 = (NVME_SPARE - 1) << 16 | (NVME_SPARE - 1) };
	uint32_t result;
	int rc = nvme_admin(c, &set, &result);

	if (rc)
		return rc;
	nvme_state(c)->pairs = (result & 0xffff) + 1;
	if (nvme_state(c)->pairs > (result >> 16) + 1)
		nvme_state(c)->pairs = (result >> 16) + 1;
	return DEV_OK;
}

/* 5.15.2.1: NSZE, FLBAS and the LBA format that it selects. The pattern must fit, and a block a page. */
static int identify(struct controller *c)
{
	volatile uint32_t *data = nvme_memory(c)->data;
	struct nvme_command cmd = { .opcode = ADMIN_IDENTIFY,
				    .nsid = NAMESPACE,
				    .prp1 = dev_bus(c, data) };
	uint32_t format, shift;
	int rc = nvme_admin(c, &cmd, NULL);

	if (rc)
		return rc;
	format = 128 / 4 + (data[6] >> 16 & 0xf);
	shift = data[format] >> 16 & 0xff;
	if ((data[format] & 0xffff) || shift < 9 || 1u << shift > LARGEST_LBA)
		return dev_fail(c, DEV_WRONG, "LBA format", nvme_place(c, &data[format]), 0xffffff,
				9u << 16, data[format]);
	nvme_state(c)->lba_size = 1u << shift;
	if (!data[1] && data[0] < MEDIA_SECTORS * MEDIA_SECTOR >> shift)
		return dev_fail(c, DEV_WRONG, "NSZE", nvme_place(c, data), ~0u,
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

/* Are the queues that the controller has those in our memory? */
static bool has_ours(struct controller *c)
{
	return (dev_read(c, NVME_CSTS) & (NVME_RDY | NVME_CFS)) == NVME_RDY &&
	       dev_read(c, ASQ) == dev_bus(c, nvme_pair(c, NVME_ADMIN)->sq) &&
	       dev_read(c, ACQ) == dev_bus(c, nvme_pair(c, NVME_ADMIN)->cq);
}

static void read_stride(struct controller *c)
{
	nvme_state(c)->stride = 4u << CAP_DSTRD(dev_read(c, CAP_HIGH));
}

/* 3.1.5: EN may not be cleared before the controller is ready, unless it has failed. */
static int nvme_reset(struct controller *c)
{
	uint32_t cc = dev_read(c, CC);
	int rc = DEV_OK;

	nvme_state(c)->live = 0;
	read_stride(c);
	if (cc & CC_EN && !(dev_read(c, NVME_CSTS) & NVME_CFS))
		rc = dev_await(c, NVME_CSTS, NVME_RDY, NVME_RDY, ready_limit(c));
	if (rc)
		return rc;
	if (has_ours(c))
		nvme_drain(c);
	dev_write(c, CC, cc & ~CC_EN);
	return dev_await(c, NVME_CSTS, NVME_RDY | NVME_CFS, 0, ready_limit(c));
}

/* 7.6.1 */
static int enable(struct controller *c)
{
	read_stride(c);
	if (2 * NVME_PAIRS * nvme_state(c)->stride > LENGTH - NVME_DOORBELLS)
		return dev_fail(c, DEV_NONE, "CAP.DSTRD", CAP_HIGH.offset, 0xf, 0,
				dev_read(c, CAP_HIGH));
	for (uint32_t id = NVME_ADMIN; id < NVME_PAIRS; id++)
		nvme_renew(c, id);
	dev_write(c, AQA, (NVME_ENTRIES - 1) << 16 | (NVME_ENTRIES - 1));
	dev_write(c, ASQ, dev_bus(c, nvme_pair(c, NVME_ADMIN)->sq));
	dev_write(c, ASQ_HIGH, 0);
	dev_write(c, ACQ, dev_bus(c, nvme_pair(c, NVME_ADMIN)->cq));
	dev_write(c, ACQ_HIGH, 0);
	dev_write(c, CC, CC_ENTRY_SIZES | CC_EN);
	return dev_await(c, NVME_CSTS, NVME_RDY | NVME_CFS, NVME_RDY, ready_limit(c));
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
	*nvme_state(c) = (struct nvme){ .vectors = kind == IRQ_MSIX ? vectors : 1 };
	rc = enable(c);
	if (rc)
		return rc;
	nvme_mask(c);
	rc = count_pairs(c);
	if (!rc)
		rc = identify(c);
	if (!rc)
		rc = nvme_make_pair(c, NVME_IO, 0);
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
	struct nvme *s = nvme_state(c);
	int rc = DEV_OK;

	if (vector >= s->vectors)
		return DEV_NONE;
	if (!vector || vector == s->vector)
		return DEV_OK;
	if (s->pairs < NVME_SPARE)
		return dev_fail(c, DEV_NONE, "Number of Queues", 0, ~0u, NVME_SPARE, s->pairs);
	if (s->vector)
		rc = nvme_drop_pair(c, NVME_SPARE);
	s->vector = 0;
	if (!rc)
		rc = nvme_make_pair(c, NVME_SPARE, vector);
	if (!rc)
		s->vector = vector;
	return rc;
}

static int nvme_trigger(struct controller *c, unsigned int vector)
{
	struct nvme_command flush = { .opcode = NVM_FLUSH, .nsid = NAMESPACE };

	if (vector >= nvme_state(c)->vectors || (vector && vector != nvme_state(c)->vector))
		return DEV_NONE;
	return nvme_submit(c, vector ? NVME_SPARE : NVME_IO, &flush);
}

/* The register is read first: what the device wrote to memory before its interrupt is there then. */
static uint32_t nvme_pending(struct controller *c)
{
	uint32_t pending = 0;

	if (c->kind == IRQ_MSIX ? dev_read(c, NVME_CSTS) == ~0u : dev_read(c, INTMS) & 1)
		return 0;
	for (uint32_t id = NVME_IO; id < NVME_PAIRS; id++)
		if (nvme_state(c)->live >> id & 1 && nvme_completed(c, id))
			pending |= 1u << id;
	return pending;
}

static void nvme_ack(struct controller *c, uint32_t pending)
{
	for (uint32_t id = NVME_IO; id < NVME_PAIRS; id++)
		if (pending >> id & 1)
			nvme_consume(c, id);
}

/* With MSI-X only a controller that does nothing more is quiet. */
static void nvme_quiet(struct controller *c)
{
	nvme_mask(c);
	if (c->kind == IRQ_MSIX)
		nvme_reset(c);
}

static int nvme_work(struct controller *c)
{
	struct nvme *s = nvme_state(c);
	uint32_t sectors = s->lba_size / MEDIA_SECTOR;
	struct nvme_command read = { .opcode = NVM_READ,
				     .nsid = NAMESPACE,
				     .prp1 = dev_bus(c, nvme_memory(c)->data) };

	if (nvme_pair(c, NVME_IO)->busy)
		return nvme_outstanding(c, NVME_IO);
	s->sector = media_next(s->sector) / sectors * sectors;
	media_poison(nvme_memory(c)->data, s->sector, s->lba_size);
	read.cdw10 = s->sector / sectors;
	return nvme_submit(c, NVME_IO, &read);
}

static int nvme_finish(struct controller *c)
{
	int rc = nvme_outcome(c, NVME_IO);

	return rc ? rc
		  : media_check(c, nvme_memory(c)->data, nvme_state(c)->sector,
				nvme_state(c)->lba_size);
}

const struct exerciser nvme_exerciser = {
	.model = "nvme",
	.class = "storage",
	.source = "NVM Express 1.4",
	.bar = 0,
	.length = LENGTH,
	.memory = sizeof(struct nvme_memory),
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
