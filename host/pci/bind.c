// SPDX-License-Identifier: GPL-2.0-only
#include "host/pci/bind.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/pci/inventory.h"
#include "host/pci/state.h"
#include "host/pci/sysfs.h"

#define VFIO_DRIVER	 "vfio-pci"
#define RESTORE_ATTEMPTS 3
#define NO_ADDRESS	 "is no address such as 0000:6a:01.0"
/* Of a NIC's or a disk's driver to begin or end; firmware of some takes seconds. */
#define DRIVER_MS 30000
/* For attributes that are written under the device's lock. */
#define LOCK_MS 5000

/* Where one function is, and where to say what is wrong. */
struct job {
	const char *root, *bdf;
	char *error;
	size_t size;
};

__attribute__((format(printf, 3, 4))) static int fail(const struct job *job, int result,
						      const char *format, ...)
{
	va_list arguments;
	int n = snprintf(job->error, job->size, "%s: ", job->bdf);

	va_start(arguments, format);
	if (n >= 0 && (size_t)n < job->size)
		(void)vsnprintf(job->error + n, job->size - (size_t)n, format, arguments);
	va_end(arguments);
	return result;
}

static void device_path(const struct job *job, const char *name, char path[SYSFS_PATH])
{
	(void)sysfs_path(path, "%s/sys/bus/pci/devices/%s/%s", job->root, job->bdf, name);
}

/* The driver that has the function now; empty: none. */
static void driver_now(const struct job *job, char driver[PCI_NAME])
{
	char path[SYSFS_PATH];

	device_path(job, "driver", path);
	(void)sysfs_link(path, driver, PCI_NAME);
}

/*
 * Drivers that let VFIO use the rest of their group: they promise to do no DMA
 * (.driver_managed_dma in Linux 6.1).
 */
static bool harmless(const char *driver)
{
	return !driver[0] || !strcmp(driver, VFIO_DRIVER) || !strcmp(driver, "pci-stub") ||
	       !strcmp(driver, "pcieport");
}

static int set_override(const struct job *job, const char *driver)
{
	char path[SYSFS_PATH];
	int result;

	device_path(job, "driver_override", path);
	/* A newline alone clears it (driver_set_override()). */
	result = sysfs_write_within(path, driver[0] ? driver : "\n", LOCK_MS);
	return result ? fail(job, result, "cannot write driver_override: %s", strerror(-result))
		      : 0;
}

/* Write the function's address to a file of a driver, for as long as that may take. */
static int tell_driver(const struct job *job, const char *driver, const char *file)
{
	char path[SYSFS_PATH];
	int result;

	(void)sysfs_path(path, "%s/sys/bus/pci/drivers/%s/%s", job->root, driver, file);
	result = sysfs_write_within(path, job->bdf, DRIVER_MS);
	if (result == -ETIMEDOUT)
		return fail(job, result, "%s of %s has not returned for %d s: who has it open?",
			    file, driver, DRIVER_MS / 1000);
	if (result == -ENOENT)
		return fail(job, -ENODEV, "no driver %s any more: load its module", driver);
	return result ? fail(job, result, "%s refuses to %s it: %s; see dmesg", driver, file,
			     strerror(-result))
		      : 0;
}

/* A process that has @file open; 0: none. */
static long who_has(const struct job *job, const char *file, char *name, size_t size)
{
	char path[SYSFS_PATH], target[64];
	struct dirent *process, *fd;
	long found = 0;
	DIR *all, *one;

	(void)sysfs_path(path, "%s/proc", job->root);
	all = opendir(path);
	while (all && !found && (process = readdir(all))) {
		if (!isdigit((unsigned char)process->d_name[0]))
			continue;
		(void)sysfs_path(path, "%s/proc/%s/fd", job->root, process->d_name);
		one = opendir(path);
		while (one && !found && (fd = readdir(one))) {
			ssize_t n;

			(void)sysfs_path(path, "%s/proc/%s/fd/%s", job->root, process->d_name,
					 fd->d_name);
			n = readlink(path, target, sizeof(target) - 1);
			if (n > 0 && (target[n] = '\0', !strcmp(target, file)))
				found = strtol(process->d_name, NULL, 10);
		}
		if (one)
			closedir(one);
	}
	if (all)
		closedir(all);
	(void)sysfs_path(path, "%s/proc/%ld/comm", job->root, found);
	if (found)
		(void)sysfs_read(path, name, size);
	return found;
}

/* vfio-pci waits for whoever has the function open: it is said who that is. */
static int not_open(const struct job *job)
{
	char path[SYSFS_PATH], group[16], file[32], name[32];
	long process;

	device_path(job, "iommu_group", path);
	if (sysfs_link(path, group, sizeof(group)) <= 0)
		return 0;
	(void)snprintf(file, sizeof(file), "/dev/vfio/%s", group);
	process = who_has(job, file, name, sizeof(name));
	return process ? fail(job, -EBUSY, "process %ld (%s) has %s open: end it first", process,
			      name, file)
		       : 0;
}

/* The rest of a function's state, once no driver or its own has it again. */
static void restore_power(const struct job *job, const struct pci_state *state, const char *driver)
{
	char path[SYSFS_PATH], now[8];

	device_path(job, "power/control", path);
	if (state->power_control[0] && sysfs_read(path, now, sizeof(now)) > 0 &&
	    strcmp(now, state->power_control))
		(void)sysfs_write_within(path, state->power_control, LOCK_MS);
	device_path(job, "enable", path);
	/* The kernel counts; with a driver that is the driver's business. */
	while (!driver[0] && sysfs_number(path, state->enabled) > (long)state->enabled)
		if (sysfs_write_within(path, "0", LOCK_MS))
			break;
	while (!driver[0] && sysfs_number(path, state->enabled) < (long)state->enabled)
		if (sysfs_write_within(path, "1", LOCK_MS))
			break;
}

/* From vfio-pci, or from nobody, back to what @state says. */
static int restore_driver(const struct job *job, const struct pci_state *state)
{
	char driver[PCI_NAME];
	int result;

	driver_now(job, driver);
	if (driver[0] && strcmp(driver, VFIO_DRIVER) && strcmp(driver, state->driver))
		return fail(job, -EBUSY, "%s has it by now, not %s: unbind it by hand", driver,
			    VFIO_DRIVER);
	if (!strcmp(driver, state->driver))
		return 0;
	if (driver[0]) {
		result = not_open(job);
		if (!result)
			result = tell_driver(job, driver, "unbind");
		if (result)
			return result;
	}
	if (!state->driver[0])
		return 0;
	/* A driver takes a function that has an override of another name only by its own. */
	result = set_override(job, state->driver_override[0] ? state->driver : "");
	return result ? result : tell_driver(job, state->driver, "bind");
}

static int restore(const struct job *job, const struct pci_state *state)
{
	char path[SYSFS_PATH], driver[PCI_NAME] = "";
	int result = 0;

	device_path(job, "", path);
	if (access(path, F_OK))
		return fail(job, -ENODEV, "is not there any more; its state was: driver \"%s\"",
			    state->driver);
	/*
	 * Whoever was killed may have left an unbind in the kernel. The override is
	 * written under the device's lock, behind it: what the driver is now, it stays.
	 */
	for (unsigned int i = 0; i < RESTORE_ATTEMPTS; i++) {
		result = restore_driver(job, state);
		if (!result)
			result = set_override(job, state->driver_override);
		driver_now(job, driver);
		if (result || !strcmp(driver, state->driver))
			break;
	}
	if (!result && strcmp(driver, state->driver))
		result = fail(job, -EIO, "driver is \"%s\" and was \"%s\"", driver, state->driver);
	if (!result)
		restore_power(job, state, driver);
	return result;
}

int bind_give_back(const char *root, const char *bdf, char *error, size_t size)
{
	struct job job = { root, bdf, error, size };
	struct pci_state state;
	char name[BDF_SIZE];
	struct bdf at;
	int result;

	if (!bdf_parse(bdf, &at))
		return fail(&job, -EINVAL, NO_ADDRESS);
	bdf_format(&at, name);
	job.bdf = name;
	result = state_load(root, name, &state, error, size);
	if (!result)
		result = restore(&job, &state);
	return result ? result : state_drop(root, name);
}

int bind_give_back_all(const char *root,
		       void (*tell)(void *ctx, const char *bdf, int result, const char *error),
		       void *ctx)
{
	char bdf[4 * BIND_SET][BDF_SIZE];
	unsigned int count = state_list(root, bdf, 4 * BIND_SET);
	int first = 0;

	for (unsigned int i = 0; i < count; i++) {
		char error[256] = "";
		int result = bind_give_back(root, bdf[i], error, sizeof(error));

		if (tell)
			tell(ctx, bdf[i], result, error);
		first = first ? first : result;
	}
	return first;
}

/* A set that is to be taken, and the machine around it. */
struct set {
	const char *root;
	struct inventory inventory;
	const struct pci_function *function[BIND_SET];
	unsigned int count;
	char *error;
	size_t size;
};

static struct job job_of(const struct set *set, unsigned int i)
{
	return (struct job){ set->root, set->function[i]->bdf, set->error, set->size };
}

static bool in_set(const struct set *set, const struct pci_function *function)
{
	for (unsigned int i = 0; i < set->count; i++)
		if (set->function[i] == function)
			return true;
	return false;
}

static int take_names(struct set *set, const char *const *bdf, unsigned int count)
{
	if (!count || count > BIND_SET) {
		(void)snprintf(set->error, set->size, "%u functions: name 1 to %d", count,
			       BIND_SET);
		return -EINVAL;
	}
	for (unsigned int i = 0; i < count; i++) {
		const struct pci_function *f = inventory_find(&set->inventory, bdf[i]);
		struct job job = { set->root, bdf[i], set->error, set->size };
		struct bdf at;

		if (!bdf_parse(bdf[i], &at))
			return fail(&job, -EINVAL, NO_ADDRESS);
		if (!f)
			return fail(&job, -ENODEV,
				    "there is no such function: see `lifeline pci list`");
		if (in_set(set, f))
			return fail(&job, -EINVAL, "is named twice");
		set->function[set->count++] = f;
	}
	return 0;
}

/* Every member of the group that is not of the set must be harmless. */
static int check_group(const struct set *set, unsigned int i)
{
	const struct pci_function *f = set->function[i];
	struct job job = job_of(set, i);

	for (unsigned int n = 0; n < set->inventory.count; n++) {
		const struct pci_function *other = &set->inventory.function[n];

		if (other->group == f->group && !in_set(set, other) && !harmless(other->driver))
			return fail(&job, -EBUSY, "%s in its IOMMU group %d is %s's: name it, too",
				    other->bdf, f->group, other->driver);
	}
	return 0;
}

static int check(const struct set *set, unsigned int i)
{
	const struct pci_function *f = set->function[i];
	struct job job = job_of(set, i);

	/* vfio_pci_core_register_device() refuses other headers. */
	if (f->config.header)
		return fail(&job, -EINVAL, "is a bridge: VFIO takes none");
	if (f->in_use[0])
		return fail(&job, -EBUSY, "this machine needs it: %s", f->in_use);
	if (f->locked)
		return fail(&job, -ETIMEDOUT, "a driver is being bound or unbound, and hangs");
	if (f->group < 0)
		return fail(&job, BIND_SKIP,
			    "has no IOMMU group: boot with intel_iommu=on or amd_iommu=on, and "
			    "switch the IOMMU on in the firmware");
	return check_group(set, i);
}

static int check_driver(const struct set *set)
{
	char path[SYSFS_PATH];

	(void)sysfs_path(path, "%s/sys/bus/pci/drivers/" VFIO_DRIVER, set->root);
	if (!access(path, F_OK))
		return 0;
	(void)snprintf(set->error, set->size,
		       "no %s: load the module vfio-pci, or use a kernel with CONFIG_VFIO_PCI",
		       path);
	return BIND_SKIP;
}

static int take_state(const struct job *job, const struct pci_function *f)
{
	struct pci_state state = { .enabled = (unsigned int)f->enabled };
	char path[SYSFS_PATH];

	memcpy(state.bdf, f->bdf, sizeof(state.bdf));
	memcpy(state.driver, f->driver, sizeof(state.driver));
	memcpy(state.driver_override, f->driver_override, sizeof(state.driver_override));
	device_path(job, "power/control", path);
	(void)sysfs_read(path, state.power_control, sizeof(state.power_control));
	return state_save(job->root, &state, job->error, job->size);
}

/* Return: 1: taken; 0: it was already; an error: as it was. */
static int take_one(const struct set *set, unsigned int i)
{
	const struct pci_function *f = set->function[i];
	struct job job = job_of(set, i);
	char spare[256], driver[PCI_NAME];
	struct pci_state state;
	int result;

	if (!strcmp(f->driver, VFIO_DRIVER) &&
	    !state_load(set->root, f->bdf, &state, spare, sizeof(spare)))
		return 0;
	result = take_state(&job, f);
	if (result)
		return result;
	result = set_override(&job, VFIO_DRIVER);
	if (!result && f->driver[0] && strcmp(f->driver, VFIO_DRIVER))
		result = tell_driver(&job, f->driver, "unbind");
	if (!result && strcmp(f->driver, VFIO_DRIVER))
		result = tell_driver(&job, VFIO_DRIVER, "bind");
	driver_now(&job, driver);
	if (!result && strcmp(driver, VFIO_DRIVER))
		result = fail(&job, -EIO, "driver is \"%s\" and should be " VFIO_DRIVER, driver);
	if (!result)
		return 1;
	if (bind_give_back(set->root, f->bdf, spare, sizeof(spare))) {
		size_t n = strlen(set->error);

		(void)snprintf(set->error + n, set->size - n, "; not given back: %s", spare);
	}
	return result;
}

static int take_all(const struct set *set)
{
	bool taken[BIND_SET] = { false };
	char spare[256];

	for (unsigned int i = 0; i < set->count; i++) {
		int result = take_one(set, i);

		taken[i] = result > 0;
		if (result >= 0)
			continue;
		while (i--)
			if (taken[i])
				(void)bind_give_back(set->root, set->function[i]->bdf, spare,
						     sizeof(spare));
		return result;
	}
	return 0;
}

int bind_take(const char *root, const char *const *bdf, unsigned int count, char *error,
	      size_t size)
{
	struct set set = { .root = root, .error = error, .size = size };
	int result = inventory_read(root, &set.inventory, error, size);

	if (result)
		return result;
	result = take_names(&set, bdf, count);
	if (!result)
		result = check_driver(&set);
	for (unsigned int i = 0; !result && i < set.count; i++)
		result = check(&set, i);
	if (!result)
		result = take_all(&set);
	inventory_free(&set.inventory);
	return result;
}
