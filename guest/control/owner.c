// SPDX-License-Identifier: GPL-2.0-only
#include "guest/control/owner.h"

#include "guest/arch/trap.h"
#include "guest/control/ktap.h"
#include "guest/lib/fmt.h"

#define MAX_OWNED 320 /* all MSI-X entries that a domain can have pirqs for, and the lines */
#define LINE	  (1ull << 63)
#define MESSAGE	  (1ull << 62)
#define MSIX	  (1ull << 61)
#define LONGEST	  12 /* of what one more run of domains adds */

/* Sorted by source, then by domain. */
static struct owned {
	uint64_t source;
	uint16_t dom;
} table[MAX_OWNED] __attribute__((section(".bss.control")));
static unsigned int count __attribute__((section(".bss.control")));

static uint64_t line_source(uint32_t gsi)
{
	return LINE | gsi;
}

static uint64_t msi_source(uint16_t bdf, bool msix, uint32_t entry)
{
	return MESSAGE | (msix ? MSIX : 0) | (uint64_t)bdf << 32 | entry;
}

static bool before(const struct owned *o, uint64_t source, uint16_t dom)
{
	return o->source != source ? o->source < source : o->dom < dom;
}

static void own(uint64_t source, uint16_t dom)
{
	unsigned int at = count;

	for (unsigned int i = 0; i < count; i++)
		if (table[i].source == source && table[i].dom == dom)
			return;
	if (count == MAX_OWNED)
		die("more owners than the guest can hold");
	for (; at && !before(&table[at - 1], source, dom); at--)
		table[at] = table[at - 1];
	table[at] = (struct owned){ source, dom };
	count++;
}

/* Take away what @dom has: of @source, or with @source 0 all. */
static void disown(uint64_t source, uint16_t dom)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < count; i++)
		if (table[i].dom != dom || (source && table[i].source != source))
			table[kept++] = table[i];
	count = kept;
}

void own_line(uint32_t gsi, uint16_t dom)
{
	own(line_source(gsi), dom);
}

void own_msi(uint16_t bdf, bool msix, uint32_t entry, uint16_t dom)
{
	own(msi_source(bdf, msix, entry), dom);
}

void disown_line(uint32_t gsi, uint16_t dom)
{
	disown(line_source(gsi), dom);
}

void disown_msi(uint16_t bdf, bool msix, uint32_t entry, uint16_t dom)
{
	disown(msi_source(bdf, msix, entry), dom);
}

void disown_domain(uint16_t dom)
{
	disown(0, dom);
}

static int name(char *text, size_t size, uint64_t source)
{
	if (source & LINE)
		return ll_snprintf(text, size, "gsi%u=", (unsigned int)(source & ~LINE));
	return ll_snprintf(text, size, "msi%s%04x.%u=", source & MSIX ? "x" : "",
			   (unsigned int)(source >> 32 & 0xffff),
			   (unsigned int)(source & 0xffffffff));
}

/* The domains of one source from table[@i] on, runs as ranges. Return: index behind those that fit. */
static unsigned int list(char *text, size_t size, unsigned int i)
{
	uint64_t source = table[i].source;
	size_t len = (size_t)name(text, size, source);
	const char *comma = "";

	while (i < count && table[i].source == source && len + LONGEST < size) {
		unsigned int first = table[i].dom, last = first;

		for (i++; i < count && table[i].source == source && table[i].dom == last + 1; i++)
			last++;
		len += (size_t)ll_snprintf(text + len, size - len, "%s%u", comma, first);
		if (last != first)
			len += (size_t)ll_snprintf(text + len, size - len, "-%u", last);
		comma = ",";
	}
	return i;
}

void owners_tell(void)
{
	char text[KTAP_LINE - 16];

	for (unsigned int i = 0; i < count;) {
		i = list(text, sizeof(text), i);
		ktap_line("  # audit %s", text);
	}
}
