// SPDX-License-Identifier: GPL-2.0-only
/* The way to a function's file: its IOMMU group, a container, and what can be wrong with them. */
#include "host/vfio/group.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "host/pci/sysfs.h"

#define CONTAINER "/dev/vfio/vfio"
#define GROUPS	  "/sys/kernel/iommu_groups"

#define FAIL(rc, ...) (snprintf(error, size, __VA_ARGS__), (rc))

static int find_group(struct vfio_device *v, char *error, size_t size)
{
	char path[SYSFS_PATH], name[16];
	unsigned int number;
	char more;

	sysfs_path(path, "/sys/bus/pci/devices/%s", v->bdf);
	if (access(path, F_OK))
		return FAIL(-ENODEV, "%s: no such PCI function; lspci -D lists what there is",
			    v->bdf);
	sysfs_path(path, "/sys/bus/pci/devices/%s/iommu_group", v->bdf);
	if (sysfs_link(path, name, sizeof(name)) < 0 || sscanf(name, "%9u%c", &number, &more) != 1)
		return FAIL(-ENOENT,
			    "%s: no IOMMU group; boot with intel_iommu=on or amd_iommu=on on a "
			    "board that has one",
			    v->bdf);
	v->group_number = number;
	return 0;
}

/* The first function of the group that another driver than vfio-pci or a bridge's has. */
static bool find_stranger(const struct vfio_device *v, struct bdf *bdf, char *driver, size_t room)
{
	char path[SYSFS_PATH];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	sysfs_path(path, GROUPS "/%u/devices", v->group_number);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		if (!bdf_parse(entry->d_name, bdf))
			continue;
		sysfs_path(path, GROUPS "/%u/devices/%s/driver", v->group_number, entry->d_name);
		found = sysfs_link(path, driver, room) > 0 && strcmp(driver, "vfio-pci") &&
			strcmp(driver, "pcieport");
	}
	if (dir)
		closedir(dir);
	return found;
}

static int open_group(struct vfio_device *v, char *error, size_t size)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[64], name[BDF_SIZE], driver[64];
	struct bdf stranger;

	snprintf(path, sizeof(path), "/dev/vfio/%u", v->group_number);
	v->group = open(path, O_RDWR | O_CLOEXEC);
	if (v->group < 0 && errno == ENOENT)
		return FAIL(-ENOENT, "%s: %s is not there; bind the function to vfio-pci", v->bdf,
			    path);
	if (v->group < 0 && errno == EBUSY)
		return FAIL(-EBUSY, "%s: group %u is in use; end the process that has %s open",
			    v->bdf, v->group_number, path);
	if (v->group < 0)
		return FAIL(-errno, "%s: %s: %m", v->bdf, path);
	if (ioctl(v->group, VFIO_GROUP_GET_STATUS, &status))
		return FAIL(-errno, "%s: VFIO_GROUP_GET_STATUS of group %u: %m", v->bdf,
			    v->group_number);
	if (status.flags & VFIO_GROUP_FLAGS_VIABLE)
		return 0;
	if (!find_stranger(v, &stranger, driver, sizeof(driver)))
		return FAIL(-EBUSY, "%s: group %u is not viable; see " GROUPS "/%u/devices", v->bdf,
			    v->group_number, v->group_number);
	bdf_format(&stranger, name);
	return FAIL(-EBUSY, "%s: %s of the same group %u has driver %s; bind it to vfio-pci too",
		    v->bdf, name, v->group_number, driver);
}

static int open_container(struct vfio_device *v, char *error, size_t size)
{
	int version;

	v->container = open(CONTAINER, O_RDWR | O_CLOEXEC);
	if (v->container < 0 && (errno == ENOENT || errno == ENODEV))
		return FAIL(-ENOENT,
			    "%s: " CONTAINER ": %m; modprobe vfio-pci, or the kernel has "
			    "no VFIO",
			    v->bdf);
	if (v->container < 0)
		return FAIL(-errno, "%s: " CONTAINER ": %m", v->bdf);
	version = ioctl(v->container, VFIO_GET_API_VERSION);
	if (version != VFIO_API_VERSION)
		return FAIL(-EPROTO, "%s: VFIO version %d, %d is known here", v->bdf, version,
			    VFIO_API_VERSION);
	if (ioctl(v->container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) != 1)
		return FAIL(-ENOENT, "%s: no type1 IOMMU; modprobe vfio_iommu_type1", v->bdf);
	return 0;
}

static int join(struct vfio_device *v, char *error, size_t size)
{
	if (ioctl(v->group, VFIO_GROUP_SET_CONTAINER, &v->container))
		return FAIL(-errno, "%s: VFIO_GROUP_SET_CONTAINER of group %u: %m", v->bdf,
			    v->group_number);
	if (!ioctl(v->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return 0;
	if (errno == EPERM)
		return FAIL(-EPERM,
			    "%s: the IOMMU does not remap interrupts; "
			    "vfio_iommu_type1.allow_unsafe_interrupts=1 permits that",
			    v->bdf);
	return FAIL(-errno, "%s: VFIO_SET_IOMMU type1: %m", v->bdf);
}

int vfio_open_group(struct vfio_device *v, char *error, size_t size)
{
	int rc = find_group(v, error, size);

	if (!rc)
		rc = open_container(v, error, size);
	if (!rc)
		rc = open_group(v, error, size);
	if (!rc)
		rc = join(v, error, size);
	if (rc)
		return rc;
	v->device = ioctl(v->group, VFIO_GROUP_GET_DEVICE_FD, v->bdf);
	if (v->device < 0)
		return FAIL(-errno,
			    "%s: VFIO_GROUP_GET_DEVICE_FD of group %u: %m; is it bound to "
			    "vfio-pci?",
			    v->bdf, v->group_number);
	return 0;
}
