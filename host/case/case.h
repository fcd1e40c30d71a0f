/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks and marks of a case, as lines that the agent understands and a person can read (host/agent/agent.h). */
#ifndef LIFELINE_CASE_CASE_H
#define LIFELINE_CASE_CASE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * case_check() - print a check
 * @good: does it hold?
 *
 * With $LIFELINE_WRONG=1 each check expects the opposite: one that stays green is no check.
 *
 * Return: is it to count as passed?
 */
__attribute__((format(printf, 2, 3))) bool case_check(bool good, const char *fmt, ...);

/** case_error() - the test cannot be made: say why, and end it */
__attribute__((format(printf, 1, 2), noreturn)) void case_error(const char *fmt, ...);

/** case_data() - a line of measurements, "key=value ..." */
__attribute__((format(printf, 1, 2))) void case_data(const char *fmt, ...);

/** case_note() - a line for the reader */
__attribute__((format(printf, 1, 2))) void case_note(const char *fmt, ...);

/**
 * case_mark() - stand still until the board has been looked at from outside, where somebody can
 * @fmt: LABEL, then what the witness must see, as "killed pin=20 mask=1"
 *
 * Run by hand nobody looks, and it goes on at once.
 */
__attribute__((format(printf, 1, 2))) void case_mark(const char *fmt, ...);

/** case_seed() - of all random choices: $LIFELINE_SEED, or 1 */
uint32_t case_seed(void);

#endif
