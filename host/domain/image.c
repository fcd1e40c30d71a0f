// SPDX-License-Identifier: GPL-2.0-only
#include "host/domain/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *domain_beside(const char *name)
{
	static char path[512];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *file;

	path[n > 0 ? n : 0] = '\0';
	file = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	(void)snprintf(file, sizeof(path) - (size_t)(file - path), "%s", name);
	return path;
}

const char *domain_image(void)
{
	const char *named = getenv("LIFELINE_GUEST");

	return named && *named ? named : domain_beside("guest.elf");
}
