// SPDX-License-Identifier: GPL-2.0-only
#include "guest/control/pirq.h"

#include "guest/xen/event.h"
#include "guest/xen/hypercall.h"

uint32_t pirq_limit(void)
{
	uint32_t valid = 0, invalid = 1u << 16;

	while (invalid - valid > 1) {
		uint32_t pirq = (valid + invalid) / 2;
		int port = pirq_bind(pirq);

		if (port > 0)
			port_close((evtchn_port_t)port);
		if (port == -XEN_EINVAL)
			invalid = pirq;
		else
			valid = pirq;
	}
	return invalid;
}

static int map(struct physdev_map_pirq *op)
{
	long rc = xen_physdev_op(PHYSDEVOP_map_pirq, op);

	return rc ? (int)rc : op->pirq;
}

static int map_line(domid_t dom, uint32_t gsi, int pirq)
{
	struct physdev_map_pirq op = {
		.domid = dom,
		.type = MAP_PIRQ_TYPE_GSI,
		.index = (int)gsi,
		.pirq = pirq,
	};

	return map(&op);
}

int pirq_map(domid_t dom, uint32_t gsi, uint32_t pirq)
{
	int rc = map_line(dom, gsi, (int)pirq);

	return rc < 0 ? rc : 0;
}

int pirq_map_any(domid_t dom, uint32_t gsi)
{
	return map_line(dom, gsi, PIRQ_ANY);
}

int pirq_map_message(domid_t dom, const struct device *dev, uint32_t entry, uint64_t table_base,
		     int pirq)
{
	struct physdev_map_pirq op = {
		.domid = dom,
		.type = MAP_PIRQ_TYPE_MSI,
		.index = INDEX_NEW,
		.pirq = pirq,
		.bus = dev->bdf >> 8,
		.devfn = dev->bdf & 0xff,
		.entry_nr = (int)entry,
		.table_base = table_base,
	};

	return map(&op);
}

int pirq_unmap(domid_t dom, uint32_t pirq)
{
	struct physdev_unmap_pirq op = { .domid = dom, .pirq = (int)pirq };

	return (int)xen_physdev_op(PHYSDEVOP_unmap_pirq, &op);
}

int pirq_reserve(int type)
{
	struct physdev_get_free_pirq op = { .type = type };
	long rc = xen_physdev_op(PHYSDEVOP_get_free_pirq, &op);

	return rc ? (int)rc : (int)op.pirq;
}
