// SPDX-License-Identifier: GPL-2.0-only
/*
 * An AHCI adapter with an ATA disk on one of its ports. One command slot, and
 * commands that end in a D2H Register FIS: each is one interrupt.
 */
#include "guest/dev/exercisers.h"

#include "guest/dev/media.h"

static const struct dev_register CAP = { "CAP", 0x00, 4 };
static const struct dev_register GHC = { "GHC", 0x04, 4 };
static const struct dev_register IS = { "IS", 0x08, 4 };
static const struct dev_register PI = { "PI", 0x0c, 4 };
static const struct dev_register VS = { "VS", 0x10, 4 };
static const struct dev_register CCC_CTL = { "CCC_CTL", 0x14, 4 };
static const struct dev_register CAP2 = { "CAP2", 0x24, 4 };
static const struct dev_register BOHC = { "BOHC", 0x28, 4 };

/* Of port 0; port n has them 0x80 * n further on. */
static const struct dev_register PXCLB = { "PxCLB", 0x100, 4 };
static const struct dev_register PXCLBU = { "PxCLBU", 0x104, 4 };
static const struct dev_register PXFB = { "PxFB", 0x108, 4 };
static const struct dev_register PXFBU = { "PxFBU", 0x10c, 4 };
static const struct dev_register PXIS = { "PxIS", 0x110, 4 };
static const struct dev_register PXIE = { "PxIE", 0x114, 4 };
static const struct dev_register PXCMD = { "PxCMD", 0x118, 4 };
static const struct dev_register PXTFD = { "PxTFD", 0x120, 4 };
static const struct dev_register PXSIG = { "PxSIG", 0x124, 4 };
static const struct dev_register PXSSTS = { "PxSSTS", 0x128, 4 };
static const struct dev_register PXSERR = { "PxSERR", 0x130, 4 };
static const struct dev_register PXCI = { "PxCI", 0x138, 4 };

#define PORTS	  32
#define PORT_SIZE 0x80

#define CAP_CCCS (1u << 7)
#define GHC_HR	 (1u << 0)
#define GHC_IE	 (1u << 1)
#define GHC_AE	 (1u << 31)
#define CAP2_BOH (1u << 0)
#define BOHC_BOS (1u << 0)
#define BOHC_OOS (1u << 1)

#define CMD_ST	(1u << 0)
#define CMD_SUD (1u << 1)
#define CMD_POD (1u << 2)
#define CMD_FRE (1u << 4)
#define CMD_FR	(1u << 14)
#define CMD_CR	(1u << 15)

#define TFD_ERR	   (1u << 0)
#define TFD_DRQ	   (1u << 3)
#define TFD_DF	   (1u << 5)
#define TFD_BSY	   (1u << 7)
#define DET	   0xfu
#define DET_ONLINE 3u
#define SIG_ATA	   0x00000101u
#define SLOT	   1u /* bit of the one that is used */

#define IS_DHRS	  (1u << 0)
#define IS_ERRORS 0x79000000u /* TFES HBFS HBDS IFS OFS */
#define IS_CAUSES (IS_DHRS | IS_ERRORS)

/* 10.6.3, 10.4.3, 10.1.2; the link's and the disk's are of Serial ATA and ATA. */
#define FIRMWARE_LIMIT 2000000000ull
#define RESET_LIMIT    1000000000ull
#define STOP_LIMIT     500000000ull
#define LINK_LIMIT     1000000000ull
#define DISK_LIMIT     10000000000ull

#define ATA_READ_DMA_EXT     0x25u
#define ATA_CHECK_POWER_MODE 0xe5u
#define ATA_IDENTIFY_DEVICE  0xecu
#define LBA		     0x40u /* in the Device field */

struct command_header {
	uint32_t options, prdbc, ctba, ctbau, reserved[4];
};

struct command_table {
	uint32_t cfis[16], acmd[4], reserved[12];
	struct {
		uint32_t dba, dbau, reserved, dbc;
	} prd;
};

struct memory {
	_Alignas(1024) struct command_header list[32];
	_Alignas(256) uint32_t fis[64];
	_Alignas(128) struct command_table table;
	_Alignas(512) uint32_t data[MEDIA_SECTOR / 4];
};

/**
 * struct ahci - the exerciser's state
 * @port: where the disk is
 * @sector: that is read
 * @seen: interrupt causes of the command that was issued last
 * @deaf: GHC.IE is clear: what is pending is not delivered
 */
struct ahci {
	uint32_t port, sector, seen;
	bool deaf;
};

_Static_assert(sizeof(struct ahci) <= EXERCISER_STATE, "the state must fit");
_Static_assert(sizeof(struct memory) <= 4096, "one page for all");

static struct ahci *state(struct controller *c)
{
	return (struct ahci *)c->state;
}

static volatile struct memory *memory(struct controller *c)
{
	return c->io.memory.base;
}

static struct dev_register of(uint32_t port, struct dev_register r)
{
	r.offset += port * PORT_SIZE;
	return r;
}

static struct dev_register ours(struct controller *c, struct dev_register r)
{
	return of(state(c)->port, r);
}

static int ahci_probe(struct controller *c)
{
	return dev_await(c, VS, 0xffff0000, 0x00010000, 0);
}

/* 10.6.3: a firmware that still uses the adapter hands it over. */
static int take_from_firmware(struct controller *c)
{
	if (!(dev_read(c, CAP2) & CAP2_BOH))
		return DEV_OK;
	dev_write(c, BOHC, dev_read(c, BOHC) | BOHC_OOS);
	return dev_await(c, BOHC, BOHC_BOS, 0, FIRMWARE_LIMIT);
}

/* 10.1.2: the command engine first, it needs the other. */
static int stop_port(struct controller *c, uint32_t port)
{
	struct dev_register cmd = of(port, PXCMD);
	int rc;

	dev_write(c, cmd, dev_read(c, cmd) & ~CMD_ST);
	rc = dev_await(c, cmd, CMD_ST | CMD_CR, 0, STOP_LIMIT);
	if (rc)
		return rc;
	dev_write(c, cmd, dev_read(c, cmd) & ~CMD_FRE);
	rc = dev_await(c, cmd, CMD_FRE | CMD_FR, 0, STOP_LIMIT);
	dev_write(c, of(port, PXSERR), ~0u);
	dev_write(c, of(port, PXIS), ~0u);
	return rc;
}

/* Other registers than those of ports and GHC outlive the reset, 10.4.3. */
static int ahci_reset(struct controller *c)
{
	uint32_t ports = dev_read(c, PI);
	int rc = take_from_firmware(c);

	if (rc)
		return rc;
	dev_write(c, GHC, GHC_AE);
	dev_write(c, GHC, GHC_AE | GHC_HR);
	rc = dev_await(c, GHC, GHC_HR, 0, RESET_LIMIT);
	if (rc)
		return rc;
	dev_write(c, GHC, GHC_AE);
	rc = dev_await(c, GHC, GHC_AE | GHC_IE, GHC_AE, DEV_LIMIT);
	if (dev_read(c, CAP) & CAP_CCCS)
		dev_write(c, CCC_CTL, 0);
	for (uint32_t port = 0; port < PORTS && !rc; port++)
		if (ports >> port & 1)
			rc = stop_port(c, port);
	dev_write(c, IS, ~0u);
	return rc;
}

/* 10.3.1: receive FISes, the disk's first brings status and signature; commands once it is not busy. */
static int start_port(struct controller *c)
{
	struct dev_register cmd = ours(c, PXCMD);
	int rc;

	dev_write(c, ours(c, PXCLB), dev_bus(c, memory(c)->list));
	dev_write(c, ours(c, PXCLBU), 0);
	dev_write(c, ours(c, PXFB), dev_bus(c, memory(c)->fis));
	dev_write(c, ours(c, PXFBU), 0);
	dev_write(c, ours(c, PXSERR), ~0u);
	dev_write(c, cmd, dev_read(c, cmd) | CMD_FRE);
	rc = dev_await(c, ours(c, PXTFD), TFD_BSY | TFD_DRQ, 0, DISK_LIMIT);
	if (!rc)
		rc = dev_await(c, ours(c, PXSIG), ~0u, SIG_ATA, 0);
	if (rc)
		return rc;
	dev_write(c, cmd, dev_read(c, cmd) | CMD_ST);
	return dev_await(c, cmd, CMD_CR, CMD_CR, STOP_LIMIT);
}

static void power_up(struct controller *c, uint32_t ports)
{
	for (uint32_t port = 0; port < PORTS; port++)
		if (ports >> port & 1)
			dev_write(c, of(port, PXCMD),
				  dev_read(c, of(port, PXCMD)) | CMD_SUD | CMD_POD);
}

/* The first port whose link is up, and on which there is a disk. */
static int find_disk(struct controller *c)
{
	uint64_t deadline = c->io.now(c->io.ctx) + LINK_LIMIT;
	uint32_t ports = dev_read(c, PI);
	bool late;

	power_up(c, ports);
	do {
		late = c->io.now(c->io.ctx) >= deadline;
		for (uint32_t port = 0; port < PORTS; port++) {
			if (!(ports >> port & 1) ||
			    (dev_read(c, of(port, PXSSTS)) & DET) != DET_ONLINE)
				continue;
			state(c)->port = port;
			if (!start_port(c)) {
				dev_clear_error(c); /* of ports before: no disk */
				return DEV_OK;
			}
			if (stop_port(c, port))
				return c->error.status;
			ports &= ~(1u << port);
		}
		dev_sleep(c, DEV_PAUSE);
	} while (!late && ports);
	return c->error.reg ? c->error.status : dev_await(c, PXSSTS, DET, DET_ONLINE, 0);
}

/* One command in slot 0; @bytes of data from the disk, 0: none. */
static int issue(struct controller *c, uint32_t command, uint32_t lba, uint32_t bytes)
{
	volatile struct memory *m = memory(c);
	int rc = dev_await(c, ours(c, PXCI), SLOT, 0, 0);

	if (rc)
		return rc;
	m->table.cfis[0] = 0x8027 | command << 16;
	m->table.cfis[1] = (lba & 0xffffff) | LBA << 24;
	m->table.cfis[2] = lba >> 24;
	m->table.cfis[3] = bytes / MEDIA_SECTOR;
	m->table.prd.dba = dev_bus(c, m->data);
	m->table.prd.dbc = bytes - 1;
	m->list[0].options = 5 | (bytes ? 1u << 16 : 0);
	m->list[0].prdbc = 0;
	state(c)->seen = 0;
	dev_write(c, ours(c, PXCI), SLOT);
	return DEV_OK;
}

/* How a command has ended that has transferred @bytes. */
static int outcome(struct controller *c, uint32_t bytes)
{
	volatile struct memory *m = memory(c);
	int rc = dev_await(c, ours(c, PXCI), SLOT, 0, 0);

	if (!rc)
		rc = dev_expect(c, PXIS.name, ours(c, PXIS).offset, IS_ERRORS, 0, state(c)->seen);
	if (!rc)
		rc = dev_await(c, ours(c, PXTFD), TFD_BSY | TFD_DF | TFD_DRQ | TFD_ERR, 0, 0);
	if (!rc)
		rc = dev_expect(c, "PRDBC", dev_bus(c, &m->list[0].prdbc) - dev_bus(c, m), ~0u,
				bytes, m->list[0].prdbc);
	return rc;
}

/* It must be as large as the pattern, in sectors of 512 bytes, and have 48-bit addresses. */
static int identify(struct controller *c)
{
	volatile struct memory *m = memory(c);
	uint32_t at = dev_bus(c, m->data) - dev_bus(c, m);
	int rc = issue(c, ATA_IDENTIFY_DEVICE, 0, MEDIA_SECTOR);

	if (!rc)
		rc = dev_await(c, ours(c, PXCI), SLOT, 0, DISK_LIMIT);
	if (!rc)
		rc = outcome(c, MEDIA_SECTOR);
	if (!rc)
		rc = dev_expect(c, "IDENTIFY word 83", at + 83 * 2, 1u << 26, 1u << 26,
				m->data[41]);
	if (!rc)
		rc = dev_expect(c, "IDENTIFY word 106", at + 106 * 2, 1u << 12, 0, m->data[53]);
	if (!rc && !m->data[51] && m->data[50] < MEDIA_SECTORS)
		rc = dev_fail(c, DEV_WRONG, "IDENTIFY word 100", at + 100 * 2, ~0u, MEDIA_SECTORS,
			      m->data[50]);
	return rc;
}

static void prepare_memory(struct controller *c)
{
	volatile uint32_t *word = c->io.memory.base;
	volatile struct memory *m = memory(c);

	for (unsigned int i = 0; i < sizeof(*m) / 4; i++)
		word[i] = 0;
	m->list[0].ctba = dev_bus(c, &m->table);
}

static void listen(struct controller *c, bool on)
{
	dev_write(c, GHC, on ? GHC_AE | GHC_IE : GHC_AE);
	state(c)->deaf = !on;
}

static int ahci_start(struct controller *c, enum irq_kind kind, unsigned int vectors)
{
	int rc;

	(void)vectors;
	if (kind == IRQ_MSIX)
		return DEV_NONE;
	*state(c) = (struct ahci){ .deaf = true };
	prepare_memory(c);
	rc = find_disk(c);
	if (!rc)
		rc = identify(c);
	if (rc)
		return rc;
	dev_write(c, ours(c, PXIS), ~0u);
	dev_write(c, IS, ~0u);
	dev_write(c, ours(c, PXIE), IS_CAUSES);
	listen(c, true);
	return DEV_OK;
}

static unsigned int ahci_vectors(struct controller *c, enum irq_kind kind)
{
	(void)c;
	return kind != IRQ_MSIX;
}

static int ahci_trigger(struct controller *c, unsigned int vector)
{
	return vector ? DEV_NONE : issue(c, ATA_CHECK_POWER_MODE, 0, 0);
}

static uint32_t ahci_pending(struct controller *c)
{
	uint32_t is = dev_read(c, IS), causes;

	if (!(is >> state(c)->port & 1) || state(c)->deaf)
		return 0;
	causes = dev_read(c, ours(c, PXIS));
	return causes == ~0u ? 0 : causes & IS_CAUSES;
}

/* 10.7.2.1: the port's causes first, or the summary comes up again. */
static void ahci_ack(struct controller *c, uint32_t pending)
{
	state(c)->seen |= pending;
	dev_write(c, ours(c, PXIS), pending);
	dev_write(c, IS, 1u << state(c)->port);
}

static void ahci_mask(struct controller *c)
{
	listen(c, false);
}

static void ahci_unmask(struct controller *c)
{
	listen(c, true);
}

static int ahci_work(struct controller *c)
{
	struct ahci *a = state(c);

	a->sector = media_next(a->sector);
	media_poison(memory(c)->data, a->sector, MEDIA_SECTOR);
	return issue(c, ATA_READ_DMA_EXT, a->sector, MEDIA_SECTOR);
}

static int ahci_finish(struct controller *c)
{
	int rc = outcome(c, MEDIA_SECTOR);

	return rc ? rc : media_check(c, memory(c)->data, state(c)->sector, MEDIA_SECTOR);
}

const struct exerciser ahci_exerciser = {
	.model = "ahci",
	.class = "SATA",
	.source = "AHCI 1.3.1; ACS-3; Serial ATA 3.2",
	.bar = 5,
	.length = 0x100 + PORTS * PORT_SIZE,
	.memory = sizeof(struct memory),
	.probe = ahci_probe,
	.reset = ahci_reset,
	.start = ahci_start,
	.vectors = ahci_vectors,
	.trigger = ahci_trigger,
	.pending = ahci_pending,
	.ack = ahci_ack,
	.mask = ahci_mask,
	.unmask = ahci_unmask,
	.quiet = ahci_mask,
	.work = ahci_work,
	.finish = ahci_finish,
};
