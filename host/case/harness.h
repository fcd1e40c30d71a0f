/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a case is written with: the kernel's own kselftest harness (Documentation/dev-tools/kselftest.rst,
 * taken from Debian's linux-source when this is built), the checks of this suite, and a main that
 * can run one test of a program, which the harness of Linux 6.1 cannot.
 *
 * A test is called "fixture.variant.test", or "fixture.test" where the fixture has no variants.
 */
#ifndef LIFELINE_CASE_HARNESS_H
#define LIFELINE_CASE_HARNESS_H

#include <stdio.h>
#include <string.h>

#include "kselftest_harness.h"

#include "host/case/case.h"
#include "host/case/take.h"

/**
 * CHECK() - one thing that must hold, told with what was seen; the test goes on either way
 *
 * The text begins with the invariant, as "S sda: longest gap 3000 us, bound 9000 us".
 */
#define CHECK(good, ...)                              \
	do {                                          \
		if (!case_check((good), __VA_ARGS__)) \
			_metadata->passed = 0;        \
	} while (0)

/** REQUIRE() - the test cannot be made without it: an error of the test, not of what is tested */
#define REQUIRE(good, ...)                       \
	do {                                     \
		if (!(good))                     \
			case_error(__VA_ARGS__); \
	} while (0)

/** CASE_SECONDS - of TEST_F_TIMEOUT(): the host of an emulated board may be busy, and whoever runs it has a limit of its own */
#define CASE_SECONDS 100

/**
 * TAKE() - what a setup needs: skip the test, or end it as an error, if @how is not TAKEN
 *
 * The harness of Linux 6.1 goes on to the test after a SKIP() in its setup: so the test's process ends here, as the harness
 * ends it for a skip. What had been taken is given back.
 */
#define TAKE(how, why)                               \
	do {                                         \
		enum taken _how = (how);             \
                                                     \
		if (_how != TAKEN)                   \
			case_give_back();            \
		if (_how == TAKE_SKIP)               \
			SKIP(_exit(255), "%s", why); \
		REQUIRE(_how == TAKEN, "%s", why);   \
	} while (0)

static inline void case_name(char *name, size_t size, const struct __fixture_metadata *f,
			     const struct __fixture_variant_metadata *v,
			     const struct __test_metadata *t)
{
	/* What stands outside a fixture is in one called "global". */
	snprintf(name, size, "%s%s%s.%s", f->name, v ? "." : "", v ? v->name : "", t->name);
}

/* Lists are circular by @prev alone (kselftest_harness.h, __LIST_APPEND). */
static inline void case_keep(struct __fixture_metadata *f, struct __fixture_variant_metadata *v,
			     struct __test_metadata *t)
{
	__fixture_list = f;
	f->next = NULL;
	f->tests = t;
	t->next = NULL;
	if (v) {
		f->variant = v;
		v->next = NULL;
	}
}

/* Print the names of all tests if @wanted is NULL, else leave it alone in the lists. Return: found? */
static inline bool case_select(const char *wanted)
{
	char name[200];

	for (struct __fixture_metadata *f = __fixture_list; f; f = f->next) {
		struct __fixture_variant_metadata *v = f->variant;

		do {
			for (struct __test_metadata *t = f->tests; t; t = t->next) {
				case_name(name, sizeof(name), f, v, t);
				if (!wanted)
					puts(name);
				else if (!strcmp(name, wanted))
					return case_keep(f, v, t), true;
			}
			v = v ? v->next : NULL;
		} while (v);
	}
	return false;
}

static inline int case_main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "-l"))
		return case_select(NULL);
	if (argc == 3 && !strcmp(argv[1], "-r")) {
		if (!case_select(argv[2])) {
			fprintf(stderr, "no test %s; %s -l lists them\n", argv[2], argv[0]);
			return KSFT_FAIL;
		}
	} else if (argc > 1) {
		fprintf(stderr, "usage: %s [-l | -r TEST]\n", argv[0]);
		return KSFT_FAIL;
	}
	return test_harness_run(1, argv);
}

#define CASE_MAIN                             \
	int main(int argc, char **argv)       \
	{                                     \
		return case_main(argc, argv); \
	}

#endif
