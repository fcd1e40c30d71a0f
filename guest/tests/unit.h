/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unit tests on the host. A program is one file that includes this header and
 * holds any number of TEST()s; it prints KTAP and exits 1 if one of them failed.
 */
#ifndef LIFELINE_TESTS_UNIT_H
#define LIFELINE_TESTS_UNIT_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* A loop over many values that goes wrong goes wrong often: the first few tell enough. */
#define UNIT_SHOWN 5

struct unit_test {
	const char *name;
	void (*run)(void);
	struct unit_test *next;
};

static struct unit_test *unit_first, **unit_last = &unit_first;
static unsigned int unit_failed;
static char unit_context[160];

/** TEST() - define a test; it is run in the order of the file */
#define TEST(test)                                                           \
	static void test_##test(void);                                       \
	static struct unit_test entry_##test = { #test, test_##test, NULL }; \
	__attribute__((constructor)) static void register_##test(void)       \
	{                                                                    \
		*unit_last = &entry_##test;                                  \
		unit_last = &entry_##test.next;                              \
	}                                                                    \
	static void test_##test(void)

/* Begin the report of a failure. Return: whether there is still room for it. */
static bool unit_fail(const char *file, int line)
{
	if (unit_failed++ >= UNIT_SHOWN)
		return false;
	printf("# %s:%d: %s%s", file, line, unit_context, *unit_context ? ": " : "");
	return true;
}

/* Text is shown such that no byte of it can end the line. */
static inline void unit_print_text(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
			printf("\\x%02x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static inline void unit_eq(const char *file, int line, const char *what, unsigned long long seen,
			   unsigned long long expected)
{
	if (seen != expected && unit_fail(file, line))
		printf("%s: expected %llu (0x%llx), seen %llu (0x%llx)\n", what, expected, expected,
		       seen, seen);
}

static inline void unit_str(const char *file, int line, const char *what, const char *seen,
			    const char *expected)
{
	const char *a = seen, *b = expected;

	while (*a && *a == *b)
		a++, b++;
	if (*a == *b || !unit_fail(file, line))
		return;
	printf("%s: expected ", what);
	unit_print_text(expected);
	printf(", seen ");
	unit_print_text(seen);
	putchar('\n');
}

static inline void unit_true(const char *file, int line, const char *what, bool seen)
{
	if (!seen && unit_fail(file, line))
		printf("expected %s, seen that it is not so\n", what);
}

/** EXPECT_EQ() - two integers are the same; signed ones are compared by their 64-bit pattern */
#define EXPECT_EQ(seen, expected)                                      \
	unit_eq(__FILE__, __LINE__, #seen, (unsigned long long)(seen), \
		(unsigned long long)(expected))

/** EXPECT_STR() - two strings are the same */
#define EXPECT_STR(seen, expected) unit_str(__FILE__, __LINE__, #seen, seen, expected)

/** EXPECT_TRUE() - @condition holds; for what has no two values to show */
#define EXPECT_TRUE(condition) unit_true(__FILE__, __LINE__, #condition, condition)

/** CONTEXT() - what is looked at now, put before each failure until the test's end */
#define CONTEXT(...) ((void)snprintf(unit_context, sizeof(unit_context), __VA_ARGS__))

/* A heap block of exactly @size bytes, so that the sanitizer sees one byte too far. */
static inline void *unit_alloc(size_t size)
{
	void *p = malloc(size);

	if (!p && size)
		abort();
	return p;
}

/* xorshift64*: the same numbers on every machine. */
static inline uint64_t unit_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

int main(void)
{
	unsigned int n = 0, bad = 0;

	/* What was said before a sanitizer ends the program must not be lost. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (struct unit_test *t = unit_first; t; t = t->next)
		n++;
	printf("KTAP version 1\n1..%u\n", n);
	n = 0;
	for (struct unit_test *t = unit_first; t; t = t->next) {
		unit_failed = 0;
		unit_context[0] = '\0';
		t->run();
		if (unit_failed > UNIT_SHOWN)
			printf("# and %u more\n", unit_failed - UNIT_SHOWN);
		printf("%sok %u %s\n", unit_failed ? "not " : "", ++n, t->name);
		bad += unit_failed > 0;
	}
	return bad ? 1 : 0;
}

#endif
