/* SPDX-License-Identifier: GPL-2.0-only */
/* How often a tracepoint was passed, on all CPUs: counted by the kernel (perf_event_open(2)), nothing is recorded. */
#ifndef LIFELINE_PROBE_TALLY_H
#define LIFELINE_PROBE_TALLY_H

#include <stddef.h>
#include <stdint.h>

/** TALLY_CPUS - so many are counted at most */
#define TALLY_CPUS 64u

/**
 * struct tally - counters of a tracepoint
 * @cpus: how many CPUs are counted: those that were online
 * @fd: their counters
 */
struct tally {
	unsigned int cpus;
	int fd[TALLY_CPUS];
};

/**
 * tally_open() - count tracepoint @name, e.g. "kvm/kvm_ack_irq", from now on
 *
 * tally_close() is due in any case. Return: 0 or -errno, with one line in @error: -ENOENT no such
 * tracepoint: its module may not be loaded.
 */
int tally_open(struct tally *t, const char *name, char *error, size_t size);

/** tally_read() - how often until now */
uint64_t tally_read(const struct tally *t);

/** tally_close() - stop counting */
void tally_close(struct tally *t);

#endif
