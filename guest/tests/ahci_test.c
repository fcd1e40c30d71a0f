// SPDX-License-Identifier: GPL-2.0-only
/* The AHCI exerciser against an adapter written from AHCI 1.3.1: ports 0, 2 and 5, a disk on one of them. */
#include "guest/dev/exercisers.h"

#include "guest/dev/descriptor.h"
#include "guest/dev/media.h"
#include "guest/tests/rig.h"

#define PORTS 0x25u
#define AE    (1u << 31)
#define MS    1000000ull

struct port {
	uint32_t clb, fb, is, ie, cmd, tfd, sig, serr, ci;
	uint64_t due; /* when the command ends, or the engines have started or stopped */
	bool told;    /* the disk has sent its first FIS */
};

/**
 * struct hba - the model
 * @edges: times that the line has gone up
 * @disk: port of the disk; a packet device is on @packet
 * @link_at: when the links come up
 * @hangs: commands never end
 * @corrupts: one bit of the data is wrong
 * @fails: commands end with an error
 * @cuts: data ends early
 * @storms: a cause comes again as often as it is acknowledged
 * @sticks: the engines do not stop
 * @spins_up: the link of a port needs PxCMD.SUD
 * @owned: the firmware has the adapter
 */
static struct hba {
	uint32_t ghc, is, ccc, bohc;
	struct port port[32];
	uint64_t reset_until, link_at;
	unsigned int edges, disk, packet;
	uint16_t id[256];
	bool level, hangs, corrupts, fails, cuts, storms, sticks, spins_up, owned;
} hba;

static bool implemented(unsigned int port)
{
	return port < 32 && PORTS >> port & 1;
}

static bool line(void)
{
	return hba.ghc & 2 && hba.is;
}

/* 5.3: IS follows what the ports let through, and stays until it is cleared. */
static void update(void)
{
	for (unsigned int i = 0; i < 32; i++)
		if (hba.port[i].is & hba.port[i].ie)
			hba.is |= 1u << i;
	hba.edges += line() && !hba.level;
	hba.level = line();
}

static bool linked(struct rig *r, unsigned int i)
{
	bool power = !hba.spins_up || hba.port[i].cmd & 2;

	return (i == hba.disk || i == hba.packet) && r->now >= hba.link_at && power;
}

/* A D2H Register FIS with the interrupt bit; status and error go into PxTFD. */
static void d2h(struct rig *r, struct port *p, uint32_t tfd)
{
	uint32_t *fis = rig_at(r, p->fb + 0x40, 20);

	if (fis)
		fis[0] = 0x4034 | tfd << 16;
	p->tfd = tfd;
	p->is |= 1 | (tfd & 1 ? 1u << 30 : 0);
}

static void fill(uint8_t *data, uint32_t command, uint32_t sector, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes / 4; i++) {
		uint32_t word = media_word(sector, i);

		memcpy(data + 4 * (size_t)i, &word, 4);
	}
	if (command == 0xec)
		memcpy(data, hba.id, bytes < sizeof(hba.id) ? bytes : sizeof(hba.id));
	if (command == 0x25 && hba.corrupts && bytes)
		data[bytes - 77] ^= 0x10;
}

/* The only PRD. Return: bytes transferred. */
static uint32_t transfer(struct rig *r, const uint32_t *header, const uint32_t *table)
{
	uint32_t lba = (table[1] & 0xffffff) | table[2] << 24;
	uint32_t command = table[0] >> 16 & 0xff, bytes = 512;
	uint8_t *data;

	if (command == 0xe5)
		return 0;
	if (command == 0x25)
		bytes = (table[3] & 0xffff) * 512;
	r->stray += header[0] >> 16 != 1 || table[33] || !(table[35] & 1);
	r->stray += (table[35] & 0x3fffff) + 1 != bytes || lba + bytes / 512 > MEDIA_SECTORS;
	data = rig_at(r, table[32], bytes);
	if (!data)
		return 0;
	if (hba.cuts && command == 0x25)
		bytes -= 4;
	fill(data, command, lba, bytes);
	return bytes;
}

static void execute(struct rig *r, struct port *p)
{
	uint32_t *header = rig_at(r, p->clb, 1024), *table;
	uint32_t command;

	r->stray += p->ci != 1 || p->clb % 1024 || p->fb % 256;
	if (!header || !rig_at(r, p->fb, 256))
		return;
	table = rig_at(r, header[2], 0x90);
	r->stray += header[3] || header[2] % 128 || (header[0] & 0xffff) != 5;
	if (!table)
		return;
	command = table[0] >> 16 & 0xff;
	r->stray += (table[0] & 0xffff) != 0x8027;
	r->stray += command != 0x25 && command != 0xe5 && command != 0xec;
	r->stray += command == 0x25 && !(table[1] >> 24 & 0x40);
	if (hba.fails && command != 0xec) {
		d2h(r, p, 0x0451);
		return;
	}
	header[1] = transfer(r, header, table);
	p->ci = 0;
	if (command == 0xec) { /* ends in a PIO Setup FIS */
		p->tfd = 0x50;
		p->is |= 2;
	} else {
		d2h(r, p, 0x50);
	}
}

static void step_port(struct rig *r, unsigned int i)
{
	struct port *p = &hba.port[i];
	uint32_t running = (p->cmd & 1 ? 1u << 15 : 0) | (p->cmd & 0x10 ? 1u << 14 : 0);

	if (r->now < p->due)
		return;
	p->cmd = (p->cmd & ~0xc000u) | running | (hba.sticks ? 0x8000 : 0);
	if (p->cmd & 1u << 14 && linked(r, i) && !p->told) {
		p->told = true;
		p->sig = i == hba.disk ? 0x101 : 0xeb140101;
		d2h(r, p, 0x50);
	}
	if (p->cmd & 0x8000 && p->ci && !hba.hangs && !(p->tfd & 1))
		execute(r, p);
}

static void hba_step(struct rig *r)
{
	if (hba.ghc & 1 && r->now >= hba.reset_until) {
		hba.ghc = hba.is = 0;
		for (struct port *p = hba.port; p < hba.port + 32; p++)
			*p = (struct port){ .clb = p->clb, .fb = p->fb, .tfd = 0x7f, .sig = ~0u };
	}
	for (unsigned int i = 0; i < 32; i++)
		if (implemented(i))
			step_port(r, i);
	if (hba.bohc & 2 && !(r->now >> 20 & 3))
		hba.bohc &= ~1u;
	update();
}

static uint32_t read_port(struct rig *r, unsigned int i, uint32_t offset)
{
	const struct port *p = &hba.port[i];
	const uint32_t values[] = { p->clb, 0, p->fb, 0, p->is, p->ie, p->cmd, 0, p->tfd, p->sig };

	r->stray += !implemented(i);
	if (offset == 0x28)
		return linked(r, i) ? 0x113 : 0;
	if (offset == 0x30)
		return p->serr;
	if (offset == 0x38)
		return p->ci;
	r->stray += offset > 0x24;
	return offset <= 0x24 ? values[offset / 4] : 0;
}

static uint32_t hba_read(struct rig *r, uint32_t offset, uint8_t width)
{
	const uint32_t values[] = { 0xc0301f85, hba.ghc, hba.is, PORTS,	    0x10301, hba.ccc,
				    0,		0,	 0,	 hba.owned, hba.bohc };

	r->stray += width != 4;
	if (offset >= 0x100)
		return read_port(r, (offset - 0x100) / 0x80, offset % 0x80);
	r->stray += offset > 0x28;
	return offset <= 0x28 ? values[offset / 4] : 0;
}

static void write_cmd(struct rig *r, struct port *p, uint32_t value)
{
	/* 10.3.1: commands only with FISes received and the disk not busy; 10.1.2: in this order. */
	if (value & ~p->cmd & 1)
		r->stray += !(p->cmd & 0x4000) || p->tfd & 0x88;
	if (p->cmd & ~value & 0x10)
		r->stray += (p->cmd & 0x8001) != 0;
	if (p->cmd & ~value & 1)
		p->ci = 0;
	p->cmd = (p->cmd & 0xc000) | (value & 0x17);
	p->due = r->now + 5000;
}

static void write_port(struct rig *r, unsigned int i, uint32_t offset, uint32_t value)
{
	struct port *p = &hba.port[i];

	r->stray += !implemented(i) || !(hba.ghc & AE);
	if (offset == 0x00 || offset == 0x08) {
		r->stray += (p->cmd & 0xc011) != 0;
		*(offset ? &p->fb : &p->clb) = value;
	} else if (offset == 0x04 || offset == 0x0c) {
		r->stray += value != 0;
	} else if (offset == 0x10) {
		p->is &= ~value;
		p->is |= hba.storms;
	} else if (offset == 0x14) {
		p->ie = value;
	} else if (offset == 0x18) {
		write_cmd(r, p, value);
	} else if (offset == 0x30) {
		p->serr &= ~value;
	} else if (offset == 0x38) {
		r->stray += !(p->cmd & 1) || p->ci & value;
		p->ci |= value;
		p->tfd |= 0x80;
		p->due = r->now + 7000;
	} else {
		r->stray++;
	}
}

static void hba_write(struct rig *r, uint32_t offset, uint8_t width, uint32_t value)
{
	r->stray += width != 4;
	if (offset >= 0x100) {
		write_port(r, (offset - 0x100) / 0x80, offset % 0x80, value);
	} else if (offset == 0x04) {
		r->stray += (!(hba.ghc & AE) && value & 3) || hba.bohc & 1;
		hba.reset_until = value & 1 ? r->now + 2 * MS : 0;
		hba.ghc = value & (AE | 3);
	} else if (offset == 0x08) {
		hba.is &= ~value;
	} else if (offset == 0x14) {
		hba.ccc = value;
	} else if (offset == 0x28) {
		hba.bohc = value;
	} else {
		r->stray++;
	}
	update();
}

static void hba_up(struct rig *r)
{
	rig_up(r, &ahci_exerciser);
	hba = (struct hba){ .disk = 2, .packet = 0, .ghc = AE };
	hba.id[83] = 1u << 10;
	hba.id[100] = MEDIA_SECTORS;
	hba.id[106] = 0x4000;
	r->read = hba_read;
	r->write = hba_write;
	r->step = hba_step;
}

static void pass(struct rig *r, uint64_t ns)
{
	for (uint64_t end = r->now + ns; r->now < end;)
		rig_sleep(r, DEV_PAUSE);
}

static void expect_begin(struct rig *r, enum irq_kind kind)
{
	EXPECT_EQ(exerciser_begin(&r->c, kind, 1), DEV_OK);
	EXPECT_TRUE(r->c.error.reg == NULL);
	EXPECT_TRUE(!line());
	EXPECT_EQ(exerciser_service(&r->c), 0);
	hba.edges = 0;
}

static void hba_begin(struct rig *r)
{
	hba_up(r);
	expect_begin(r, IRQ_INTX);
}

/* One interrupt, and none of it left. */
static void expect_served(struct rig *r)
{
	pass(r, 50000);
	EXPECT_TRUE(line());
	EXPECT_TRUE(exerciser_service(&r->c) != 0);
	EXPECT_TRUE(!line());
	EXPECT_EQ(exerciser_service(&r->c), 0);
}

static void rounds(enum irq_kind kind)
{
	struct rig r;

	hba_up(&r);
	expect_begin(&r, kind);
	for (unsigned int i = 0; i < 1000; i++) {
		EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
		expect_served(&r);
		EXPECT_EQ(r.c.ops->finish(&r.c), DEV_OK);
		EXPECT_EQ(r.c.ops->trigger(&r.c, 0), DEV_OK);
		expect_served(&r);
	}
	EXPECT_EQ(hba.edges, 2000);
	EXPECT_EQ(r.stray, 0);
	rig_down(&r);
}

TEST(rounds)
{
	rounds(IRQ_INTX);
	rounds(IRQ_MSI);
}

TEST(vectors)
{
	struct rig r;

	hba_up(&r);
	EXPECT_EQ(exerciser_count_vectors(&r.c, IRQ_INTX), 1);
	EXPECT_EQ(exerciser_count_vectors(&r.c, IRQ_MSI), 1);
	EXPECT_EQ(exerciser_count_vectors(&r.c, IRQ_MSIX), 0);
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_MSIX, 1), DEV_NONE);
	expect_begin(&r, IRQ_INTX);
	EXPECT_EQ(r.c.ops->trigger(&r.c, 1), DEV_NONE);
	rig_down(&r);
}

/* Somebody else has left it in the middle of things, with other ports and CCC in use. */
static void leave_running(struct rig *r)
{
	hba.ghc = AE | 2;
	hba.ccc = 0xff01;
	for (unsigned int i = 0; i < 32; i++)
		if (implemented(i))
			hba.port[i] = (struct port){ .clb = RIG_BUS,
						     .fb = RIG_BUS,
						     .is = 0xff,
						     .ie = ~0u,
						     .cmd = 0xc017,
						     .tfd = 0x80,
						     .ci = 1,
						     .due = ~0ull,
						     .told = true };
	update();
	EXPECT_TRUE(line());
	r->step = hba_step;
}

TEST(reset_from_anything)
{
	struct rig r;

	hba_up(&r);
	leave_running(&r);
	EXPECT_EQ(r.c.ops->reset(&r.c), DEV_OK);
	EXPECT_TRUE(!line());
	EXPECT_EQ(hba.ghc, AE);
	EXPECT_EQ(hba.ccc & 1, 0);
	for (unsigned int i = 0; i < 32; i++)
		EXPECT_EQ(hba.port[i].cmd | hba.port[i].ie | hba.port[i].is, 0);
	leave_running(&r);
	hba.owned = true;
	hba.bohc = 1;
	expect_begin(&r, IRQ_INTX);
	EXPECT_EQ(hba.bohc, 2);
	EXPECT_EQ(r.stray, 0);
	rig_down(&r);
}

static void expect_error(struct rig *r, int status, int expected, const char *reg)
{
	EXPECT_EQ(status, expected);
	EXPECT_TRUE(r->c.error.reg != NULL);
	EXPECT_STR(r->c.error.reg ? r->c.error.reg : "", reg);
	EXPECT_EQ(r->c.error.status, expected);
	EXPECT_EQ(r->stray, 0);
}

static void expect_refusal(struct rig *r, int status, const char *reg)
{
	expect_error(r, exerciser_begin(&r->c, IRQ_INTX, 1), status, reg);
	EXPECT_TRUE(!line());
	EXPECT_EQ(exerciser_service(&r->c), 0);
	EXPECT_TRUE(r->now < 2500 * MS);
	rig_down(r);
}

TEST(never_answers)
{
	struct rig r;

	hba_up(&r);
	hba.ghc = 0;
	r.dead = true;
	expect_refusal(&r, DEV_TIMEOUT, "GHC");
	hba_begin(&r);
	r.dead = true;
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	EXPECT_EQ(exerciser_service(&r.c), 0);
	expect_error(&r, r.c.ops->finish(&r.c), DEV_WRONG, "PRDBC");
	rig_down(&r);
}

TEST(engines_never_stop)
{
	struct rig r;

	hba_up(&r);
	hba.sticks = true;
	expect_refusal(&r, DEV_TIMEOUT, "PxCMD");
}

TEST(removed)
{
	struct rig r;

	hba_up(&r);
	r.removed = true;
	expect_refusal(&r, DEV_GONE, "VS");
	hba_begin(&r);
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	pass(&r, 50000);
	r.removed = true;
	EXPECT_EQ(exerciser_service(&r.c), 0);
	expect_error(&r, r.c.ops->finish(&r.c), DEV_GONE, "PxCI");
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_GONE);
	EXPECT_EQ(r.c.ops->reset(&r.c), DEV_GONE);
	rig_down(&r);
}

TEST(storms)
{
	struct rig r;

	hba_up(&r);
	hba.storms = true;
	EXPECT_EQ(exerciser_begin(&r.c, IRQ_INTX, 1), DEV_OK);
	for (unsigned int i = 0; i < 100; i++)
		EXPECT_TRUE(exerciser_service(&r.c) != 0);
	r.c.ops->quiet(&r.c);
	EXPECT_TRUE(!line());
	EXPECT_EQ(r.stray, 0);
	rig_down(&r);
}

static void work_ends(bool *flag, const char *reg)
{
	struct rig r;

	hba_begin(&r);
	*flag = true;
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	pass(&r, 50000);
	EXPECT_EQ(exerciser_service(&r.c) == 0, hba.hangs);
	expect_error(&r, r.c.ops->finish(&r.c), hba.hangs || hba.fails ? DEV_TIMEOUT : DEV_WRONG,
		     reg);
	EXPECT_TRUE(!line());
	/* It can be begun anew. */
	*flag = false;
	dev_clear_error(&r.c);
	expect_begin(&r, IRQ_INTX);
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	expect_served(&r);
	EXPECT_EQ(r.c.ops->finish(&r.c), DEV_OK);
	rig_down(&r);
}

TEST(work_that_goes_wrong)
{
	work_ends(&hba.corrupts, "word of the sector");
	work_ends(&hba.cuts, "PRDBC");
	work_ends(&hba.hangs, "PxCI");
	work_ends(&hba.fails, "PxCI");
}

/* An error whose command is taken back all the same. */
TEST(errors_are_seen)
{
	struct rig r;

	hba_begin(&r);
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	pass(&r, 50000);
	hba.port[2].is |= 1u << 30;
	EXPECT_TRUE(exerciser_service(&r.c) != 0);
	expect_error(&r, r.c.ops->finish(&r.c), DEV_WRONG, "PxIS");
	rig_down(&r);
}

TEST(links)
{
	struct rig r;

	hba_up(&r);
	hba.disk = hba.packet = 7;
	expect_refusal(&r, DEV_TIMEOUT, "PxSSTS");
	hba_up(&r);
	hba.disk = 7;
	expect_refusal(&r, DEV_TIMEOUT, "PxSIG");
	hba_up(&r);
	hba.disk = 5;
	hba.spins_up = true;
	hba.link_at = 300 * MS;
	expect_begin(&r, IRQ_INTX);
	EXPECT_EQ(r.stray, 0);
	rig_down(&r);
}

static void disk_is_no_use(unsigned int word, uint16_t value, const char *reg)
{
	struct rig r;

	hba_up(&r);
	hba.id[word] = value;
	expect_refusal(&r, DEV_WRONG, reg);
}

TEST(disks)
{
	disk_is_no_use(83, 0, "IDENTIFY word 83");
	disk_is_no_use(100, MEDIA_SECTORS - 1, "IDENTIFY word 100");
	disk_is_no_use(106, 0x5000, "IDENTIFY word 106");
}

TEST(mask)
{
	struct rig r;

	hba_begin(&r);
	r.c.ops->mask(&r.c);
	EXPECT_EQ(r.c.ops->trigger(&r.c, 0), DEV_OK);
	pass(&r, 50000);
	EXPECT_TRUE(!line());
	EXPECT_EQ(exerciser_service(&r.c), 0);
	r.c.ops->unmask(&r.c);
	expect_served(&r);
	EXPECT_EQ(hba.edges, 1);
	EXPECT_EQ(r.stray, 0);
	rig_down(&r);
}

/* With work that is under way, and with its interrupt there. */
static void quiet_lasts(bool by_row, uint64_t later)
{
	const struct irq_descriptor *row = descriptor_find("ahci");
	struct rig r;

	hba_begin(&r);
	EXPECT_EQ(r.c.ops->work(&r.c), DEV_OK);
	pass(&r, later);
	EXPECT_EQ(line(), later != 0);
	if (by_row)
		irq_quiet(row, &r.c.io);
	else
		r.c.ops->quiet(&r.c);
	for (unsigned int i = 0; i < 10; i++) {
		pass(&r, 50000);
		EXPECT_TRUE(!line());
		r.c.ops->work(&r.c);
	}
	EXPECT_EQ(hba.edges, later != 0);
	EXPECT_EQ(r.stray, 0);
	if (by_row) {
		pass(&r, 50000);
		irq_enable(row, &r.c.io);
		EXPECT_TRUE(line());
	}
	rig_down(&r);
}

TEST(quiet_by_itself_and_by_the_row_alone)
{
	for (unsigned int i = 0; i < 4; i++)
		quiet_lasts(i & 1, i & 2 ? 50000 : 0);
}
