/* SPDX-License-Identifier: GPL-2.0-only */
/* What the control domain asks of pirqs beyond a line's own: messages, reserved numbers, MSI-X tables. */
#ifndef LIFELINE_CONTROL_PIRQ_H
#define LIFELINE_CONTROL_PIRQ_H

#include "guest/control/device.h"
#include "guest/xen/interface.h"

/** PIRQ_ANY - let Xen choose the pirq; INDEX_NEW - let Xen make an irq for the message */
#define PIRQ_ANY  (-1)
#define INDEX_NEW (-1)

/** pirq_bus_devfn() - put where @dev is into @map */
void pirq_bus_devfn(struct physdev_map_pirq *map, const struct device *dev);

/**
 * pirq_map_line() - PHYSDEVOP_map_pirq of @gsi for @dom, as pirq @pirq or PIRQ_ANY
 *
 * Return: the pirq or -errno.
 */
int pirq_map_line(domid_t dom, uint32_t gsi, int pirq);

/**
 * pirq_map_msi() - map the MSI of @dev for this domain, as pirq @pirq or PIRQ_ANY
 *
 * Xen makes an irq for it, and forgets it with pirq_unmap(). Xen must know the
 * device: pci_announce().
 *
 * Return: the pirq or -errno.
 */
int pirq_map_msi(const struct device *dev, int pirq);

/** pirq_map_msix() - the same for entry 0 of its MSI-X table, which must be in BAR 0 */
int pirq_map_msix(const struct device *dev);

/**
 * pirq_reserve() - PHYSDEVOP_get_free_pirq
 * @type: MAP_PIRQ_TYPE_GSI: from the GSIs' numbers first; another: above them
 *
 * Nothing gives a reserved pirq back but mapping and unmapping it.
 *
 * Return: the pirq or -errno.
 */
int pirq_reserve(int type);

/** pci_announce() - PHYSDEVOP_manage_pci_add of @dev. Return: 0 or -errno */
int pci_announce(const struct device *dev);

/** msix_prepare() - PHYSDEVOP_prepare_msix of @dev. Return: 0 or -errno */
int msix_prepare(const struct device *dev);

/** msix_release() - PHYSDEVOP_release_msix of @dev. Return: 0 or -errno */
int msix_release(const struct device *dev);

#endif
