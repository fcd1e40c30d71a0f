/* SPDX-License-Identifier: GPL-2.0-only */
/* The offender of a case by the names that its variants have, and what saves the others from its device. */
#ifndef LIFELINE_CASE_OFFENDER_H
#define LIFELINE_CASE_OFFENDER_H

#include "host/case/shared.h"
#include "host/domain/domain.h"

/**
 * struct offender - a kind of offender, as a fixture's variant has it
 * @model: of its function
 * @index: which of that model in $LIFELINE_DEVICES
 * @kind: how its driver is run
 * @irq: how its device interrupts
 */
struct offender {
	const char *model;
	unsigned int index;
	const struct domain_kind *kind;
	enum irq_kind irq;
};

/** offender_start() - a domain with the line's offending function, which is taken. Return: as case_take() */
enum taken offender_start(const struct shared_line *l, const struct offender *o, struct domain *d,
			  char why[TAKE_WHY]);

/**
 * offender_quiet_by() - silence the function by its row of the descriptor table alone, while process @pid has it
 *
 * By a copy of that process's file, as a supervisor would: the host's own way to the registers is closed as long as
 * somebody has them (CONFIG_IO_STRICT_DEVMEM). Return: 0 or -errno with one line in @why.
 */
int offender_quiet_by(const struct shared_line *l, pid_t pid, char why[TAKE_WHY]);

/** offender_quiet() - the same once nobody has it any more */
int offender_quiet(const struct shared_line *l, char why[TAKE_WHY]);

/**
 * struct function_intx - what a function's configuration space says of its INTx
 * @disabled: DisINTx: it may not assert
 * @asserted: Interrupt Status: it has a reason to, whether it may or not (PCI 3.0, 6.2.3)
 */
struct function_intx {
	bool disabled, asserted;
};

/** offender_look() - look at the function, whoever has it. Return: the same */
int offender_look(const struct shared_line *l, struct function_intx *intx, char why[TAKE_WHY]);

/** offender_disintx() - set DisINTx of the function. Return: the same; -ENODEV: it has no such bit */
int offender_disintx(const struct shared_line *l, char why[TAKE_WHY]);

#endif
