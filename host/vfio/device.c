// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest/dev/pci.h"
#include "host/probe/clock.h"
#include "host/vfio/group.h"

_Static_assert((int)IRQ_INTX == VFIO_PCI_INTX_IRQ_INDEX && (int)IRQ_MSI == VFIO_PCI_MSI_IRQ_INDEX &&
		       (int)IRQ_MSIX == VFIO_PCI_MSIX_IRQ_INDEX,
	       "enum irq_kind is VFIO's index");

/* Memory BARs that the kernel lets us map; ports, and what shares a page, go through the file. */
static int find_bar(struct vfio_device *v, uint32_t index)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };
	struct vfio_region *r = &v->bar[index];
	void *map;

	if (ioctl(v->device, VFIO_DEVICE_GET_REGION_INFO, &info))
		return -errno;
	r->offset = info.offset;
	r->size = info.size;
	if (!r->size || !(info.flags & VFIO_REGION_INFO_FLAG_MMAP))
		return 0;
	map = mmap(NULL, r->size, PROT_READ | PROT_WRITE, MAP_SHARED, v->device, (off_t)r->offset);
	if (map != MAP_FAILED)
		r->map = map;
	return 0;
}

static int find_config(struct vfio_device *v)
{
	struct vfio_region_info info = { .argsz = sizeof(info),
					 .index = VFIO_PCI_CONFIG_REGION_INDEX };

	if (ioctl(v->device, VFIO_DEVICE_GET_REGION_INFO, &info))
		return -errno;
	v->config = info.offset;
	return 0;
}

static int find_irqs(struct vfio_device *v, uint32_t kind)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = kind };

	if (ioctl(v->device, VFIO_DEVICE_GET_IRQ_INFO, &info))
		return -errno;
	v->vectors[kind] = info.count;
	v->irq_flags[kind] = info.flags;
	return 0;
}

static int find_all(struct vfio_device *v)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int rc = 0;

	if (ioctl(v->device, VFIO_DEVICE_GET_INFO, &info))
		return -errno;
	v->flags = info.flags;
	if (!(v->flags & VFIO_DEVICE_FLAGS_PCI))
		return -ENODEV;
	for (uint32_t i = 0; i < VFIO_BARS && !rc; i++)
		rc = find_bar(v, i);
	if (!rc)
		rc = find_config(v);
	for (uint32_t i = 0; i < VFIO_KINDS && !rc; i++)
		rc = find_irqs(v, i);
	return rc;
}

int vfio_open(struct vfio_device *v, const char *bdf, char *error, size_t size)
{
	struct bdf where;
	int rc;

	memset(v, 0, sizeof(*v));
	v->container = v->group = v->device = -1;
	if (!bdf_parse(bdf, &where)) {
		snprintf(error, size, "\"%.20s\" is no PCI function; write it as 0000:00:04.0",
			 bdf);
		return -EINVAL;
	}
	bdf_format(&where, v->bdf);
	rc = vfio_open_group(v, error, size);
	if (!rc) {
		rc = find_all(v);
		if (rc)
			snprintf(error, size, "%s: vfio-pci does not describe the function: %s",
				 v->bdf, strerror(-rc));
	}
	if (rc)
		vfio_close(v);
	return rc;
}

int vfio_adopt(struct vfio_device *v, pid_t pid, char *error, size_t size)
{
	int rc;

	memset(v, 0, sizeof(*v));
	v->container = v->group = v->device = -1;
	rc = vfio_copy_device(v, pid, error, size);
	if (!rc) {
		rc = find_all(v);
		if (rc)
			snprintf(error, size, "process %d: its function is not described: %s",
				 (int)pid, strerror(-rc));
	}
	if (rc)
		vfio_close(v);
	return rc;
}

static void close_file(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void vfio_close(struct vfio_device *v)
{
	for (unsigned int i = 0; i < VFIO_BARS; i++) {
		if (v->bar[i].map)
			munmap(v->bar[i].map, v->bar[i].size);
		v->bar[i].map = NULL;
	}
	close_file(&v->device);
	close_file(&v->group);
	close_file(&v->container);
	if (v->memory.base)
		munmap(v->memory.base, v->memory.size);
	v->memory = (struct dev_memory){ 0 };
}

static uint32_t file_read(int fd, uint64_t at, uint8_t width)
{
	uint32_t value = 0;

	if (width > sizeof(value) || pread(fd, &value, width, (off_t)at) != width)
		return ~0u;
	return value;
}

/* Nobody can be told: as on a bus, where a write to nothing is lost. */
static void file_write(int fd, uint64_t at, uint8_t width, uint32_t value)
{
	if (width <= sizeof(value) && pwrite(fd, &value, width, (off_t)at) != width)
		return;
}

uint32_t vfio_config_read(const struct vfio_device *v, uint16_t offset, uint8_t width)
{
	return file_read(v->device, v->config + offset, width);
}

void vfio_config_write(const struct vfio_device *v, uint16_t offset, uint8_t width, uint32_t value)
{
	file_write(v->device, v->config + offset, width, value);
}

void vfio_command(const struct vfio_device *v, uint16_t set, uint16_t clear)
{
	uint32_t old = vfio_config_read(v, PCI_COMMAND, 2);

	vfio_config_write(v, PCI_COMMAND, 2, (old & ~(uint32_t)clear) | set);
}

int vfio_dma_map(const struct vfio_device *v, void *base, uint64_t iova, uint64_t bytes)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)base,
		.iova = iova,
		.size = bytes,
	};

	return ioctl(v->container, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

int vfio_dma_unmap(const struct vfio_device *v, uint64_t iova, uint64_t bytes)
{
	struct vfio_iommu_type1_dma_unmap unmap = { .argsz = sizeof(unmap),
						    .iova = iova,
						    .size = bytes };

	return ioctl(v->container, VFIO_IOMMU_UNMAP_DMA, &unmap) ? -errno : 0;
}

int vfio_lend(struct vfio_device *v, uint32_t bytes, char *error, size_t size)
{
	uint32_t page = (uint32_t)sysconf(_SC_PAGESIZE);
	void *base;
	int rc;

	bytes = (bytes + page - 1) / page * page;
	base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
		    -1, 0);
	rc = base == MAP_FAILED ? -errno : vfio_dma_map(v, base, VFIO_LENT_AT, bytes);
	if (!rc) {
		v->memory = (struct dev_memory){ base, VFIO_LENT_AT, bytes };
		return 0;
	}
	if (base != MAP_FAILED)
		munmap(base, bytes);
	snprintf(error, size, "%s: %u bytes cannot be mapped for DMA at 0x%llx: %s%s", v->bdf,
		 bytes, VFIO_LENT_AT, strerror(-rc), rc == -ENOMEM ? "; raise ulimit -l" : "");
	return rc;
}

int vfio_reset(const struct vfio_device *v)
{
	return ioctl(v->device, VFIO_DEVICE_RESET) ? -errno : 0;
}

static struct vfio_region *bar_at(struct vfio_device *v, uint8_t bar, uint32_t offset,
				  uint8_t width)
{
	struct vfio_region *r = bar < VFIO_BARS ? &v->bar[bar] : NULL;

	return r && (uint64_t)offset + width <= r->size ? r : NULL;
}

static uint32_t io_read(void *ctx, uint8_t bar, uint32_t offset, uint8_t width)
{
	struct vfio_device *v = ctx;
	const struct vfio_region *r = bar_at(v, bar, offset, width);
	const char *reg = r ? (const char *)r->map + offset : NULL;

	if (!r)
		return ~0u;
	if (!r->map)
		return file_read(v->device, r->offset + offset, width);
	if (width == 1)
		return *(const volatile uint8_t *)reg;
	if (width == 2)
		return *(const volatile uint16_t *)reg;
	return *(const volatile uint32_t *)reg;
}

static void io_write(void *ctx, uint8_t bar, uint32_t offset, uint8_t width, uint32_t value)
{
	struct vfio_device *v = ctx;
	const struct vfio_region *r = bar_at(v, bar, offset, width);
	char *reg = r ? (char *)r->map + offset : NULL;

	if (!r)
		return;
	if (!r->map)
		file_write(v->device, r->offset + offset, width, value);
	else if (width == 1)
		*(volatile uint8_t *)reg = (uint8_t)value;
	else if (width == 2)
		*(volatile uint16_t *)reg = (uint16_t)value;
	else
		*(volatile uint32_t *)reg = value;
}

static uint32_t io_config_read(void *ctx, uint16_t offset, uint8_t width)
{
	return vfio_config_read(ctx, offset, width);
}

static void io_config_write(void *ctx, uint16_t offset, uint8_t width, uint32_t value)
{
	vfio_config_write(ctx, offset, width, value);
}

static uint64_t io_now(void *ctx)
{
	(void)ctx;
	return clock_ns();
}

static void io_sleep(void *ctx, uint64_t ns)
{
	struct timespec t = clock_spec(ns);

	(void)ctx;
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &t) == EINTR)
		;
}

struct dev_io vfio_dev_io(struct vfio_device *v)
{
	return (struct dev_io){ .read = io_read,
				.write = io_write,
				.config_read = io_config_read,
				.config_write = io_config_write,
				.now = io_now,
				.sleep = io_sleep,
				.memory = v->memory,
				.ctx = v };
}
