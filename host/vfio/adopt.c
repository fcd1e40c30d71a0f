// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/vfio/group.h"

/* What the link of a device's file reads (vfio_main.c, vfio_group_ioctl_get_device_fd). */
#define DEVICE_LINK "anon_inode:[vfio-device]"

/* Number of the device's file in process @pid, or -errno. */
static int find_number(pid_t pid)
{
	char path[64], link[64];
	int number = -ENOENT;
	struct dirent *e;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? -ESRCH : -errno;
	while (number < 0 && (e = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), e->d_name, link, sizeof(link) - 1);

		link[n > 0 ? n : 0] = '\0';
		if (!strcmp(link, DEVICE_LINK))
			number = (int)strtol(e->d_name, NULL, 10);
	}
	closedir(dir);
	return number;
}

int vfio_copy_device(struct vfio_device *v, pid_t pid, char *error, size_t size)
{
	int number = find_number(pid), process, rc = number;

	if (number >= 0) {
		process = (int)syscall(SYS_pidfd_open, pid, 0);
		v->device = (int)syscall(SYS_pidfd_getfd, process, number, 0);
		rc = v->device < 0 ? -errno : 0;
		if (process >= 0)
			close(process);
	}
	if (rc < 0)
		(void)snprintf(error, size, "process %d: no copy of its function's file: %s",
			       (int)pid, rc == -ENOENT ? "it has none open" : strerror(-rc));
	return rc;
}
