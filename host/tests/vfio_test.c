// SPDX-License-Identifier: GPL-2.0-only
/* A file of memory stands for the device: what would be read and written, and where. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest/dev/pci.h"
#include "guest/tests/unit.h"
#include "host/vfio/vfio.h"

#define CONFIG_AT 0x2000u
#define PORTS_AT  0x1000u
#define PORTS	  0x20u

static void file_device(struct vfio_device *v)
{
	memset(v, 0, sizeof(*v));
	v->container = v->group = -1;
	v->device = memfd_create("device", 0);
	if (v->device < 0 || ftruncate(v->device, 0x3000))
		abort();
	v->config = CONFIG_AT;
	v->bar[0].size = 0x1000;
	v->bar[0].map = mmap(NULL, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED, v->device, 0);
	v->bar[2].offset = PORTS_AT;
	v->bar[2].size = PORTS;
	v->vectors[IRQ_INTX] = 1;
}

/* The text is one line that names the function, or the word that is none. */
static void expect_refused(const char *bdf, int rc, const char *text)
{
	struct vfio_device v;
	char error[160] = "";

	CONTEXT("%.20s", bdf);
	EXPECT_EQ(vfio_open(&v, bdf, error, sizeof(error)), rc);
	EXPECT_STR(error, text);
	EXPECT_EQ(v.device, -1);
}

TEST(refused)
{
	struct vfio_device v;
	char error[8];

	expect_refused("0000:ff:1f.7", -ENODEV,
		       "0000:ff:1f.7: no such PCI function; lspci -D lists what there is");
	expect_refused("ff:1f.7", -ENODEV,
		       "0000:ff:1f.7: no such PCI function; lspci -D lists what there is");
	expect_refused("../../../etc", -EINVAL,
		       "\"../../../etc\" is no PCI function; write it as 0000:00:04.0");
	expect_refused("edu", -EINVAL, "\"edu\" is no PCI function; write it as 0000:00:04.0");
	expect_refused("012345678901234567890123456789", -EINVAL,
		       "\"01234567890123456789\" is no PCI function; write it as 0000:00:04.0");
	EXPECT_EQ(vfio_open(&v, "0000:ff:1f.7", error, sizeof(error)), -ENODEV);
	EXPECT_STR(error, "0000:ff");
}

TEST(registers)
{
	struct vfio_device v;
	struct dev_io io;

	file_device(&v);
	io = vfio_dev_io(&v);
	for (uint8_t bar = 0; bar <= 2; bar += 2) {
		CONTEXT("BAR %u", bar);
		io.write(io.ctx, bar, 4, 4, 0x11223344);
		io.write(io.ctx, bar, 6, 2, 0xabcd);
		io.write(io.ctx, bar, 4, 1, 0xee);
		EXPECT_EQ(io.read(io.ctx, bar, 4, 4), 0xabcd33ee);
		EXPECT_EQ(io.read(io.ctx, bar, 6, 2), 0xabcd);
		EXPECT_EQ(io.read(io.ctx, bar, 5, 1), 0x33);
		EXPECT_EQ(io.read(io.ctx, bar, 0, 4), 0);
	}
	vfio_close(&v);
}

TEST(outside)
{
	struct vfio_device v;
	struct dev_io io;
	uint32_t seen = 0;

	file_device(&v);
	io = vfio_dev_io(&v);
	/* Past the BAR's end; past it with the last byte; no such BAR; none that VFIO has. */
	io.write(io.ctx, 2, PORTS, 1, 1);
	io.write(io.ctx, 2, PORTS - 2, 4, 1);
	io.write(io.ctx, 2, UINT32_MAX, 4, 1);
	io.write(io.ctx, 1, 0, 4, 1);
	io.write(io.ctx, 6, 0, 4, 1);
	EXPECT_EQ(io.read(io.ctx, 2, PORTS - 2, 4), ~0u);
	EXPECT_EQ(io.read(io.ctx, 2, PORTS, 1), ~0u);
	EXPECT_EQ(io.read(io.ctx, 2, UINT32_MAX, 4), ~0u);
	EXPECT_EQ(io.read(io.ctx, 1, 0, 4), ~0u);
	EXPECT_EQ(io.read(io.ctx, 255, 0, 1), ~0u);
	EXPECT_EQ(io.read(io.ctx, 2, 0, 8), ~0u);
	for (off_t at = 0; at < 0x3000; at += 4)
		if (pread(v.device, &seen, 4, at) != 4 || seen)
			break;
	EXPECT_EQ(seen, 0);
	vfio_close(&v);
}

TEST(configuration)
{
	struct vfio_device v;
	uint32_t word = 0;

	file_device(&v);
	vfio_config_write(&v, PCI_COMMAND, 4, 0x02900000);
	vfio_command(&v, PCI_COMMAND_MEM | PCI_COMMAND_MASTER, 0);
	vfio_command(&v, PCI_COMMAND_DISINTX, PCI_COMMAND_MASTER);
	EXPECT_EQ(vfio_config_read(&v, PCI_COMMAND, 4),
		  0x02900000 | PCI_COMMAND_MEM | PCI_COMMAND_DISINTX);
	EXPECT_EQ(pread(v.device, &word, 4, CONFIG_AT + PCI_COMMAND), 4);
	EXPECT_EQ(word, 0x02900000 | PCI_COMMAND_MEM | PCI_COMMAND_DISINTX);
	/* The file ends there: as a device that has gone. */
	EXPECT_EQ(vfio_config_read(&v, 0xffff, 4), ~0u);
	vfio_close(&v);
	EXPECT_EQ(vfio_config_read(&v, 0, 2), ~0u);
}

TEST(calls_fail)
{
	struct vfio_device v;
	char error[160] = "";
	int fds[VFIO_MAX_VECTORS + 1] = { 0 };

	file_device(&v);
	EXPECT_EQ(vfio_irq_enable(&v, IRQ_INTX, fds, 1), -ENOTTY);
	EXPECT_EQ(vfio_irq_enable(&v, IRQ_INTX, fds, 2), -ENOSPC);
	EXPECT_EQ(vfio_irq_enable(&v, IRQ_INTX, fds, 0), -ENOSPC);
	EXPECT_EQ(vfio_irq_enable(&v, IRQ_MSI, fds, 1), -ENOSPC);
	v.vectors[IRQ_MSIX] = 2048;
	EXPECT_EQ(vfio_irq_enable(&v, IRQ_MSIX, fds, VFIO_MAX_VECTORS + 1), -ENOSPC);
	EXPECT_EQ(vfio_irq_enable(&v, IRQ_MSIX, fds, VFIO_MAX_VECTORS), -ENOTTY);
	EXPECT_EQ(vfio_irq_disable(&v, IRQ_INTX), -ENOTTY);
	EXPECT_EQ(vfio_intx_mask(&v), -ENOTTY);
	EXPECT_EQ(vfio_intx_unmask(&v), -ENOTTY);
	EXPECT_EQ(vfio_intx_unmask_by(&v, -1), -ENOTTY);
	EXPECT_EQ(vfio_reset(&v), -ENOTTY);
	strcpy(v.bdf, "0000:00:04.0");
	EXPECT_EQ(vfio_lend(&v, 5000, error, sizeof(error)), -EBADF);
	EXPECT_STR(error, "0000:00:04.0: 8192 bytes cannot be mapped for DMA at 0x40000000: "
			  "Bad file descriptor");
	EXPECT_TRUE(!v.memory.base);
	vfio_close(&v);
	vfio_close(&v);
}
