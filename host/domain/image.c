// SPDX-License-Identifier: GPL-2.0-only
#include "host/domain/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IMAGE "guest.elf"

const char *domain_image(void)
{
	static char path[512];
	const char *named = getenv("LIFELINE_GUEST");
	ssize_t n;

	if (named)
		return named;
	n = readlink("/proc/self/exe", path, sizeof(path) - sizeof(IMAGE));
	path[n > 0 ? n : 0] = '\0';
	memcpy(strrchr(path, '/') ? strrchr(path, '/') + 1 : path, IMAGE, sizeof(IMAGE));
	return path;
}
