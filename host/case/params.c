// SPDX-License-Identifier: GPL-2.0-only
#include "host/case/params.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "host/pci/module.h"
#include "host/probe/file.h"

#define DRIVER "/sys/bus/pci/drivers/vfio-pci"
#define UNSAFE "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"

static bool driver_has_functions(void)
{
	DIR *dir = opendir(DRIVER);
	const struct dirent *e;
	bool has = false;

	while (dir && (e = readdir(dir)))
		has = has || strchr(e->d_name, ':');
	if (dir)
		closedir(dir);
	return has;
}

/* As an image has it, or a distribution. */
static bool find_module(char *file, size_t size)
{
	static const char *const places[] = {
		"/lib/modules/vfio-pci.ko", "/lib/modules/%s/kernel/drivers/vfio/pci/vfio-pci.ko",
		"/lib/modules/%s/kernel/drivers/vfio/pci/vfio-pci.ko.xz"
	};
	struct utsname kernel;

	(void)uname(&kernel);
	for (unsigned int i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const char *at = strstr(places[i], "%s");
		int head = at ? (int)(at - places[i]) : (int)strlen(places[i]);

		(void)snprintf(file, size, "%.*s%s%s", head, places[i], at ? kernel.release : "",
			       at ? at + 2 : "");
		if (!access(file, R_OK))
			return true;
	}
	return false;
}

enum taken params_reload(const char *parameters, char why[TAKE_WHY])
{
	char file[300];

	if (driver_has_functions() || !find_module(file, sizeof(file))) {
		(void)snprintf(why, TAKE_WHY,
			       "vfio-pci has functions, or is no module: it cannot be loaded anew");
		return TAKE_SKIP;
	}
	if (module_unload("vfio_pci", why, TAKE_WHY) ||
	    module_load(file, parameters, why, TAKE_WHY))
		return TAKE_SKIP;
	return TAKEN;
}

void params_let_in(char was[PARAM_SIZE])
{
	(void)file_read(UNSAFE, was, PARAM_SIZE);
	(void)file_write(UNSAFE, "Y");
}

void params_give_back(const char was[PARAM_SIZE])
{
	(void)file_write(UNSAFE, was);
}
