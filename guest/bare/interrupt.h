/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts of the bare machine. A handler notes that its interrupt has come,
 * and no more: who waits for it looks. The line's is in service until the driver
 * ends it, and keeps off the others of its priority class, of which there are none.
 */
#ifndef LIFELINE_BARE_INTERRUPT_H
#define LIFELINE_BARE_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

#define LINE_VECTOR 0x20u /* the device, by its line or by message */
#define KICK_VECTOR 0x30u

/** interrupt_init() - descriptor table, local APIC and its timer; interrupts are enabled from here on */
void interrupt_init(void);

/** interrupt_line() - has the device interrupted, since interrupt_take_line()? */
bool interrupt_line(void);
void interrupt_take_line(void);

/** interrupt_end_line() - EOI of the device's interrupt, if one is in service */
void interrupt_end_line(void);

/** interrupt_kick() - has the controller kicked, since interrupt_take_kick()? */
bool interrupt_kick(void);
void interrupt_take_kick(void);

/* What ends a wait, if it has come and was not taken. */
#define WAKE_LINE 1u
#define WAKE_KICK 2u

/**
 * interrupt_wait() - halt until an interrupt comes
 * @deadline: or until clock_now() is this; 0: there is no deadline
 * @by: WAKE_*: no halt if that is there already
 *
 * May return early: any interrupt ends it, the timer's of an earlier wait among them.
 */
void interrupt_wait(uint64_t deadline, unsigned int by);

#endif
