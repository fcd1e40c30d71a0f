/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's log from a point in time on (Documentation/ABI/testing/dev-kmsg), and what of it
 * an interrupt case must know: lines that were killed, warnings, crashes, lockups.
 */
#ifndef LIFELINE_PROBE_KMSG_H
#define LIFELINE_PROBE_KMSG_H

#include <stddef.h>
#include <stdint.h>

#define KMSG_TEXT 160u
#define KMSG_KEPT 16u

/** enum kmsg_kind - what a line of the log says */
enum kmsg_kind {
	KMSG_OTHER,	   /* also: written by a process, whatever it says */
	KMSG_NOBODY_CARED, /* "irq 20: nobody cared": @irq */
	KMSG_DISABLED,	   /* "Disabling IRQ #20": @irq */
	KMSG_STRAY,	   /* "No irq handler for vector", "NMI received for unknown reason" */
	KMSG_WARNING,	   /* "WARNING: ..." */
	KMSG_BUG,	   /* "BUG: ...", "kernel BUG at ..." */
	KMSG_OOPS,	   /* "Oops: ...", "general protection fault", "Kernel panic" */
	KMSG_LOCKUP,	   /* a CPU or a task that hangs, an RCU stall */
	KMSG_KINDS,
};

/**
 * struct kmsg_line - a line that matters
 * @kind: what it says
 * @irq: of which line, if @kind says so
 * @text: the line, cut if it is longer; printable
 */
struct kmsg_line {
	enum kmsg_kind kind;
	unsigned int irq;
	char text[KMSG_TEXT];
};

/**
 * struct kmsg - the log since kmsg_open()
 * @fd: of /dev/kmsg
 * @records: read until now
 * @lost: times that the kernel had thrown records away before they were read
 * @count: how many lines of each kind
 * @kept: how many lines are in @line
 * @line: the first that matter
 */
struct kmsg {
	int fd;
	uint32_t records, lost;
	uint32_t count[KMSG_KINDS];
	uint32_t kept;
	struct kmsg_line line[KMSG_KEPT];
};

/** kmsg_open() - begin behind the last line that is there now. Return: 0 or -errno with @error */
int kmsg_open(struct kmsg *k, char *error, size_t size);

/**
 * kmsg_read() - take in what was logged since
 *
 * Bounded: 4096 records at most; what is beyond is for the next call.
 *
 * Return: how many records were read, or -errno.
 */
int kmsg_read(struct kmsg *k);

/** kmsg_irq() - how many lines of @kind there were for line @irq among those kept */
uint32_t kmsg_irq(const struct kmsg *k, enum kmsg_kind kind, unsigned int irq);

/** kmsg_close() - give the file back */
void kmsg_close(struct kmsg *k);

/**
 * kmsg_record() - take in one record as /dev/kmsg gives it
 * @record: "6,339,5140900,-;text\n CONTEXT=value\n"; need not be NUL-terminated
 * @len: bytes of it
 */
void kmsg_record(struct kmsg *k, const char *record, size_t len);

#endif
