// SPDX-License-Identifier: GPL-2.0-only
#include "host/pci/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/probe/clock.h"
#include "host/probe/file.h"

int sysfs_path(char path[SYSFS_PATH], const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(path, SYSFS_PATH, format, arguments);
	va_end(arguments);
	if (n >= 0 && n < SYSFS_PATH)
		return 0;
	path[0] = '\0';
	return -ENAMETOOLONG;
}

/* Fill @text as far as the file goes; a text that fills it to the last byte did not fit. */
static int read_all(int fd, char *text, size_t size)
{
	size_t n = 0;

	while (n < size) {
		ssize_t got = read(fd, text + n, size - n);

		if (got < 0)
			return -errno;
		if (!got)
			return (int)n;
		n += (size_t)got;
	}
	return -EFBIG;
}

int sysfs_read(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), n;

	text[0] = '\0';
	if (fd < 0)
		return -errno;
	n = read_all(fd, text, size);
	close(fd);
	if (n < 0) {
		text[0] = '\0';
		return n;
	}
	if (n && text[n - 1] == '\n')
		n--;
	text[n] = '\0';
	return n;
}

long sysfs_number(const char *path, long otherwise)
{
	char text[32], *end;
	long number;

	if (sysfs_read(path, text, sizeof(text)) <= 0)
		return otherwise;
	errno = 0;
	number = strtol(text, &end, 0);
	return errno || *end ? otherwise : number;
}

/* Return: 0: @child has ended; -ETIMEDOUT; another -errno. */
static int wait_for_end(pid_t child, unsigned int ms)
{
	struct pollfd poller = { .events = POLLIN };
	uint64_t end = clock_ns() + ms * NS_PER_MS, now;
	int ready;

	poller.fd = (int)syscall(SYS_pidfd_open, child, 0);
	if (poller.fd < 0)
		return -errno;
	do {
		now = clock_ns();
		ready = poll(&poller, 1, now < end ? (int)((end - now) / NS_PER_MS) : 0);
	} while (ready < 0 && errno == EINTR);
	close(poller.fd);
	return ready == 1 ? 0 : -ETIMEDOUT;
}

/* Fork; what the child is to do it does for its parent alone, and dies with it. */
static pid_t fork_bound(void)
{
	pid_t parent = getpid(), child = fork();

	if (!child && (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent))
		_exit(EINTR);
	return child;
}

/* Return: what @child exited with as -errno; -ETIMEDOUT: it goes on. */
static int result_within(pid_t child, unsigned int ms)
{
	int result = wait_for_end(child, ms), status;

	if (result) {
		/* It dies as soon as the kernel lets go of it, and is reaped with its parent. */
		kill(child, SIGKILL);
		return result;
	}
	if (waitpid(child, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

int sysfs_write_within(const char *path, const char *text, unsigned int ms)
{
	pid_t child = fork_bound();

	if (child < 0)
		return -errno;
	if (!child)
		_exit(-file_write(path, text));
	return result_within(child, ms);
}

/* A page fits into a pipe: the child never waits for its reader. */
static _Noreturn void read_to_pipe(const char *path, int pipe)
{
	char text[4096];
	int n = sysfs_read(path, text, sizeof(text));

	if (n > 0 && write(pipe, text, (size_t)n) != n)
		n = -EIO;
	_exit(n < 0 ? -n : 0);
}

int sysfs_read_within(const char *path, char *text, size_t size, unsigned int ms)
{
	int ends[2], result;
	pid_t child;

	text[0] = '\0';
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	child = fork_bound();
	if (!child)
		read_to_pipe(path, ends[1]);
	close(ends[1]);
	result = child < 0 ? -errno : result_within(child, ms);
	if (!result)
		result = read_all(ends[0], text, size);
	close(ends[0]);
	text[result > 0 ? result : 0] = '\0';
	return result;
}

int sysfs_link(const char *path, char *name, size_t size)
{
	char target[SYSFS_PATH];
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	const char *last;
	size_t length;

	name[0] = '\0';
	if (n < 0)
		return -errno;
	target[n] = '\0';
	last = strrchr(target, '/');
	last = last ? last + 1 : target;
	length = strlen(last);
	if (length >= size)
		return -EFBIG;
	memcpy(name, last, length + 1);
	return (int)length;
}
