// SPDX-License-Identifier: GPL-2.0-only
#include "guest/control/pirq.h"

#include "guest/xen/hypercall.h"

void pirq_bus_devfn(struct physdev_map_pirq *map, const struct device *dev)
{
	map->bus = dev->bdf >> 8;
	map->devfn = dev->bdf & 0xff;
}

static int map_pirq(struct physdev_map_pirq *map)
{
	long rc = xen_physdev_op(PHYSDEVOP_map_pirq, map);

	return rc ? (int)rc : map->pirq;
}

int pirq_map_line(domid_t dom, uint32_t gsi, int pirq)
{
	struct physdev_map_pirq map = {
		.domid = dom,
		.type = MAP_PIRQ_TYPE_GSI,
		.index = (int)gsi,
		.pirq = pirq,
	};

	return map_pirq(&map);
}

int pirq_map_msi(const struct device *dev, int pirq)
{
	struct physdev_map_pirq map = {
		.domid = DOMID_SELF,
		.type = MAP_PIRQ_TYPE_MSI,
		.index = INDEX_NEW,
		.pirq = pirq,
	};

	pirq_bus_devfn(&map, dev);
	return map_pirq(&map);
}

int pirq_map_msix(const struct device *dev)
{
	struct physdev_map_pirq map = {
		.domid = DOMID_SELF,
		.type = MAP_PIRQ_TYPE_MSI,
		.index = INDEX_NEW,
		.pirq = PIRQ_ANY,
		.table_base = dev->bar,
	};

	pirq_bus_devfn(&map, dev);
	return map_pirq(&map);
}

int pirq_reserve(int type)
{
	struct physdev_get_free_pirq op = { .type = type };
	long rc = xen_physdev_op(PHYSDEVOP_get_free_pirq, &op);

	return rc ? (int)rc : (int)op.pirq;
}

int pci_announce(const struct device *dev)
{
	struct physdev_manage_pci op = { .bus = dev->bdf >> 8, .devfn = dev->bdf & 0xff };

	return (int)xen_physdev_op(PHYSDEVOP_manage_pci_add, &op);
}

static int msix_op(unsigned int cmd, const struct device *dev)
{
	struct physdev_pci_device op = { .bus = dev->bdf >> 8, .devfn = dev->bdf & 0xff };

	return (int)xen_physdev_op(cmd, &op);
}

int msix_prepare(const struct device *dev)
{
	return msix_op(PHYSDEVOP_prepare_msix, dev);
}

int msix_release(const struct device *dev)
{
	return msix_op(PHYSDEVOP_release_msix, dev);
}
