/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIFELINE_ARCH_TRAP_H
#define LIFELINE_ARCH_TRAP_H

/** trap_init() - register the exception stubs of head.S with Xen (HYPERVISOR_set_trap_table) */
void trap_init(void);

/** trap_init_pvh() - the same for a PVH guest: load an interrupt descriptor table of our own */
void trap_init_pvh(void);

/**
 * die() - end this domain as crashed (SHUTDOWN_crash), saying @why on the
 * console if this domain has one. For what cannot happen unless we are wrong.
 */
_Noreturn void die(const char *why);

#endif
