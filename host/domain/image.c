// SPDX-License-Identifier: GPL-2.0-only
#include "host/domain/image.h"

#include <stdlib.h>

const char *domain_image(void)
{
	const char *path = getenv("LIFELINE_GUEST");

	return path && *path ? path : DOMAIN_IMAGE;
}
