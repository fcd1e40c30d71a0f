/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether an interrupt goes where its vCPU has gone. */
#ifndef LIFELINE_MSI_FOLLOW_H
#define LIFELINE_MSI_FOLLOW_H

#include "suites/msi/rounds.h"

/* Interrupts on one CPU: the first moves itself, the others come from the new place. */
#define STAY 4

/** follows() - does @vector go to physical CPU @cpu, after STAY more interrupts at most? */
bool follows(struct test *t, struct exercise *e, unsigned int vector, unsigned int cpu,
	     struct tally *sum);

#endif
