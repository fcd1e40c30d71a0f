/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program as a child: it dies with the thread that started it, has a process group of its
 * own, and what it prints goes into memory.
 */
#ifndef LIFELINE_LOAD_CHILD_H
#define LIFELINE_LOAD_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** CHILD_OUTPUT - a child that prints more than so many bytes is ended by the kernel (RLIMIT_FSIZE) */
#define CHILD_OUTPUT (8u << 20)

/**
 * struct child - a running program
 * @pid: of it, and of its process group; 0: none
 * @pidfd: becomes readable when it ends
 * @out: memory file of its standard output
 * @err: of its standard error
 */
struct child {
	pid_t pid;
	int pidfd, out, err;
};

/**
 * child_start() - start a program
 * @c: the child; child_free() is due only after a success
 * @argv: its arguments, NULL at the end; the program is looked for in PATH
 * @cpu: the only CPU that it may run on; -1: any
 *
 * Return: 0 or -errno, with one line in @error: -ENOENT no such program, -EINVAL no such CPU.
 */
int child_start(struct child *c, const char *const argv[], int cpu, char *error, size_t size);

/** child_wait() - wait up to @ns for its end. Return: has it ended? */
bool child_wait(const struct child *c, uint64_t ns);

/**
 * child_stop() - end it
 * @signal: what it is asked with
 * @ns: time that it has to end by itself; then its group is killed
 * @status: as of waitpid(2)
 *
 * Return: 0; 1 if it had to be killed; -EBUSY if it hangs in the kernel even then, for
 * another @ns: it will end with its I/O.
 */
int child_stop(struct child *c, int signal, uint64_t ns, int *status);

/**
 * child_output() - what it printed, after its end
 * @fd: @out or @err of the child
 * @text: NUL-terminated, to be free()d; NULL if there is no memory
 *
 * Return: its length.
 */
size_t child_output(int fd, char **text);

/** child_free() - give the files back */
void child_free(struct child *c);

#endif
