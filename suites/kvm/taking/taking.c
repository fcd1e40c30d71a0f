// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: functions are taken from the host by driver_override and given back from a file that says how they
 * were (host/pci/bind.h); VFIO itself lets nobody have a group that is not one user's alone. Survival proves that what must
 * not be taken is refused in one line, and that what was taken comes back, whoever was killed in between.
 */
#include <errno.h>
#include <sys/wait.h>

#include "host/case/harness.h"
#include "host/domain/image.h"
#include "host/pci/bind.h"
#include "host/pci/inventory.h"
#include "host/pci/module.h"
#include "host/pci/sysfs.h"
#include "host/vfio/vfio.h"

#define NAME   64
#define MODULE "lifeline_stuck.ko"

/* Driver of a function; "" if it has none. */
static const char *driver_of(const char *bdf)
{
	static char name[NAME];
	char path[SYSFS_PATH];

	sysfs_path(path, "/sys/bus/pci/devices/%s/driver", bdf);
	if (sysfs_link(path, name, sizeof(name)) < 0)
		name[0] = '\0';
	return name;
}

/* Whoever is refused has its driver as before, and the reason is one line that has @word in it. */
static void refuse(struct __test_metadata *_metadata, const char *bdf, int expected,
		   const char *word)
{
	char why[TAKE_WHY] = "", before[NAME];
	int rc;

	snprintf(before, sizeof(before), "%s", driver_of(bdf));
	rc = bind_take("", &bdf, 1, why, sizeof(why));
	CHECK(rc == expected, "HC taking %s: %d, expected %d", bdf, rc, expected);
	CHECK(strstr(why, word) && !strchr(why, '\n'), "HC it says in one line: %s", why);
	CHECK(!strcmp(before, driver_of(bdf)), "L its driver: %s, was %s", driver_of(bdf), before);
}

FIXTURE(function)
{
	struct case_devices all;
	const struct case_device *device;
};

FIXTURE_SETUP(function)
{
	char why[TAKE_WHY];

	TAKE(case_devices(&self->all, why), why);
	self->device = devices_find(&self->all, "e1000", 0);
	if (!self->device)
		SKIP(_exit(255), "no e1000 in LIFELINE_DEVICES");
}

FIXTURE_TEARDOWN(function)
{
	const char *wrong = case_give_back();

	REQUIRE(!wrong, "%s", wrong);
}

TEST_F(function, absent)
{
	refuse(_metadata, "0000:ff:1f.7", -ENODEV, "0000:ff:1f.7");
}

/* What this machine's files are on. */
TEST_F(function, in_use)
{
	struct inventory all = { 0 };
	char why[TAKE_WHY], bdf[BDF_SIZE] = "";

	REQUIRE(!inventory_read("", &all, why, sizeof(why)), "%s", why);
	for (unsigned int i = 0; i < all.count && !bdf[0]; i++)
		if (strstr(all.function[i].in_use, "mounted"))
			snprintf(bdf, sizeof(bdf), "%s", all.function[i].bdf);
	inventory_free(&all);
	if (!bdf[0])
		SKIP(return, "nothing is mounted from a PCI device");
	refuse(_metadata, bdf, -EBUSY, "mounted");
}

/* A NIC of the host's in one group with its USB controllers. */
TEST_F(function, foreign)
{
	const struct case_device *host = NULL;

	for (unsigned int i = 0; i < self->all.n && !host; i++)
		if (self->all.device[i].host && self->all.device[i].port)
			host = &self->all.device[i];
	if (!host)
		SKIP(return, "no NIC of the host's in LIFELINE_DEVICES");
	refuse(_metadata, host->bdf, -EBUSY, "group");
}

TEST_F(function, twice)
{
	const char *bdf = self->device->bdf;
	char why[TAKE_WHY];

	for (int i = 0; i < 2; i++)
		CHECK(!bind_take("", &bdf, 1, why, sizeof(why)), "HC taken for the %d. time",
		      i + 1);
	CHECK(!strcmp(driver_of(bdf), "vfio-pci"), "L its driver: %s", driver_of(bdf));
	CHECK(!case_give_back() && !strcmp(driver_of(bdf), "e1000"), "L given back to: %s",
	      driver_of(bdf));
}

/* The taker is killed at once; whoever comes next gives back. */
TEST_F(function, killed)
{
	const char *bdf = self->device->bdf;
	char why[TAKE_WHY];
	pid_t child = fork();

	if (!child) {
		bind_take("", &bdf, 1, why, sizeof(why));
		kill(getpid(), SIGKILL);
	}
	waitpid(child, NULL, 0);
	CHECK(!strcmp(driver_of(bdf), "vfio-pci"), "L its driver while nobody has it: %s",
	      driver_of(bdf));
	CHECK(!case_give_back() && !strcmp(driver_of(bdf), "e1000"), "L given back to: %s",
	      driver_of(bdf));
}

/* Somebody has the group open. */
TEST_F(function, busy)
{
	const char *bdf = self->device->bdf;
	struct vfio_device mine, other;
	char why[TAKE_WHY] = "";
	int rc;

	REQUIRE(!bind_take("", &bdf, 1, why, sizeof(why)), "%s", why);
	REQUIRE(!vfio_open(&mine, bdf, why, sizeof(why)), "%s", why);
	rc = vfio_open(&other, bdf, why, sizeof(why));
	CHECK(rc == -EBUSY, "X a second user of %s: %d, expected %d", bdf, rc, -EBUSY);
	CHECK(why[0] && !strchr(why, '\n'), "HC it says in one line: %s", why);
	vfio_close(&mine);
	CHECK(!case_give_back() && !strcmp(driver_of(bdf), "e1000"), "L given back to: %s",
	      driver_of(bdf));
}

/* A copy of our module that says it is of another kernel. */
static bool write_foreign(const char *from, const char *to)
{
	static char image[1 << 20];
	FILE *f = fopen(from, "re");
	size_t n = f ? fread(image, 1, sizeof(image), f) : 0;
	char *at = n ? memmem(image, n, "vermagic=", 9) : NULL;

	if (f)
		fclose(f);
	if (!at)
		return false;
	at[9] = '0';
	/* With symbol versions the release is not compared: the rest of the text is. */
	at = memmem(at, n - (size_t)(at - image), "SMP", 3);
	if (!at)
		return false;
	memcpy(at, "UP ", 3);
	f = fopen(to, "we");
	if (!f || fwrite(image, 1, n, f) != n)
		return false;
	return !fclose(f);
}

TEST_F(function, module)
{
	char why[TAKE_WHY] = "";
	int rc;

	if (!write_foreign(domain_beside(MODULE), "/tmp/" MODULE))
		SKIP(return, "no " MODULE " beside this program");
	rc = module_load("/tmp/" MODULE, "", why, sizeof(why));
	CHECK(rc == -ENOEXEC, "HC a module of another kernel: %d, expected %d", rc, -ENOEXEC);
	CHECK(strstr(why, "built for") && !strchr(why, '\n'), "HC it says in one line: %s", why);
}

/* On a machine without IOMMU, or with it off: not an error, a need that is absent. */
TEST_F(function, no_iommu)
{
	if (!access("/sys/kernel/iommu_groups/0", F_OK))
		SKIP(return, "this machine has an IOMMU");
	refuse(_metadata, self->device->bdf, BIND_SKIP, "IOMMU");
}

CASE_MAIN
