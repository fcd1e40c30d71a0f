// SPDX-License-Identifier: GPL-2.0-only
/* What a program says, and how it ends, as a result: none of its failures gets lost between the two. */
#include <string.h>
#include <unistd.h>

#include "guest/tests/unit.h"

/* The program is the test's own script, in the process that would become it. */
#define execl(path, name, option, test, end) play_script(test)

static int play_script(const char *test);

#include "host/agent/program.c"

static const char *script;
static int script_status;
static bool script_marks;

static int play_script(const char *test)
{
	const char *witness = getenv("LIFELINE_WITNESS");
	char go;

	if (strcmp(test, "t"))
		_exit(1);
	fputs(script, stdout);
	fflush(stdout);
	if (script_marks && read(atoi(witness), &go, 1) == 1 && go == '+')
		puts("# ok S the host has looked");
	fflush(stdout);
	_exit(script_status);
}

static char told[8192];
static unsigned int looks;

/*
 * Run the case; what the agent prints is in @told afterwards. The host may answer four marks, and how
 * many it did is in @looks.
 */
static const char *run(const char *says)
{
	static const char line[] = "a.b[c=d] program=p test=t seed=5";
	FILE *file = tmpfile();
	int out = dup(STDOUT_FILENO), in = dup(STDIN_FILENO), host[2];
	char left[8];
	size_t n;

	if (!file || out < 0 || pipe(host) || write(host[1], "++++", 4) != 4)
		abort();
	script = says;
	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	dup2(host[0], STDIN_FILENO);
	run_case((struct span){ line, strlen(line) }, 3);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	dup2(in, STDIN_FILENO);
	rewind(file);
	n = fread(told, 1, sizeof(told) - 1, file);
	told[n] = '\0';
	fclose(file);
	close(out);
	close(in);
	close(host[1]);
	looks = 4 - (unsigned int)read(host[0], left, sizeof(left));
	close(host[0]);
	return told;
}

static bool says(const char *text)
{
	return strstr(told, text) != NULL;
}

TEST(a_test_that_passes)
{
	run("TAP version 13\n1..1\n# Starting 1 tests from 1 test cases.\n"
	    "# ok LI sda: lost 0\n# data gap_us=5\n# ok S sda\nok 1 global.t\n");
	EXPECT_TRUE(
		!strncmp(told, "# case a.b[c=d]\n  KTAP version 1\n  ok 1 LI sda: lost 0\n", 55));
	EXPECT_TRUE(says("  # data gap_us=5\n  ok 2 S sda\nok 3 a.b[c=d] # checks=2 ms="));
	EXPECT_TRUE(!says("TAP version 13") && !says("Starting"));
}

TEST(a_check_that_fails)
{
	run("# not ok LI sda: lost 3\n# ok S sda\nnot ok 1 global.t\n");
	EXPECT_TRUE(says("  not ok 1 LI sda: lost 3\n  ok 2 S sda\nnot ok 3 a.b[c=d] # checks=2 "));
}

/* The harness's verdict is not what counts. */
TEST(a_check_that_fails_in_a_test_that_passes)
{
	run("# not ok LI sda: lost 3\nok 1 global.t\n");
	EXPECT_TRUE(says("\nnot ok 3 a.b[c=d] # checks=1 "));
}

/* An ASSERT_ of the harness's own, or its time limit. */
TEST(a_test_that_the_harness_fails)
{
	run("# ok S sda\n# t: Test terminated by timeout\nnot ok 1 global.t\n");
	EXPECT_TRUE(says("  not ok 2 HC harness: t: Test terminated by timeout\n"));
	EXPECT_TRUE(says("\nnot ok 3 a.b[c=d] # checks=2 "));
	run("# ok S sda\nnot ok 1 global.t\n");
	EXPECT_TRUE(says("  not ok 2 HC harness: not ok\n"));
}

TEST(a_program_without_a_verdict)
{
	script_status = 9;
	run("# ok S sda\n# it is about to crash\n");
	script_status = 0;
	EXPECT_TRUE(says("\nnot ok 3 a.b[c=d] # ERROR the program ended without a verdict "
			 "(status 0x900) it is about to crash\n"));
	run("");
	EXPECT_TRUE(says("\nnot ok 3 a.b[c=d] # ERROR the program ended without a verdict"));
}

TEST(an_error_of_the_test)
{
	run("# ok S sda\n# error no device\n# error later\nnot ok 1 global.t\n");
	EXPECT_TRUE(says("\nnot ok 3 a.b[c=d] # ERROR no device\n"));
	run("# error no device\nok 1 global.t\n");
	EXPECT_TRUE(says("\nnot ok 3 a.b[c=d] # ERROR no device\n"));
}

TEST(a_test_that_is_skipped)
{
	run("ok 1 # SKIP no IOMMU\n");
	EXPECT_TRUE(says("\nok 3 a.b[c=d] # SKIP no IOMMU\n"));
	EXPECT_TRUE(!says("# checks="));
}

TEST(a_mark_waits_for_the_host)
{
	script_marks = true;
	run("# mark armed pin=20\n");
	script_marks = false;
	EXPECT_TRUE(says("  # mark armed pin=20\n  ok 1 S the host has looked\n"));
	EXPECT_EQ(looks, 1);
}
