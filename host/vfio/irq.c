// SPDX-License-Identifier: GPL-2.0-only
/* VFIO_DEVICE_SET_IRQS (drivers/vfio/pci/vfio_pci_intrs.c). */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "host/vfio/vfio.h"

struct irq_set {
	struct vfio_irq_set set;
	int32_t fds[VFIO_MAX_VECTORS];
};

int vfio_set_irqs(const struct vfio_device *v, const struct vfio_irq_set *set)
{
	int rc = ioctl(v->device, VFIO_DEVICE_SET_IRQS, set);

	return rc < 0 ? -errno : rc;
}

static int set_fds(const struct vfio_device *v, uint32_t index, uint32_t action, const int *fds,
		   unsigned int n)
{
	struct irq_set s = {
		.set = {
			.argsz = (uint32_t)(sizeof(s.set) + n * sizeof(s.fds[0])),
			.flags = VFIO_IRQ_SET_DATA_EVENTFD | action,
			.index = index,
			.count = n,
		},
	};
	int rc;

	memcpy(s.fds, fds, n * sizeof(s.fds[0]));
	rc = vfio_set_irqs(v, &s.set);
	/* vfio_msi_enable() says how many it could have had. */
	return rc > 0 ? -ENOSPC : rc;
}

static int set_none(const struct vfio_device *v, uint32_t index, uint32_t action, uint32_t count)
{
	struct vfio_irq_set set = {
		.argsz = sizeof(set),
		.flags = VFIO_IRQ_SET_DATA_NONE | action,
		.index = index,
		.count = count,
	};

	return vfio_set_irqs(v, &set);
}

int vfio_irq_enable(const struct vfio_device *v, enum irq_kind kind, const int *fds, unsigned int n)
{
	if (!n || n > VFIO_MAX_VECTORS || n > v->vectors[kind])
		return -ENOSPC;
	return set_fds(v, (uint32_t)kind, VFIO_IRQ_SET_ACTION_TRIGGER, fds, n);
}

int vfio_irq_disable(const struct vfio_device *v, enum irq_kind kind)
{
	return set_none(v, (uint32_t)kind, VFIO_IRQ_SET_ACTION_TRIGGER, 0);
}

int vfio_intx_mask(const struct vfio_device *v)
{
	return set_none(v, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_MASK, 1);
}

int vfio_intx_unmask(const struct vfio_device *v)
{
	return set_none(v, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_UNMASK, 1);
}

int vfio_intx_unmask_by(const struct vfio_device *v, int fd)
{
	return set_fds(v, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_UNMASK, &fd, 1);
}
