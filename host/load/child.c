// SPDX-License-Identifier: GPL-2.0-only
#include "host/load/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/probe/clock.h"

static int pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return 0;
	if (cpu >= CPU_SETSIZE)
		return EINVAL;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? errno : 0;
}

/* Between fork() and exec(). Return: what went wrong. */
static int become(const struct child *c, pid_t parent, const char *const argv[], int cpu)
{
	struct rlimit limit = { CHILD_OUTPUT, CHILD_OUTPUT };
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;
	int rc;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || setpgid(0, 0))
		return errno;
	/* It may be dead already. */
	if (getppid() != parent)
		return ESRCH;
	rc = pin(cpu);
	if (rc)
		return rc;
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) || setrlimit(RLIMIT_FSIZE, &limit))
		return errno;
	if (dup2(null, STDIN_FILENO) < 0 || dup2(c->out, STDOUT_FILENO) < 0 ||
	    dup2(c->err, STDERR_FILENO) < 0)
		return errno;
	execvp(argv[0], (char *const *)argv);
	return errno;
}

/* Return: what become() returned in the child, 0 if the program runs. */
static int await_exec(int fd)
{
	int rc = 0;
	ssize_t n;

	do
		n = read(fd, &rc, sizeof(rc));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(rc) ? rc : 0;
}

static int spawn(struct child *c, const char *const argv[], int cpu)
{
	pid_t parent = getpid();
	int tell[2], rc;

	if (pipe2(tell, O_CLOEXEC))
		return errno;
	c->pid = fork();
	if (!c->pid) {
		rc = become(c, parent, argv, cpu);
		/* Nobody to tell is nobody to care. */
		(void)!write(tell[1], &rc, sizeof(rc));
		_exit(127);
	}
	rc = c->pid < 0 ? errno : 0;
	close(tell[1]);
	if (!rc)
		rc = await_exec(tell[0]);
	close(tell[0]);
	if (rc && c->pid > 0)
		waitpid(c->pid, NULL, 0);
	return rc;
}

static int make_files(struct child *c)
{
	c->out = memfd_create("stdout", MFD_CLOEXEC);
	c->err = memfd_create("stderr", MFD_CLOEXEC);
	return c->out < 0 || c->err < 0 ? errno : 0;
}

int child_start(struct child *c, const char *const argv[], int cpu, char *error, size_t size)
{
	int rc;

	*c = (struct child){ .pidfd = -1, .out = -1, .err = -1 };
	rc = make_files(c);
	if (!rc)
		rc = spawn(c, argv, cpu);
	if (!rc) {
		c->pidfd = pidfd_open(c->pid, 0);
		rc = c->pidfd < 0 ? errno : 0;
		if (rc) {
			kill(-c->pid, SIGKILL);
			waitpid(c->pid, NULL, 0);
		}
	}
	if (!rc)
		return 0;
	child_free(c);
	(void)snprintf(error, size, "%s: cannot be started on CPU %d: %s; is it in PATH?", argv[0],
		       cpu, strerror(rc));
	return -rc;
}

bool child_wait(const struct child *c, uint64_t ns)
{
	uint64_t until = clock_ns() + ns, now;
	struct pollfd p = { .fd = c->pidfd, .events = POLLIN };

	for (now = clock_ns();; now = clock_ns()) {
		struct timespec t = clock_spec(now < until ? until - now : 0);
		int n = ppoll(&p, 1, &t, NULL);

		if (n > 0 || (n < 0 && errno != EINTR) || now >= until)
			return n > 0;
	}
}

int child_stop(struct child *c, int signal, uint64_t ns, int *status)
{
	int killed = 0;

	*status = 0;
	if (!child_wait(c, 0))
		kill(c->pid, signal);
	if (!child_wait(c, ns)) {
		killed = 1;
		kill(-c->pid, SIGKILL);
		if (!child_wait(c, ns))
			return -EBUSY;
	}
	/* What it may have left behind. */
	kill(-c->pid, SIGKILL);
	waitpid(c->pid, status, 0);
	c->pid = 0;
	return killed;
}

size_t child_output(int fd, char **text)
{
	off_t size = lseek(fd, 0, SEEK_END);
	size_t room = size > 0 ? (size_t)size : 0, len = 0;

	*text = malloc(room + 1);
	if (!*text)
		return 0;
	while (len < room) {
		ssize_t n = pread(fd, *text + len, room - len, (off_t)len);

		if (n <= 0)
			break;
		len += (size_t)n;
	}
	(*text)[len] = '\0';
	return len;
}

void child_free(struct child *c)
{
	int fds[] = { c->pidfd, c->out, c->err };

	for (unsigned int i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	*c = (struct child){ .pidfd = -1, .out = -1, .err = -1 };
}
