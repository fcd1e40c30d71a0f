// SPDX-License-Identifier: GPL-2.0-only
#include "host/case/take.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/pci/bind.h"

/* The machine's own sysfs, not a test's. */
#define ROOT ""

enum taken case_devices(struct case_devices *d, char why[TAKE_WHY])
{
	const char *text = getenv("LIFELINE_DEVICES");
	const char *wrong;

	if (!text || !*text) {
		snprintf(why, TAKE_WHY, "no device may be touched; list some in LIFELINE_DEVICES");
		return TAKE_SKIP;
	}
	wrong = devices_parse(text, d);
	if (wrong)
		snprintf(why, TAKE_WHY, "LIFELINE_DEVICES: %s", wrong);
	return wrong ? TAKE_ERROR : TAKEN;
}

enum taken case_take(const struct case_devices *d, const char *model, unsigned int index,
		     const struct case_device **device, char why[TAKE_WHY])
{
	const char *bdf;
	int rc;

	*device = devices_find(d, model, index);
	if (!*device) {
		snprintf(why, TAKE_WHY, "no %s number %u in LIFELINE_DEVICES", model, index);
		return TAKE_SKIP;
	}
	bdf = (*device)->bdf;
	rc = bind_take(ROOT, &bdf, 1, why, TAKE_WHY);
	return rc == 0 ? TAKEN : rc == BIND_SKIP ? TAKE_SKIP : TAKE_ERROR;
}

static void note_failure(void *ctx, const char *bdf, int result, const char *error)
{
	(void)bdf;
	if (result && !*(char *)ctx)
		snprintf(ctx, TAKE_WHY, "%s", error);
}

const char *case_give_back(void)
{
	static char why[TAKE_WHY];

	why[0] = '\0';
	bind_give_back_all(ROOT, note_failure, why);
	return why[0] ? why : NULL;
}
