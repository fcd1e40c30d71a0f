// SPDX-License-Identifier: GPL-2.0-only
#include "host/case/stuck.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/domain/image.h"
#include "host/pci/module.h"

#define NAME  "lifeline_stuck"
#define RAISE "/sys/module/" NAME "/parameters/raise"

enum taken stuck_load(const struct case_device *device, const char *verdict, unsigned int delay_us,
		      unsigned int pace_us, char why[TAKE_WHY])
{
	const char *file = domain_beside(NAME ".ko");
	char parameters[128];
	struct stat st;
	int rc;

	/* An empty one stands for a kernel whose headers are not to be had (lab/module.sh). */
	if (stat(file, &st) || !st.st_size) {
		(void)snprintf(why, TAKE_WHY, "%s: no module for this kernel", file);
		return TAKE_SKIP;
	}
	(void)snprintf(parameters, sizeof(parameters),
		       "device=%s verdict=%s delay_us=%u pace_us=%u", device->bdf, verdict,
		       delay_us, pace_us);
	rc = module_load(file, parameters, why, TAKE_WHY);
	return rc == -ENOEXEC ? TAKE_SKIP : rc ? TAKE_ERROR : TAKEN;
}

int stuck_raise(char why[TAKE_WHY])
{
	int fd = open(RAISE, O_WRONLY | O_CLOEXEC);
	int rc = fd < 0 || write(fd, "1", 1) != 1 ? -errno : 0;

	if (rc)
		(void)snprintf(why, TAKE_WHY, RAISE ": %s", strerror(-rc));
	if (fd >= 0)
		close(fd);
	return rc;
}

int stuck_unload(char why[TAKE_WHY])
{
	return module_unload(NAME, why, TAKE_WHY);
}

int stuck_revive(const struct case_device *device, char why[TAKE_WHY])
{
	enum taken how = stuck_load(device, "ack", 0, 0, why);

	return how == TAKEN ? stuck_unload(why) : -ENOEXEC;
}
