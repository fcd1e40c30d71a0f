// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/agent/agent.h"
#include "host/probe/clock.h"

#define FOLDER	  "/collection/lifeline"
#define LINE	  1024
#define TEXT	  300
#define KSFT_SKIP 4

/* A case that runs. @claim: the harness's verdict: 1, 0, or -1 as long as there is none. */
struct running {
	pid_t pid;
	FILE *out;
	int witness;
	unsigned int checks, failed;
	int claim;
	char error[TEXT], skip[TEXT], note[TEXT];
};

static const char *behind(const char *line, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(line, prefix, n) ? NULL : line + n;
}

static void keep(char *where, const char *text)
{
	if (!where[0])
		snprintf(where, TEXT, "%s", text);
}

static void become_program(const char *name, const char *test, int out, int witness)
{
	char path[256], fd[16];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	snprintf(path, sizeof(path), FOLDER "/%s", name);
	snprintf(fd, sizeof(fd), "%d", witness);
	setenv("LIFELINE_WITNESS", fd, 1);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execl(path, name, "-r", test, NULL);
	printf("# error %s: %s\n", path, strerror(errno));
	fflush(stdout);
	_exit(1);
}

static bool start(struct running *r, const char *name, const char *test)
{
	int out[2], witness[2];

	if (pipe2(out, O_CLOEXEC) || pipe(witness))
		return false;
	fcntl(witness[1], F_SETFD, FD_CLOEXEC);
	fflush(stdout);
	r->pid = fork();
	if (!r->pid)
		become_program(name, test, out[1], witness[0]);
	close(out[1]);
	close(witness[0]);
	r->witness = witness[1];
	r->out = fdopen(out[0], "r");
	return r->pid > 0 && r->out;
}

/* The controller has looked when it writes a byte; then the program may go on. */
static void mark(struct running *r, const char *text)
{
	char go;

	printf("  # mark %s\n", text);
	while (read(STDIN_FILENO, &go, 1) < 0 && errno == EINTR)
		;
	if (write(r->witness, "+", 1) < 0)
		keep(r->error, "the program did not wait at its mark");
}

static void check(struct running *r, bool good, const char *text)
{
	r->failed += !good;
	printf("  %sok %u %s\n", good ? "" : "not ", ++r->checks, text);
}

/* What the harness says around a test, which the case line and the result line say too. */
static bool is_frame(const char *line)
{
	static const char *const frames[] = {
		"TAP version", "1..",	    "# Starting", "#  RUN ",
		"#        ",   "# PASSED:", "# FAILED:",  "# Totals:"
	};

	for (unsigned int i = 0; i < sizeof(frames) / sizeof(*frames); i++)
		if (behind(line, frames[i]))
			return true;
	return !line[0];
}

static void take_line(struct running *r, char *line)
{
	const char *text;

	line[strcspn(line, "\r\n")] = '\0';
	if ((text = behind(line, "# ok ")) || (text = behind(line, "# not ok "))) {
		check(r, line[2] == 'o', text);
	} else if ((text = behind(line, "# mark "))) {
		mark(r, text);
	} else if ((text = behind(line, "# error "))) {
		keep(r->error, text);
	} else if ((text = behind(line, "ok 1 # SKIP "))) {
		keep(r->skip, text);
		r->claim = 1;
	} else if (behind(line, "ok 1 ") || behind(line, "not ok 1 ")) {
		r->claim = line[0] == 'o';
	} else if (!is_frame(line)) {
		text = behind(line, "# ");
		printf("  # %s\n", text ? text : line);
		keep(r->note, text ? text : line);
	}
}

static void follow(struct running *r)
{
	char line[LINE];

	while (fgets(line, sizeof(line), r->out))
		take_line(r, line);
	fclose(r->out);
	close(r->witness);
}

/* Why the harness's verdict cannot stand as it is; the rest of the program's children end with it. */
static void settle(struct running *r)
{
	char text[TEXT + 32];
	int status = 0;

	kill(-r->pid, SIGKILL);
	if (waitpid(r->pid, &status, 0) != r->pid) {
		keep(r->error, "the program cannot be waited for");
	} else if (r->claim < 0) {
		snprintf(text, sizeof(text), "the program ended without a verdict (status %#x) %s",
			 status, r->note);
		keep(r->error, text);
	} else if (!r->claim && !r->failed && !r->error[0]) {
		snprintf(text, sizeof(text), "HC harness: %s", r->note[0] ? r->note : "not ok");
		check(r, false, text);
	}
}

void run_case(struct span line, unsigned int number)
{
	struct running r = { .claim = -1 };
	char id[128], program[64] = "", test[128] = "";
	struct span word = { 0 };
	uint64_t began = clock_ns();

	plan_next_word(&line, ' ', &word);
	span_copy(word, id, sizeof(id));
	if (plan_value(line, "program", &word))
		span_copy(word, program, sizeof(program));
	if (plan_value(line, "test", &word))
		span_copy(word, test, sizeof(test));
	setenv("LIFELINE_WRONG", plan_number(line, "wrong", 0) ? "1" : "0", 1);
	snprintf(r.note, sizeof(r.note), "%llu", (unsigned long long)plan_number(line, "seed", 1));
	setenv("LIFELINE_SEED", r.note, 1);
	r.note[0] = '\0';
	printf("# case %s\n  KTAP version 1\n", id);
	if (start(&r, program, test)) {
		follow(&r);
		settle(&r);
	} else {
		keep(r.error, "no process for the program");
	}
	if (r.error[0])
		printf("not ok %u %s # ERROR %s\n", number, id, r.error);
	else if (r.skip[0])
		printf("ok %u %s # SKIP %s\n", number, id, r.skip);
	else
		printf("%sok %u %s # checks=%u ms=%u\n", r.failed ? "not " : "", number, id,
		       r.checks, (unsigned int)((clock_ns() - began) / NS_PER_MS));
}
