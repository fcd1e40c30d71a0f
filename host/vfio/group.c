// SPDX-License-Identifier: GPL-2.0-only
/* The way to a function's file: its IOMMU group, a container, and what can be wrong with them. */
#include "host/vfio/group.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CONTAINER "/dev/vfio/vfio"
#define GROUPS	  "/sys/kernel/iommu_groups"

#define FAIL(rc, ...) (snprintf(error, size, __VA_ARGS__), (rc))

bool vfio_is_bdf(const char *text)
{
	static const char form[] = "xxxx:xx:xx.7";
	size_t i;

	for (i = 0; form[i]; i++) {
		if (form[i] == 'x'   ? !strchr("0123456789abcdef", text[i]) || !text[i]
		    : form[i] == '7' ? text[i] < '0' || text[i] > '7'
				     : text[i] != form[i])
			return false;
	}
	return !text[i];
}

bool vfio_parse_group(const char *link, unsigned int *number)
{
	const char *last = strrchr(link, '/');
	unsigned long n;
	char *end;

	if (!last || last[1] < '0' || last[1] > '9')
		return false;
	n = strtoul(last + 1, &end, 10);
	if (*end || n > INT_MAX)
		return false;
	*number = (unsigned int)n;
	return true;
}

/* The last component of what @path points to, "" if it points nowhere. */
static void read_link_name(const char *path, char *name, size_t room)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	const char *last;

	target[n > 0 ? n : 0] = 0;
	last = strrchr(target, '/');
	snprintf(name, room, "%s", last ? last + 1 : "");
}

static int find_group(struct vfio_device *v, char *error, size_t size)
{
	char path[PATH_MAX], link[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", v->bdf);
	if (access(path, F_OK))
		return FAIL(-ENODEV, "%s: no such PCI function; lspci -D lists what there is",
			    v->bdf);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", v->bdf);
	n = readlink(path, link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = 0;
	if (n <= 0 || !vfio_parse_group(link, &v->group_number))
		return FAIL(-ENOENT,
			    "%s: no IOMMU group; boot with intel_iommu=on or amd_iommu=on on a "
			    "board that has one",
			    v->bdf);
	return 0;
}

/* The first function of the group that another driver than vfio-pci or a bridge's has. */
static bool find_stranger(const struct vfio_device *v, char *bdf, char *driver, size_t room)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), GROUPS "/%u/devices", v->group_number);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		if (!vfio_is_bdf(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", entry->d_name);
		read_link_name(path, driver, room);
		memcpy(bdf, entry->d_name, VFIO_BDF);
		found = driver[0] && strcmp(driver, "vfio-pci") && strcmp(driver, "pcieport");
	}
	if (dir)
		closedir(dir);
	return found;
}

static int open_group(struct vfio_device *v, char *error, size_t size)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[64], stranger[VFIO_BDF], driver[64];

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
	if (!find_stranger(v, stranger, driver, sizeof(driver)))
		return FAIL(-EBUSY, "%s: group %u is not viable; see " GROUPS "/%u/devices", v->bdf,
			    v->group_number, v->group_number);
	return FAIL(-EBUSY, "%s: %s of the same group %u has driver %s; bind it to vfio-pci too",
		    v->bdf, stranger, v->group_number, driver);
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
