// SPDX-License-Identifier: GPL-2.0-only
/* Programs as children: started, stopped within a bound, gone with their parent. */
#include "host/load/child.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/tests/unit.h"
#include "host/load/output.h"
#include "host/load/progress.h"
#include "host/probe/clock.h"

#define SOON (5 * NS_PER_S)

static char error[256];

static int start(struct child *c, const char *script, int cpu)
{
	const char *const argv[] = { "sh", "-c", script, NULL };

	return child_start(c, argv, cpu, error, sizeof(error));
}

TEST(output)
{
	struct output o;
	struct child c;

	EXPECT_EQ(start(&c, "echo out; echo err >&2; read x || echo no input", -1), 0);
	EXPECT_TRUE(child_wait(&c, SOON));
	EXPECT_EQ(output_of_stopped(&c, "sh", SIGINT, SOON, &o, error, sizeof(error)), 0);
	EXPECT_STR(o.out, "out\nno input\n");
	EXPECT_STR(o.err, "err\n");
	EXPECT_EQ(o.len, 13);
	output_free(&o);
	EXPECT_EQ(c.pid, 0);
}

TEST(asked_to_end)
{
	struct child c;
	int status;

	EXPECT_EQ(start(&c, "trap 'exit 7' INT; while :; do sleep 0.05; done", -1), 0);
	EXPECT_TRUE(!child_wait(&c, 200 * NS_PER_MS));
	EXPECT_EQ(child_stop(&c, SIGINT, SOON, &status), 0);
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(WEXITSTATUS(status), 7);
	child_free(&c);
}

TEST(killed)
{
	uint64_t from = clock_ns();
	struct output o;
	struct child c;

	EXPECT_EQ(start(&c, "trap '' INT TERM; while :; do sleep 0.05; done", -1), 0);
	EXPECT_TRUE(!child_wait(&c, 200 * NS_PER_MS));
	EXPECT_EQ(output_of_stopped(&c, "sh", SIGINT, 200 * NS_PER_MS, &o, error, sizeof(error)),
		  -ETIMEDOUT);
	EXPECT_TRUE(strstr(error, "sh: did not end within 200 ms, killed") == error);
	EXPECT_TRUE(clock_ns() - from < SOON);
}

/* What the program has started itself is gone, too. */
TEST(its_group_goes_with_it)
{
	struct child c;
	char *text;
	int status;
	pid_t grandchild;

	EXPECT_EQ(start(&c, "sleep 1000 & echo $!", -1), 0);
	EXPECT_TRUE(child_wait(&c, SOON));
	EXPECT_TRUE(child_output(c.out, &text) > 0);
	grandchild = (pid_t)strtol(text, NULL, 10);
	free(text);
	EXPECT_TRUE(grandchild > 0);
	EXPECT_EQ(child_stop(&c, SIGINT, SOON, &status), 0);
	child_free(&c);
	/* It is init's to reap, soon. */
	for (unsigned int i = 0; i < 100 && !kill(grandchild, 0); i++)
		usleep(20000);
	EXPECT_TRUE(kill(grandchild, 0) && errno == ESRCH);
}

TEST(no_such_program)
{
	const char *const argv[] = { "no-such-program-anywhere", NULL };
	struct child c;

	EXPECT_EQ(child_start(&c, argv, -1, error, sizeof(error)), -ENOENT);
	EXPECT_STR(error, "no-such-program-anywhere: cannot be started on CPU -1: No such file or "
			  "directory; is it in PATH?");
	EXPECT_EQ(waitpid(-1, NULL, WNOHANG), -1);
}

TEST(no_such_cpu)
{
	struct child c;

	EXPECT_EQ(start(&c, "exit", CPU_SETSIZE - 1), -EINVAL);
	EXPECT_EQ(start(&c, "exit", CPU_SETSIZE), -EINVAL);
	EXPECT_EQ(waitpid(-1, NULL, WNOHANG), -1);
}

TEST(its_cpu)
{
	struct output o;
	struct child c;
	cpu_set_t set;
	char expected[32];
	int cpu = 0;

	EXPECT_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
	while (!CPU_ISSET(cpu, &set))
		cpu++;
	EXPECT_EQ(start(&c, "grep Cpus_allowed_list /proc/self/status", cpu), 0);
	EXPECT_TRUE(child_wait(&c, SOON));
	EXPECT_EQ(output_of_stopped(&c, "sh", SIGINT, SOON, &o, error, sizeof(error)), 0);
	(void)snprintf(expected, sizeof(expected), "Cpus_allowed_list:\t%d\n", cpu);
	EXPECT_STR(o.out, expected);
	output_free(&o);
}

TEST(too_much_output)
{
	struct child c;
	int status;

	EXPECT_EQ(start(&c, "exec cat /dev/zero", -1), 0);
	EXPECT_TRUE(child_wait(&c, 4 * SOON));
	EXPECT_EQ(child_stop(&c, SIGINT, SOON, &status), 0);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ);
	child_free(&c);
}

/* A parent that is killed leaves nothing behind. */
TEST(dies_with_its_parent)
{
	int tell[2];
	pid_t parent, child = 0;

	EXPECT_EQ(pipe(tell), 0);
	EXPECT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	parent = fork();
	if (!parent) {
		struct child c;

		if (!start(&c, "sleep 1000", -1))
			(void)!write(tell[1], &c.pid, sizeof(c.pid));
		pause();
	}
	EXPECT_EQ(read(tell[0], &child, sizeof(child)), sizeof(child));
	kill(parent, SIGKILL);
	EXPECT_EQ(waitpid(parent, NULL, 0), parent);
	EXPECT_TRUE(child > 0);
	/* It is ours now; PR_SET_PDEATHSIG has killed it. */
	EXPECT_EQ(waitpid(child, NULL, 0), child);
	close(tell[0]);
	close(tell[1]);
}

static uint64_t looked;

static uint64_t count(const char *name)
{
	return name[0] == 'd' ? 0 : ++looked;
}

TEST(progress)
{
	struct child c;
	int status;

	EXPECT_EQ(start(&c, "exec sleep 1000", -1), 0);
	EXPECT_EQ(progress_await(&c, count, "live", 5, SOON, error, sizeof(error)), 0);
	EXPECT_EQ(progress_await(&c, count, "dead", 1, 100 * NS_PER_MS, error, sizeof(error)),
		  -ETIMEDOUT);
	EXPECT_TRUE(strstr(error, "dead: its load does not work after 100 ms") == error);
	kill(c.pid, SIGKILL);
	EXPECT_EQ(progress_await(&c, count, "dead", 1, SOON, error, sizeof(error)), -ECHILD);
	EXPECT_EQ(child_stop(&c, SIGINT, SOON, &status), 0);
	child_free(&c);
}
