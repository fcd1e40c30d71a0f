// SPDX-License-Identifier: GPL-2.0-only
#include "host/case/case.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void vtell(const char *what, const char *fmt, va_list ap)
{
	printf("# %s", what);
	vprintf(fmt, ap);
	putchar('\n');
	fflush(stdout);
}

bool case_check(bool good, const char *fmt, ...)
{
	const char *wrong = getenv("LIFELINE_WRONG");
	bool passed = good != (wrong && wrong[0] == '1');
	va_list ap;

	va_start(ap, fmt);
	vtell(passed ? "ok " : "not ok ", fmt, ap);
	va_end(ap);
	return passed;
}

void case_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vtell("error ", fmt, ap);
	va_end(ap);
	_exit(1);
}

void case_data(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vtell("data ", fmt, ap);
	va_end(ap);
}

void case_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vtell("", fmt, ap);
	va_end(ap);
}

void case_mark(const char *fmt, ...)
{
	const char *fd = getenv("LIFELINE_WITNESS");
	va_list ap;
	char go;

	va_start(ap, fmt);
	vtell("mark ", fmt, ap);
	va_end(ap);
	if (fd && read(atoi(fd), &go, 1) != 1)
		case_error("nobody answers at a mark");
}

uint32_t case_seed(void)
{
	const char *seed = getenv("LIFELINE_SEED");

	return seed ? (uint32_t)strtoul(seed, NULL, 10) : 1;
}
