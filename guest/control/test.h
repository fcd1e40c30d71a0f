/* SPDX-License-Identifier: GPL-2.0-only */
/* What a case file sees: its parameters, its checks, and how it gets into the image. */
#ifndef LIFELINE_CONTROL_TEST_H
#define LIFELINE_CONTROL_TEST_H

#include <stdbool.h>

#include "guest/control/plan.h"

/**
 * struct test - a running case
 * @id: as in the plan, "topic.name[param=value,...]"
 * @line: the plan's line behind the id: key=value words
 * @wrong: wrong=1 in the plan: each check expects the opposite, to see it red
 * @checks: checks so far
 * @failed: of these, failed
 * @windows: time spent in observation windows, ns
 * @witness: time spent waiting for the host's witness, ns
 * @error: why the case could not be run; empty: it could
 */
struct test {
	char id[96];
	struct span line;
	bool wrong;
	unsigned int checks;
	unsigned int failed;
	uint64_t windows, witness;
	char error[80];
};

/** struct test_case - a case of the image; @name is the id without parameters */
struct test_case {
	const char *name;
	void (*run)(struct test *t);
};

/** TEST_CASE() - put @fn into the image as the case @topic_name, e.g. "hung.mask" */
#define TEST_CASE(topic_name, fn)                                                              \
	static const struct test_case test_case_##fn                                           \
		__attribute__((used, aligned(16), section(".lifeline.cases"))) = { topic_name, \
										   fn }

/**
 * check() - one check of the case, printed as a nested KTAP result
 * @t: case
 * @good: did it hold?
 * @fmt: invariant code, what was seen, what was expected
 *
 * Return: @good.
 */
__attribute__((format(printf, 3, 4))) bool check(struct test *t, bool good, const char *fmt, ...);

/** test_error() - the case cannot be run (not the subject's failure); first reason wins */
__attribute__((format(printf, 2, 3))) void test_error(struct test *t, const char *fmt, ...);

/**
 * test_mark() - let the host's witness look at the line now
 * @t: case
 * @label: the moment's name
 * @gsi: line
 * @expect: what the case claims, e.g. "mask=0 irr=0"; checked by the host
 *
 * Prints the redirection entry as Xen tells it and waits for the host. Board time
 * goes on meanwhile, as much as the host likes: so never within a window.
 * Return: the redirection entry.
 */
uint64_t test_mark(struct test *t, const char *label, uint32_t gsi, const char *expect);

/** test_mark_audit() - let the host audit all sources of interrupts: see audit_mark() */
void test_mark_audit(struct test *t, const char *label);

/**
 * test_mark_board() - as test_mark(), for a guest that may not ask Xen for the entry
 *
 * The host checks @expect alone, e.g. "mask=1 vec=same": the vector of the case's
 * last mark of this pin.
 */
void test_mark_board(struct test *t, const char *label, uint32_t gsi, const char *expect);

/** test_run() - run the case that the plan's line (behind "case") names, as result @number */
void test_run(struct span line, unsigned int number);

#endif
