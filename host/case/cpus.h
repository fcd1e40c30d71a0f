/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs that go and come, where interrupts go meanwhile, and all of it as it was in the end. */
#ifndef LIFELINE_CASE_CPUS_H
#define LIFELINE_CASE_CPUS_H

#include "host/case/take.h"
#include "host/load/affinity.h"

#define CPUS_IRQS 128u

/**
 * struct cpus - as it was
 * @n: interrupts
 * @irq: each with the CPUs that it may go to
 * @cpu: the one that goes offline and comes back
 */
struct cpus {
	unsigned int n;
	struct affinity irq[CPUS_IRQS];
	unsigned int cpu;
};

/**
 * cpus_keep() - note how it is
 * @cpu: the one that will go
 *
 * Return: TAKE_SKIP: it cannot go offline, or is not online.
 */
enum taken cpus_keep(struct cpus *c, unsigned int cpu, char why[TAKE_WHY]);

/** cpus_give_back() - CPU online, and each interrupt as it was: a CPU that goes takes its affinity with it. Return: 0 or -errno */
int cpus_give_back(const struct cpus *c);

/** cpus_online() - let @cpu come, or go. Return: 0 or -errno */
int cpus_online(unsigned int cpu, bool online);

/** cpus_stay() - run on @cpu alone from now on. Return: 0 or -errno */
int cpus_stay(unsigned int cpu);

/** cpus_send() - interrupts of @irq go to @cpu from now on. Return: 0 or -errno */
int cpus_send(unsigned int irq, unsigned int cpu);

/** cpus_irq_of() - number of the interrupt whose handler's name has @word in it and @bdf; 0: there is none */
unsigned int cpus_irq_of(const char *word, const char *bdf);

#endif
