// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: a user that dies leaves messages enabled; vfio_msi_disable() takes them from the device and gives vectors
 * and remapping entries back. Survival proves that nothing of them stays, fifty lives later either.
 */
#include <dirent.h>
#include <stdlib.h>

#include "host/case/judge.h"
#include "host/case/offender.h"
#include "host/pci/interrupts.h"
#include "host/probe/file.h"

#define BEFORE	    (300 * NS_PER_MS)
#define DURING	    (500 * NS_PER_MS)
#define AFTER	    (300 * NS_PER_MS)
#define FAULT_LIMIT (5 * NS_PER_S)
#define LIVES	    50u

/*
 * What may be missing of the machine's memory after all lives: slabs and per-CPU lists fill up, some 400 KiB were seen
 * to come and go; a leak of one page a life would be 200.
 */
#define MEMORY_SLACK_KIB 2048

FIXTURE(message)
{
	struct shared_line l;
	struct domain d;
};

FIXTURE_VARIANT(message)
{
	struct offender o;
};

FIXTURE_VARIANT_ADD(message, edu_msi){ .o = { "edu", 0, &domain_process, IRQ_MSI } };
FIXTURE_VARIANT_ADD(message, e1000e_msi){ .o = { "e1000e", 0, &domain_process, IRQ_MSI } };
FIXTURE_VARIANT_ADD(message, e1000e_msix){ .o = { "e1000e", 0, &domain_process, IRQ_MSIX } };
FIXTURE_VARIANT_ADD(message, bridged_intx){ .o = { "edu", 1, &domain_process, IRQ_INTX } };

FIXTURE_SETUP(message)
{
	char why[TAKE_WHY];

	TAKE(shared_take(&self->l, variant->o.model, variant->o.index, why), why);
	TAKE(shared_up(&self->l, LOAD_SATA, false, why), why);
}

FIXTURE_TEARDOWN(message)
{
	const char *wrong = shared_down(&self->l);

	REQUIRE(!wrong, "%s", wrong);
}

/* Interrupts that VFIO has, on whatever vector. */
static unsigned int vfio_interrupts(void)
{
	struct interrupts all = { 0 };
	unsigned int n = 0;

	if (interrupts_read("", &all))
		return ~0u;
	for (unsigned int i = 0; i < all.rows; i++)
		n += strstr(all.row[i].actions, "vfio-") != NULL;
	interrupts_free(&all);
	return n;
}

static unsigned int numbers(void)
{
	unsigned int n = 0;
	DIR *dir = opendir("/sys/kernel/irq");

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

static long free_kib(void)
{
	char text[4096];
	const char *at;

	if (file_read("/proc/meminfo", text, sizeof(text)) < 0)
		return 0;
	at = strstr(text, "MemAvailable:");
	return at ? strtol(at + strlen("MemAvailable:"), NULL, 10) : 0;
}

/* Return: is its process gone? */
static bool live_and_die(FIXTURE_DATA(message) * self, const FIXTURE_VARIANT(message) * variant)
{
	char why[TAKE_WHY] = "";
	int rc;

	rc = offender_start(&self->l, &variant->o, &self->d, why) == TAKEN ? 0 : -1;
	REQUIRE(!rc, "%s", why);
	rc = domain_fault(&self->d, FAULT_MASK, FAULT_LIMIT);
	REQUIRE(!rc, "the fault does not stand: %d", rc);
	shared_struck(&self->l);
	rc = domain_kill(&self->d);
	domain_free(&self->d);
	return !rc;
}

TEST_F_TIMEOUT(message, pending, CASE_SECONDS)
{
	unsigned int before = numbers();

	shared_window(&self->l, WINDOW_BEFORE, BEFORE);
	CHECK(live_and_die(self, variant), "HC the domain's process is gone after SIGKILL");
	CHECK(vfio_interrupts() == 0, "L interrupts that VFIO still has: %u, expected 0",
	      vfio_interrupts());
	CHECK(numbers() == before, "L interrupt numbers of the kernel: %u, were %u", numbers(),
	      before);
	shared_window(&self->l, WINDOW_DURING, DURING);
	shared_window(&self->l, WINDOW_AFTER, AFTER);
	for (enum window w = WINDOW_BEFORE; w < WINDOWS; w++)
		shared_judge(_metadata, &self->l, w, &SHARED_HEALTHY);
	shared_judge_log(_metadata, &self->l);
}

TEST_F_TIMEOUT(message, rebirth, CASE_SECONDS)
{
	unsigned int before, done = 0;
	long kib;

	live_and_die(self, variant); /* what the first one fills stays filled */
	before = numbers();
	kib = free_kib();
	while (done < LIVES && live_and_die(self, variant))
		done++;
	kib -= free_kib();
	case_data("lives=%u numbers=%u memory_kib=%ld", done, numbers(), kib);
	CHECK(done == LIVES, "L lives of %u: %u", LIVES, done);
	CHECK(vfio_interrupts() == 0, "L interrupts that VFIO still has: %u, expected 0",
	      vfio_interrupts());
	CHECK(numbers() == before, "L interrupt numbers of the kernel: %u, were %u", numbers(),
	      before);
	CHECK(kib <= MEMORY_SLACK_KIB, "L memory that is gone: %ld KiB, at most %d", kib,
	      MEMORY_SLACK_KIB);
	shared_window(&self->l, WINDOW_AFTER, AFTER);
	shared_judge(_metadata, &self->l, WINDOW_AFTER, &SHARED_HEALTHY);
	shared_judge_log(_metadata, &self->l);
}

CASE_MAIN
