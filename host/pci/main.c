// SPDX-License-Identifier: GPL-2.0-only
#include "host/pci/main.h"

#include <stdio.h>
#include <string.h>

#include "host/pci/bind.h"
#include "host/pci/show.h"

#define EXIT_ERROR 1
#define EXIT_SKIP  4

static const char usage[] =
	"lifeline pci list [--try FUNCTION]...   every function: model, driver, line, messages\n"
	"lifeline pci lines [--try FUNCTION]...  who shares which line\n"
	"lifeline pci bind FUNCTION...           take functions for VFIO\n"
	"lifeline pci restore [FUNCTION]...      give them, or all that were taken, back\n"
	"A FUNCTION is spelled 0000:6a:01.0. --try writes to it: does DisINTx stick, and where\n"
	"is its line? Exit status: 0, 1 error, 4 SKIP: no VFIO or no IOMMU here.\n";

/* Return: the exit status. */
static int told(int result, const char *error)
{
	if (!result)
		return 0;
	(void)fprintf(stderr, "lifeline pci: %s%s\n", result == BIND_SKIP ? "SKIP: " : "", error);
	return result == BIND_SKIP ? EXIT_SKIP : EXIT_ERROR;
}

static int try_functions(struct inventory *inventory, int argc, char **argv)
{
	char error[256];
	int status = 0;

	for (int i = 0; i + 1 < argc; i += 2) {
		struct pci_function *f = inventory_find(inventory, argv[i + 1]);

		(void)snprintf(error, sizeof(error), "%s: there is no such function", argv[i + 1]);
		status |= told(f ? inventory_try("", f, error, sizeof(error)) : -1, error);
	}
	return status;
}

static int look(int argc, char **argv,
		void (*show)(const struct inventory *inventory, const struct lines *lines))
{
	struct interrupts interrupts = { 0 };
	struct inventory inventory = { 0 };
	struct lines lines = { 0 };
	char error[256];
	int status;

	for (int i = 0; i < argc; i += 2)
		if (strcmp(argv[i], "--try") || i + 1 == argc) {
			(void)fputs(usage, stderr);
			return EXIT_ERROR;
		}
	status = told(inventory_read("", &inventory, error, sizeof(error)), error);
	if (status)
		return status;
	status = try_functions(&inventory, argc, argv);
	(void)snprintf(
		error, sizeof(error),
		"/proc/interrupts or /sys/kernel/irq cannot be read: mount procfs and sysfs");
	if (interrupts_read("", &interrupts) || lines_read("", &inventory, &interrupts, &lines))
		status = told(-1, error);
	else
		show(&inventory, &lines);
	lines_free(&lines);
	interrupts_free(&interrupts);
	inventory_free(&inventory);
	return status;
}

static int take(int argc, char **argv)
{
	char error[256] = "";

	return told(bind_take("", (const char *const *)argv, (unsigned int)argc, error,
			      sizeof(error)),
		    error);
}

static void tell_restored(void *ctx, const char *bdf, int result, const char *error)
{
	(void)ctx;
	if (!told(result, error))
		printf("%s is as it was\n", bdf);
}

static int give_back(int argc, char **argv)
{
	int first = argc ? 0 : bind_give_back_all("", tell_restored, NULL);

	for (int i = 0; i < argc; i++) {
		char error[256] = "";
		int result = bind_give_back("", argv[i], error, sizeof(error));

		tell_restored(NULL, argv[i], result, error);
		first = first ? first : result;
	}
	return first ? EXIT_ERROR : 0;
}

int pci_main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (!strcmp(verb, "list"))
		return look(argc - 2, argv + 2, show_functions);
	if (!strcmp(verb, "lines"))
		return look(argc - 2, argv + 2, show_lines);
	if (!strcmp(verb, "bind") && argc > 2)
		return take(argc - 2, argv + 2);
	if (!strcmp(verb, "restore"))
		return give_back(argc - 2, argv + 2);
	(void)fputs(usage, stderr);
	return EXIT_ERROR;
}
