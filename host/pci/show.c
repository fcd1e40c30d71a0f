// SPDX-License-Identifier: GPL-2.0-only
#include "host/pci/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COMMAND_DISINTX (1u << 10)
#define CELL		16

static const char pin_names[] = "-ABCD";

static void model(const struct pci_function *f, char text[CELL])
{
	if (f->model)
		(void)snprintf(text, CELL, "%s", f->model);
	else
		(void)snprintf(text, CELL, "%06x", f->class_code);
}

/* "5*": there are 5, and they are enabled now. */
static void number(unsigned int count, bool on, char text[CELL])
{
	if (count)
		(void)snprintf(text, CELL, "%u%s", count, on ? "*" : "");
	else
		(void)snprintf(text, CELL, "-");
}

/* The line is on when nothing else is, and DisINTx is clear. */
static void pin(const struct config_facts *c, char text[CELL])
{
	bool on = c->pin && !c->msi_on && !c->msix_on && !(c->command & COMMAND_DISINTX);

	(void)snprintf(text, CELL, "%c%s", pin_names[c->pin], on ? "*" : "");
}

static void optional(int value, char text[CELL])
{
	if (value >= 0)
		(void)snprintf(text, CELL, "%d", value);
	else
		(void)snprintf(text, CELL, "-");
}

static void row(const struct pci_function *f, int gsi)
{
	static const char *const disintx[] = { "?", "yes", "no" };
	char name[CELL], pins[CELL], line[CELL], msi[CELL], msix[CELL], group[CELL];

	model(f, name);
	pin(&f->config, pins);
	optional(gsi, line);
	number(f->config.msi, f->config.msi_on, msi);
	number(f->config.msix, f->config.msix_on, msix);
	optional(f->group, group);
	printf("%-12s %-9.9s %-12.12s %-3s %3s %3s %5s %-12.12s %-7s %5s\n", f->bdf, name,
	       f->driver[0] ? f->driver : "-", pins, line, msi, msix,
	       f->reset_method[0] ? f->reset_method : "-", disintx[f->disintx], group);
}

static void remarks(const struct pci_function *f)
{
	const char *list = capability_list_text(f->config.list);

	if (f->in_use[0])
		printf("%s is refused: %s\n", f->bdf, f->in_use);
	if (!f->config.answers)
		printf("%s does not answer\n", f->bdf);
	if (list)
		printf("%s: %s\n", f->bdf, list);
	if (f->locked)
		printf("%s: a driver is being bound or unbound, and hangs\n", f->bdf);
	if (f->driver_override[0])
		printf("%s has driver_override %s\n", f->bdf, f->driver_override);
}

void show_functions(const struct inventory *inventory, const struct lines *lines)
{
	printf("%-12s %-9s %-12s %-3s %3s %3s %5s %-12s %-7s %5s\n", "function", "model", "driver",
	       "pin", "GSI", "MSI", "MSI-X", "reset", "DisINTx", "group");
	for (unsigned int i = 0; i < inventory->count; i++)
		row(&inventory->function[i], lines_gsi(lines, i));
	printf("* is enabled now; DisINTx and lines not known (?, -) by --try FUNCTION\n");
	for (unsigned int i = 0; i < inventory->count; i++)
		remarks(&inventory->function[i]);
}

static void member(const struct inventory *inventory, const struct lines *lines,
		   const struct line_member *m)
{
	const struct pci_function *f;
	const struct line_witness *w;
	char name[CELL];

	if (m->function < 0) {
		printf("  %-12s %-9s %-12s %-12s %-6s %s\n", "-", "-", "-", "-", "-", m->action);
		return;
	}
	f = &inventory->function[m->function];
	w = &lines->witness[m->function];
	model(f, name);
	printf("  %-12s %-9.9s %-12.12s %c at %02x:%02x %c %-6s %.21s\n", f->bdf, name,
	       f->driver[0] ? f->driver : "-", pin_names[f->config.pin], f->root_bus,
	       f->root_device, pin_names[f->root_pin],
	       w->kernel == w->wiring	   ? "both"
	       : w->kernel != LINE_UNKNOWN ? "kernel"
					   : "wiring",
	       m->action[0] ? m->action : "-");
}

static void line(const struct inventory *inventory, const struct lines *lines, const struct line *l)
{
	unsigned int functions = 0;

	for (unsigned int i = 0; i < l->count; i++)
		functions += l->member[i].function >= 0;
	if (!functions)
		return;
	if (l->handler[0])
		printf("GSI %d: irq %u, %s %s, %" PRIu64 " interrupts\n", l->gsi, l->irq, l->chip,
		       l->handler, l->total);
	else
		printf("GSI %d: irq %u, %s, nobody listens\n", l->gsi, l->irq,
		       l->chip[0] ? l->chip : "given up");
	for (unsigned int i = 0; i < l->count; i++)
		member(inventory, lines, &l->member[i]);
	if (l->more)
		printf("  and %u more\n", l->more);
}

static void unrouted(const struct inventory *inventory, const struct lines *lines)
{
	bool said = false;
	char name[CELL];

	for (unsigned int i = 0; i < inventory->count; i++) {
		const struct pci_function *f = &inventory->function[i];

		if (!f->config.pin || lines_gsi(lines, i) != LINE_UNKNOWN)
			continue;
		if (!said)
			printf("Line not known: not routed yet, or MSI is on (--try FUNCTION)\n");
		said = true;
		model(f, name);
		printf("  %-12s %-9.9s %-12.12s %c at %02x:%02x %c\n", f->bdf, name,
		       f->driver[0] ? f->driver : "-", pin_names[f->config.pin], f->root_bus,
		       f->root_device, pin_names[f->root_pin]);
	}
}

static void contradictions(const struct inventory *inventory, const struct lines *lines)
{
	char text[160];

	for (unsigned int i = 0; i < inventory->count; i++)
		if (lines_disagree(inventory, lines, i, text, sizeof(text)))
			printf("contradiction: %s\n", text);
	for (unsigned int n = 0; n < lines->count; n++)
		for (unsigned int i = 0; i < lines->line[n].count; i++) {
			const struct line_member *m = &lines->line[n].member[i];

			if (m->elsewhere)
				printf("contradiction: %s: handler %s is on GSI %d, sysfs says "
				       "irq %d\n",
				       inventory->function[m->function].bdf, m->action,
				       lines->line[n].gsi, inventory->function[m->function].irq);
		}
}

void show_lines(const struct inventory *inventory, const struct lines *lines)
{
	for (unsigned int i = 0; i < lines->count; i++)
		line(inventory, lines, &lines->line[i]);
	unrouted(inventory, lines);
	contradictions(inventory, lines);
}
