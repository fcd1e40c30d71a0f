/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PCI function as VFIO gives it to a process: container, group and device of
 * the type1 interface (linux/vfio.h, Documentation/driver-api/vfio.rst). Thin:
 * what the kernel refuses is told, not worked around.
 *
 * Functions return 0 or -errno. With @error they also leave one line there that
 * says what of which function is wrong and what to do; @size is its room.
 */
#ifndef LIFELINE_VFIO_VFIO_H
#define LIFELINE_VFIO_VFIO_H

#include <linux/vfio.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "guest/dev/exerciser.h"
#include "host/pci/bdf.h"

#define VFIO_BARS	 6
#define VFIO_KINDS	 3 /* of enum irq_kind */
#define VFIO_MAX_VECTORS 128u

/**
 * struct vfio_region - a BAR
 * @offset: where it begins in the device's file
 * @size: bytes, 0: there is none
 * @map: where it is mapped, NULL: it is read and written through the file
 */
struct vfio_region {
	uint64_t offset, size;
	void *map;
};

/**
 * struct vfio_device - an open function
 * @bdf: as in sysfs, "0000:00:04.0"
 * @group_number: of its IOMMU group
 * @container: file; DMA mappings belong to it
 * @group: file; for KVM_DEV_VFIO_GROUP_ADD
 * @device: file
 * @flags: VFIO_DEVICE_FLAGS_*: RESET if it can be reset at all
 * @bar: the BARs
 * @config: offset of configuration space in the device's file
 * @vectors: how many interrupts it has of each kind (enum irq_kind)
 * @irq_flags: VFIO_IRQ_INFO_* of each kind
 * @memory: lent to the device by vfio_lend(), for @memory of its struct dev_io
 */
struct vfio_device {
	char bdf[BDF_SIZE];
	unsigned int group_number;
	int container, group, device;
	uint32_t flags;
	struct vfio_region bar[VFIO_BARS];
	uint64_t config;
	uint32_t vectors[VFIO_KINDS], irq_flags[VFIO_KINDS];
	struct dev_memory memory;
};

/**
 * vfio_open() - open function @bdf, as bdf_parse() reads it, which is bound to vfio-pci
 *
 * As the kernel opens it, it is reset if it can be, and may not yet master the bus.
 *
 * Return: 0; -EINVAL no BDF; -ENODEV no such function; -ENOENT no IOMMU group, not
 * bound to vfio-pci, or a kernel without VFIO; -EBUSY in use, or its group is not
 * ours alone; -EPERM no interrupt remapping; or what a call returned.
 */
int vfio_open(struct vfio_device *v, const char *bdf, char *error, size_t size);

/**
 * vfio_adopt() - open a function that process @pid has open, by a copy of its file: what a supervisor can do
 *
 * As long as the copy is open, the death of @pid gives the function back to nobody. Container and group are not
 * ours: no DMA.
 *
 * Return: 0; -ESRCH no such process; -ENOENT it has no function of VFIO open; -EPERM not root; or what a call returned.
 */
int vfio_adopt(struct vfio_device *v, pid_t pid, char *error, size_t size);

/** vfio_close() - unmap and close; the kernel resets it if it can, and takes DMA away */
void vfio_close(struct vfio_device *v);

/** vfio_config_read() - configuration space: @width of 1, 2 or 4; all ones if it cannot be read */
uint32_t vfio_config_read(const struct vfio_device *v, uint16_t offset, uint8_t width);

/** vfio_config_write() - the same, writing; vfio-pci decides what of it reaches the function */
void vfio_config_write(const struct vfio_device *v, uint16_t offset, uint8_t width, uint32_t value);

/** vfio_command() - set and clear bits of the Command register */
void vfio_command(const struct vfio_device *v, uint16_t set, uint16_t clear);

/**
 * vfio_dma_map() - let the device read and write @bytes at @base, which it sees at @iova
 *
 * All page aligned. Return: 0 or -errno: -EINVAL also for what no device may reach
 * (0xfee00000), -EEXIST mapped already, -ENOMEM over RLIMIT_MEMLOCK.
 */
int vfio_dma_map(const struct vfio_device *v, void *base, uint64_t iova, uint64_t bytes);

/** vfio_dma_unmap() - take it away again. Return: 0 or -errno */
int vfio_dma_unmap(const struct vfio_device *v, uint64_t iova, uint64_t bytes);

/** VFIO_LENT_AT - where a device sees what vfio_lend() lends: below 4 GiB, in nobody's reserved range */
#define VFIO_LENT_AT 0x40000000ull

/** vfio_lend() - @bytes of zeroed memory of this process for DMA, until vfio_close(); once */
int vfio_lend(struct vfio_device *v, uint32_t bytes, char *error, size_t size);

/** vfio_reset() - VFIO_DEVICE_RESET. Return: 0 or -errno: -EINVAL it has no reset */
int vfio_reset(const struct vfio_device *v);

/** vfio_dev_io() - its surroundings for an exerciser; @v must outlive them */
struct dev_io vfio_dev_io(struct vfio_device *v);

/* Interrupts (host/vfio/irq.c). */

/**
 * vfio_irq_enable() - from now on interrupt i of @kind signals eventfd @fds[i]
 * @n: how many, at most VFIO_MAX_VECTORS; 1 with INTx
 *
 * A second call with the same @kind exchanges the eventfds; -1 gives one up.
 *
 * Return: 0 or -errno: -ENOSPC the function has fewer, -EINVAL another kind is
 * enabled, -EBUSY the line cannot be shared (a function without DisINTx).
 */
int vfio_irq_enable(const struct vfio_device *v, enum irq_kind kind, const int *fds,
		    unsigned int n);

/** vfio_irq_disable() - give all interrupts of @kind up. Return: 0 or -errno */
int vfio_irq_disable(const struct vfio_device *v, enum irq_kind kind);

/** vfio_intx_mask() - no INTx until it is unmasked. Return: 0 or -errno */
int vfio_intx_mask(const struct vfio_device *v);

/**
 * vfio_intx_unmask() - the handler has finished; VFIO masks INTx each time that it signals
 *
 * If the function still asserts, it stays masked and the eventfd is signalled
 * again (vfio_pci_intx_unmask_handler). Return: 0 or -errno.
 */
int vfio_intx_unmask(const struct vfio_device *v);

/** vfio_intx_unmask_by() - unmask whenever eventfd @fd is written, as KVM's resamplefd; -1: no more */
int vfio_intx_unmask_by(const struct vfio_device *v, int fd);

/** vfio_set_irqs() - VFIO_DEVICE_SET_IRQS with whatever @set says. Return: the ioctl's, or -errno */
int vfio_set_irqs(const struct vfio_device *v, const struct vfio_irq_set *set);

#endif
