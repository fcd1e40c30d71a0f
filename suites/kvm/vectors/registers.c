// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: VFIO gives a user's writes to the MSI and MSI-X capabilities to a copy (drivers/vfio/pci/vfio_pci_config.c,
 * cap_perms), keeps the MSI-X table out of what is read and written through its file (vfio_pci_bar_rw), and lets nobody map
 * memory where messages go (vfio_iommu_iova_dma_valid) or have a function whose messages are not remapped. Survival proves
 * that what the device has is what the host has given it.
 */
#include <errno.h>
#include <sys/mman.h>

#include "guest/dev/pci.h"
#include "host/case/harness.h"
#include "host/pci/interrupts.h"
#include "host/probe/clock.h"
#include "suites/kvm/vectors/party.h"

#define WRITES	     300u
#define ARRIVE_LIMIT NS_PER_S
#define SILENT	     (50 * NS_PER_MS)

#define MSI_LENGTH   14u /* 64 bits, without masks, as edu has it (PCI 3.0, 6.8.1) */
#define MSIX_LENGTH  12u
#define FLAGS	     2u /* Message Control */
#define MSI_ENABLE   0x01u
#define MSI_MULTIPLE 0x70u

FIXTURE(function)
{
	struct party p;
	uint8_t at;
	uint8_t before[CONFIG_BYTES];
};

FIXTURE_VARIANT(function)
{
	const char *model;
	uint8_t capability;
	unsigned int length;
};

FIXTURE_VARIANT_ADD(function,
		    msi){ .model = "edu", .capability = PCI_CAP_MSI, .length = MSI_LENGTH };
FIXTURE_VARIANT_ADD(function,
		    msix){ .model = "e1000e", .capability = PCI_CAP_MSIX, .length = MSIX_LENGTH };

FIXTURE_SETUP(function)
{
	char why[TAKE_WHY];

	TAKE(party_begin(&self->p, why), why);
	TAKE(party_user(&self->p, variant->model, why), why);
}

FIXTURE_TEARDOWN(function)
{
	const char *wrong = party_end(&self->p);

	REQUIRE(!wrong, "%s", wrong);
}

static uint32_t next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void look(FIXTURE_DATA(function) * self, uint8_t config[CONFIG_BYTES])
{
	int rc = message_config(self->p.user.v.bdf, config);

	REQUIRE(!rc, "%s: configuration space: %s", self->p.user.v.bdf, strerror(-rc));
}

static void find(FIXTURE_DATA(function) * self, const FIXTURE_VARIANT(function) * variant)
{
	look(self, self->before);
	self->at = message_capability(self->before, variant->capability);
	REQUIRE(self->at && self->at + variant->length <= CONFIG_BYTES, "%s: no capability %#x",
		self->p.user.v.bdf, variant->capability);
}

/* Bytes of the capability that are not as before, but for the bits @user of the low byte of Message Control. */
static unsigned int moved(FIXTURE_DATA(function) * self, const FIXTURE_VARIANT(function) * variant,
			  uint8_t user)
{
	uint8_t now[CONFIG_BYTES], changed;
	unsigned int n = 0;

	look(self, now);
	for (unsigned int i = self->at; i < self->at + variant->length; i++) {
		changed = now[i] ^ self->before[i];
		if (i == self->at + FLAGS)
			changed &= (uint8_t)~user;
		n += changed != 0;
	}
	return n;
}

/* Return: after how many writes something had moved. */
static unsigned int write_all_over(FIXTURE_DATA(function) * self,
				   const FIXTURE_VARIANT(function) * variant, uint8_t user)
{
	uint32_t state = case_seed() | 1;
	unsigned int bad = 0;

	for (unsigned int i = 0; i < WRITES; i++) {
		uint8_t width = (uint8_t)(1u << next(&state) % 3);
		uint32_t offset = self->at + next(&state) % (variant->length - width + 1);

		vfio_config_write(&self->p.user.v, (uint16_t)offset, width, next(&state));
		bad += moved(self, variant, user) != 0;
	}
	return bad;
}

static uint64_t line_count(const struct case_devices *d, const char *bdf)
{
	const struct case_device *device = devices_at(d, bdf);
	struct interrupts all = { 0 };
	const struct interrupt *row;
	uint64_t n = 0;

	if (interrupts_read("", &all))
		return 0;
	row = interrupts_find(&all, device ? (int)device->gsi : -1);
	n = row ? interrupt_total(row) : 0;
	interrupts_free(&all);
	return n;
}

static void set_enable(FIXTURE_DATA(function) * self, bool on)
{
	vfio_config_write(&self->p.user.v, (uint16_t)(self->at + FLAGS), 1, on ? MSI_ENABLE : 0);
}

/* MSI Enable is the user's while the host has enabled MSI: without it the function has to be silent, its line too. */
static void judge_enable(struct __test_metadata *_metadata, FIXTURE_DATA(function) * self)
{
	struct party *p = &self->p;
	uint64_t line = line_count(&p->devices, p->user.v.bdf);
	unsigned int came;

	set_enable(self, false);
	came = tenant_send(&p->user, 0, SILENT);
	CHECK(!came, "V MSI Enable cleared by the user: %u messages, expected 0", came);
	line = line_count(&p->devices, p->user.v.bdf) - line;
	CHECK(!line, "V MSI Enable cleared by the user: %llu interrupts of the line, expected 0",
	      (unsigned long long)line);
	set_enable(self, true);
}

TEST_F_TIMEOUT(function, config, CASE_SECONDS)
{
	bool msi = variant->capability == PCI_CAP_MSI;
	char why[TENANT_WHY];
	unsigned int n;

	find(self, variant);
	n = write_all_over(self, variant, 0);
	CHECK(!n, "V capability at %#x, nothing enabled: moved by %u of %u writes, expected 0",
	      self->at, n, WRITES);
	TAKE(party_listen(&self->p, 0, why), why);
	find(self, variant);
	n = write_all_over(self, variant, msi ? MSI_ENABLE | MSI_MULTIPLE : 0);
	CHECK(!n, "V capability at %#x, enabled: moved by %u of %u writes, expected 0", self->at, n,
	      WRITES);
	if (msi)
		judge_enable(_metadata, self);
	n = moved(self, variant, 0);
	CHECK(!n, "V capability at %#x: %u bytes are not as before, expected 0", self->at, n);
	n = tenant_send(&self->p.user, 0, ARRIVE_LIMIT);
	CHECK(n == 1, "LI its message afterwards: came %u times, expected 1", n);
}

static void judge_disintx(struct __test_metadata *_metadata, const char *bdf, const char *when)
{
	int set = message_disintx(bdf);

	CHECK(set == 1, "V DisINTx %s (%s): %d, expected 1", when, bdf, set);
}

/* Where the kernel enables messages it sets DisINTx (pci_intx_for_msi), for a driver of its own as for a user. */
TEST_F_TIMEOUT(function, disintx, CASE_SECONDS)
{
	const char *bdf = self->p.user.v.bdf;
	char why[TENANT_WHY];

	TAKE(party_host(&self->p, why), why);
	TAKE(party_listen(&self->p, 0, why), why);
	judge_disintx(_metadata, self->p.host->bdf, "with messages of the host's own driver");
	judge_disintx(_metadata, bdf, "with messages of a user");
	vfio_command(&self->p.user.v, 0, PCI_COMMAND_DISINTX);
	judge_disintx(_metadata, bdf, "with messages of a user who has cleared it");
}

FIXTURE(table)
{
	struct party p;
};

FIXTURE_SETUP(table)
{
	char why[TAKE_WHY];

	TAKE(party_begin(&self->p, why), why);
	TAKE(party_user(&self->p, "e1000e", why), why);
	TAKE(party_listen(&self->p, 0, why), why);
}

FIXTURE_TEARDOWN(table)
{
	const char *wrong = party_end(&self->p);

	REQUIRE(!wrong, "%s", wrong);
}

/* Through the file the table is not there: what is read is all ones, what is written is lost. */
TEST_F_TIMEOUT(table, file, CASE_SECONDS)
{
	const struct tenant *u = &self->p.user;
	unsigned int read = 0, moved = 0;

	for (unsigned int i = 0; i < u->n; i++) {
		struct message before = table_read(&self->p.table, i), now;

		for (unsigned int word = 0; word < TABLE_WORDS; word++) {
			read += table_file_read(u, &self->p.table, i, word) != ~0u;
			table_file_write(u, &self->p.table, i, word, ~before.data);
		}
		now = table_read(&self->p.table, i);
		moved += now.address != before.address || now.data != before.data;
	}
	CHECK(!read, "V the table read through the file: %u words, expected none", read);
	CHECK(!moved, "V the table written through the file: %u of %u entries moved, expected 0",
	      moved, u->n);
	for (unsigned int i = 0; i < u->n; i++)
		CHECK(tenant_send(&self->p.user, i, ARRIVE_LIMIT) == 1,
		      "LI message %u afterwards comes once", i);
}

FIXTURE(user)
{
	struct party p;
};

FIXTURE_SETUP(user)
{
	char why[TAKE_WHY];

	TAKE(party_begin(&self->p, why), why);
	TAKE(party_user(&self->p, "edu", why), why);
}

FIXTURE_TEARDOWN(user)
{
	const char *wrong = party_end(&self->p);

	REQUIRE(!wrong, "%s", wrong);
}

/* Nothing may be mapped where messages go: no device of anybody could tell it from one. */
TEST_F_TIMEOUT(user, window, CASE_SECONDS)
{
	static const struct {
		uint64_t iova, pages;
		bool good;
	} maps[] = {
		{ 0xfee00000, 1, false },     { 0xfeeff000, 1, false },
		{ 0xfee80000, 1, false },     { 0xfedff000, 2, false },
		{ 0xfeeff000, 2, false },     { 0xfedf0000, 0x120, false },
		{ 0xfee00000, 0x100, false }, { 0xfedff000, 1, true },
		{ 0xfef00000, 1, true },
	};
	const struct vfio_device *v = &self->p.user.v;
	long page = sysconf(_SC_PAGESIZE);
	void *memory = mmap(NULL, (size_t)(0x120 * page), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(memory != MAP_FAILED, "no memory");
	for (unsigned int i = 0; i < sizeof(maps) / sizeof(*maps); i++) {
		uint64_t bytes = maps[i].pages * (uint64_t)page;
		int rc = vfio_dma_map(v, memory, maps[i].iova, bytes);

		CHECK(rc == (maps[i].good ? 0 : -EINVAL),
		      "V DMA memory at %llx, %llu pages: %d, expected %d",
		      (unsigned long long)maps[i].iova, (unsigned long long)maps[i].pages, rc,
		      maps[i].good ? 0 : -EINVAL);
		if (!rc)
			vfio_dma_unmap(v, maps[i].iova, bytes);
	}
	munmap(memory, (size_t)(0x120 * page));
}

/* Where nothing remaps messages a user is let in by allow_unsafe_interrupts alone. */
TEST_F_TIMEOUT(user, refused, CASE_SECONDS)
{
	const struct case_device *device = devices_at(&self->p.devices, self->p.user.v.bdf);
	char why[TENANT_WHY] = "";
	int rc;

	REQUIRE(device, "%s is not listed", self->p.user.v.bdf);
	tenant_close(&self->p.user);
	REQUIRE(party_let_in(false) == 0, "allow_unsafe_interrupts cannot be cleared");
	rc = tenant_open(&self->p.user, device, why);
	CHECK(rc == -EPERM, "V a user without remapping of interrupts: %d, expected %d", rc,
	      -EPERM);
	CHECK(why[0] && !strchr(why, '\n'), "HC it says in one line: %s", why);
	tenant_close(&self->p.user);
	REQUIRE(party_let_in(true) == 0, "allow_unsafe_interrupts cannot be set");
	rc = tenant_open(&self->p.user, device, why);
	CHECK(!rc, "HC with allow_unsafe_interrupts: %d, expected 0", rc);
}

CASE_MAIN
