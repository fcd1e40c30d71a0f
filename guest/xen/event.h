/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels and pirqs (xen/include/public/event_channel.h, physdev.h).
 * Every channel stays masked and upcalls stay off: the guest is woken by
 * SCHEDOP_poll, which looks at the pending bit alone. Xen's path of a pirq up
 * to that bit is the same as for a guest that takes upcalls.
 */
#ifndef LIFELINE_XEN_EVENT_H
#define LIFELINE_XEN_EVENT_H

#include <stdbool.h>

#include "guest/xen/interface.h"

/** shared_info() - the page that Xen shares with this domain; valid after event_init() */
struct shared_info *shared_info(void);

/** event_init() - map shared info at machine address @maddr and turn upcalls off */
void event_init(uint64_t maddr);

/** event_init_pvh() - the same for a PVH guest: Xen puts the page into our map. Return: 0 or -errno */
int event_init_pvh(void);

/**
 * event_upcall_init() - an HVM guest: an event on @port interrupts by @vector of the local APIC
 *
 * Return: 0 or -errno.
 */
int event_upcall_init(evtchn_port_t port, uint8_t vector);

/** event_upcall_take() - take the event off @port, so that the next one interrupts again */
void event_upcall_take(evtchn_port_t port);

/** event_mask_all() - mask every channel and upcalls in @info, of this or of another domain */
void event_mask_all(struct shared_info *info);

/**
 * pirq_bind() - bind @pirq to a new event channel, shareable
 *
 * Return: the port (> 0), or -errno: -EBUSY line full or not shareable, -EPERM
 * no access, -EEXIST bound already, -EINVAL no such pirq.
 */
int pirq_bind(uint32_t pirq);

/** port_close() - EVTCHNOP_close; for a pirq this is the unbind. Return: 0 or -errno */
int port_close(evtchn_port_t port);

/** port_wait() - block until @port is pending or @deadline (ns) has passed. Return: pending? */
bool port_wait(evtchn_port_t port, uint64_t deadline);

/** port_pending() - is an event on @port waiting? */
bool port_pending(evtchn_port_t port);

/** port_clear() - take the event off @port, so that the next one is seen */
void port_clear(evtchn_port_t port);

/** pirq_eoi() - PHYSDEVOP_eoi. Return: 0 or -errno */
int pirq_eoi(uint32_t pirq);

/** pirq_status() - PHYSDEVOP_irq_status_query. Return: XENIRQSTAT_* flags or -errno */
int pirq_status(uint32_t pirq);

#endif
