/* SPDX-License-Identifier: GPL-2.0-only */
/* Pirqs, as the control domain maps, unmaps and reserves them. */
#ifndef LIFELINE_CONTROL_PIRQ_H
#define LIFELINE_CONTROL_PIRQ_H

#include "guest/control/device.h"
#include "guest/xen/interface.h"

/** PIRQ_ANY - let Xen choose the pirq; INDEX_NEW - let Xen make an irq for the message */
#define PIRQ_ANY  (-1)
#define INDEX_NEW (-1)

/** pirq_limit() - number of pirqs that Xen gives this domain: the first that bind calls invalid */
uint32_t pirq_limit(void);

/** pirq_map() - PHYSDEVOP_map_pirq of @gsi as @pirq for @dom. Return: 0 or -errno */
int pirq_map(domid_t dom, uint32_t gsi, uint32_t pirq);

/** pirq_map_any() - the same as a pirq of Xen's choice. Return: the pirq or -errno */
int pirq_map_any(domid_t dom, uint32_t gsi);

/**
 * pirq_map_message() - map the MSI of @dev, or with @table_base entry @entry of its MSI-X table
 * @pirq: which, or PIRQ_ANY
 * @table_base: address of the BAR that holds the table; 0: MSI
 *
 * Xen must know the device: message_announce(). It makes an irq for the
 * message, and forgets it with pirq_unmap().
 *
 * Return: the pirq or -errno.
 */
int pirq_map_message(domid_t dom, const struct device *dev, uint32_t entry, uint64_t table_base,
		     int pirq);

/** pirq_unmap() - PHYSDEVOP_unmap_pirq. Return: 0 or -errno */
int pirq_unmap(domid_t dom, uint32_t pirq);

/**
 * pirq_reserve() - PHYSDEVOP_get_free_pirq
 * @type: MAP_PIRQ_TYPE_GSI: from the GSIs' numbers first; another: above them
 *
 * Nothing gives a reserved pirq back but mapping and unmapping it.
 *
 * Return: the pirq or -errno.
 */
int pirq_reserve(int type);

#endif
