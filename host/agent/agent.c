// SPDX-License-Identifier: GPL-2.0-only
#include "host/agent/agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/reboot.h>
#include <termios.h>
#include <unistd.h>

#define MAX_PLAN 65536

/* isa-debug-exit of an emulated board, as the guest of Xen has it (guest/arch/io.h). */
#define BOARD_EXIT_PORT 0x501

static char plan_text[MAX_PLAN];
static char devices[8192];

/* Up to the line "end". Return: false if it does not come, or not soon enough in the text. */
static bool read_plan(struct span *plan)
{
	size_t used = 0;

	while (used < MAX_PLAN - 1 && fgets(plan_text + used, (int)(MAX_PLAN - used), stdin)) {
		if (!strcmp(plan_text + used, "end\n")) {
			*plan = (struct span){ plan_text, used };
			return true;
		}
		used += strlen(plan_text + used);
	}
	return false;
}

static unsigned int count_cases(struct span plan)
{
	struct span line, word;
	unsigned int n = 0;

	while (plan_next_line(&plan, &line))
		n += plan_next_word(&line, ' ', &word) && span_is(word, "case");
	return n;
}

/* And what the board is not to be blamed on the kernel for (host/case/board.h). */
static void set_board(struct span line)
{
	char text[256];

	span_copy(line, text, sizeof(text));
	setenv("LIFELINE_BOARD", text, 1);
}

/* A program knows the devices that it may touch by $LIFELINE_DEVICES (host/case/devices.h). */
static void add_device(const char *what, struct span line)
{
	size_t used = strlen(devices);

	while (line.len && *line.s == ' ')
		line = (struct span){ line.s + 1, line.len - 1 };
	if (used + line.len + 32 >= sizeof(devices))
		return;
	snprintf(devices + used, sizeof(devices) - used, "%s 0000:%.*s\n", what, (int)line.len,
		 line.s);
	setenv("LIFELINE_DEVICES", devices, 1);
}

static void carry_out(struct span plan)
{
	unsigned int number = 0;
	struct span line, word;

	while (plan_next_line(&plan, &line)) {
		if (!plan_next_word(&line, ' ', &word))
			continue;
		if (span_is(word, "device"))
			add_device("device", line);
		else if (span_is(word, "peer"))
			add_device("peer", line);
		else if (span_is(word, "board"))
			set_board(line);
		else if (span_is(word, "case"))
			run_case(line, ++number);
	}
}

void agent_power_off(void)
{
	if (!ioperm(BOARD_EXIT_PORT, 1, 1))
		outb(0, BOARD_EXIT_PORT);
	reboot(RB_POWER_OFF);
}

int agent_main(int argc, char **argv)
{
	struct span plan;

	(void)argc;
	(void)argv;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (read_plan(&plan)) {
		printf("KTAP version 1\n1..%u\n", count_cases(plan));
		carry_out(plan);
	} else {
		printf("Bail out! no plan, or one of more than %d bytes\n", MAX_PLAN);
	}
	fflush(stdout);
	tcdrain(STDOUT_FILENO); /* what the serial line still has would go with the board */
	if (getpid() == 1)
		agent_power_off();
	return 1;
}
