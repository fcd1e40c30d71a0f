// SPDX-License-Identifier: GPL-2.0-only
/* The one program of the control domain: what it does is its first word. */
#include <stdio.h>
#include <string.h>

#include "host/agent/agent.h"
#include "host/pci/main.h"
#include "host/vmm/vmm.h"

static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *what;
} commands[] = {
	{ "agent", agent_main, "carry out the plan on standard input, print KTAP" },
	{ "pci", pci_main, "look at PCI functions and lines, take some for VFIO, give them back" },
	{ "vmm", vmm_main, "boot the guest image on KVM with a function by VFIO" },
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))

int main(int argc, char **argv)
{
	for (unsigned int i = 0; argc > 1 && i < COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].main(argc - 1, argv + 1);
	fputs("usage: lifeline COMMAND ...\n", stderr);
	for (unsigned int i = 0; i < COMMANDS; i++)
		fprintf(stderr, "  %-8s %s\n", commands[i].name, commands[i].what);
	return 2;
}
