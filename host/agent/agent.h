/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The agent of a board: reads the plan that the controller writes (guest/control/plan.h), runs a
 * program of the collection for each case, and tells what came of it as KTAP, in the form in which
 * the guest of Xen does.
 */
#ifndef LIFELINE_AGENT_AGENT_H
#define LIFELINE_AGENT_AGENT_H

#include "guest/control/plan.h"

/**
 * agent_main() - carry out the plan on standard input, which a line "end" ends; then power off
 *
 * Return: 0, or 1 if there is no plan (only where it cannot power off: it is not PID 1).
 */
int agent_main(int argc, char **argv);

/**
 * agent_power_off() - end the board: an emulated one at once, without a word of the kernel's
 *
 * Needs to be root; returns if the machine cannot be ended.
 */
void agent_power_off(void);

/**
 * run_case() - run the program of a case and translate what it prints
 * @line: the plan's line behind the word "case": ID program=NAME test=NAME [key=value...]
 * @number: of the case, from 1
 *
 * A program is a kselftest; of its standard output are taken:
 *   "# ok TEXT", "# not ok TEXT"      a check; TEXT begins with its invariant
 *   "# data ...", "# time ..."        measurements, passed on
 *   "# mark LABEL ..."                the program waits until the board was looked at
 *   "# error TEXT"                    the test could not be made
 *   "ok 1 NAME", "not ok 1 NAME", "ok 1 # SKIP WHY"   the harness's own verdict
 * What it prints beside these comes as a note. A verdict is believed only with an exit status and
 * checks that agree with it.
 */
void run_case(struct span line, unsigned int number);

#endif
