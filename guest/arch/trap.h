/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIFELINE_ARCH_TRAP_H
#define LIFELINE_ARCH_TRAP_H

/** trap_init() - register the exception stubs of head.S with Xen (HYPERVISOR_set_trap_table) */
void trap_init(void);

/** trap_init_pvh() - the same for a PVH guest: load an interrupt descriptor table of our own */
void trap_init_pvh(void);

/** trap_set_gate() - in the table of trap_init_pvh(): @vector, below TRAP_VECTORS, enters at @entry */
void trap_set_gate(unsigned int vector, unsigned long entry);

#define TRAP_VECTORS 0x40u

/** trap_die_by() - without a hypervisor to call: die() calls @end with its line instead */
void trap_die_by(void (*end)(const char *line));

/**
 * die() - end this domain as crashed (SHUTDOWN_crash), saying @why on the
 * console if this domain has one. For what cannot happen unless we are wrong.
 */
_Noreturn void die(const char *why);

#endif
