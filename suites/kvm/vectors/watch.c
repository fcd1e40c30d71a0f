// SPDX-License-Identifier: GPL-2.0-only
#include "suites/kvm/vectors/watch.h"

#include <stdio.h>
#include <string.h>

/*
 * Rows of /proc/interrupts (arch_show_interrupts(), arch/x86/kernel/irq.c) that do not count on an idle host without
 * Intel's posted interrupts; on another one a case that needs silence has to find others.
 */
static const char *const silent[] = { "NMI", "SPU", "TRM", "THR", "DFR",
				      "MCE", "ERR", "PIN", "NPI", "PIW" };

#define SILENT (sizeof(silent) / sizeof(*silent))

static void tell(char text[WATCH_TEXT], const char *what, unsigned long long n)
{
	size_t used = strlen(text);

	snprintf(text + used, WATCH_TEXT - used, "%s%s +%llu", used ? ", " : "", what, n);
}

int watch_begin(struct watch *w, char *why, size_t size)
{
	int rc = kmsg_open(&w->log, why, size);

	if (rc)
		return rc;
	rc = interrupts_read("", &w->before);
	if (rc) {
		snprintf(why, size, "/proc/interrupts: %s", strerror(-rc));
		kmsg_close(&w->log);
	}
	return rc;
}

static unsigned int compare(const struct watch *w, const struct interrupts *after,
			    char text[WATCH_TEXT])
{
	unsigned long long n, sum = 0;
	char name[12];

	for (unsigned int i = 0; i < SILENT + w->irqs; i++) {
		if (i < SILENT)
			snprintf(name, sizeof(name), "%s", silent[i]);
		else
			snprintf(name, sizeof(name), "%u", w->irq[i - SILENT]);
		n = interrupts_delta(&w->before, after, name);
		if (n)
			tell(text, name, n);
		sum += n;
	}
	return (unsigned int)sum;
}

int watch_end(struct watch *w, char text[WATCH_TEXT])
{
	struct interrupts after = { 0 };
	unsigned int n = 0, strays;
	int rc = interrupts_read("", &after);

	text[0] = '\0';
	kmsg_read(&w->log);
	strays = w->log.count[KMSG_STRAY];
	if (!rc)
		n = compare(w, &after, text) + strays;
	if (strays)
		tell(text, "log", strays);
	if (!n)
		snprintf(text, WATCH_TEXT, "nothing");
	interrupts_free(&after);
	interrupts_free(&w->before);
	kmsg_close(&w->log);
	return rc ? rc : (int)n;
}
