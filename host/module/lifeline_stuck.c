// SPDX-License-Identifier: GPL-2.0-only
/*
 * A badly behaved driver of the control domain's own: it shares the line of an edu device, and its handler
 * does what `verdict` says. The device asserts when `raise` is written, and is quieted when the module goes.
 */
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/version.h>

/* docs/specs/edu.txt of QEMU */
#define EDU_VENDOR   0x1234
#define EDU_DEVICE   0x11e8
#define EDU_STATUS   0x24
#define EDU_RAISE    0x60
#define EDU_ACK	     0x64
#define EDU_REGISTER 0x100

static char *device;
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "BDF of an edu device, as 0000:00:04.0");

/* none: not mine, whatever the device says. handled: mine, and the device goes on asserting. ack: as it should be. */
static char *verdict = "ack";
module_param(verdict, charp, 0444);
MODULE_PARM_DESC(verdict, "of the handler: none, handled or ack");

static unsigned int delay_us;
module_param(delay_us, uint, 0444);
MODULE_PARM_DESC(delay_us, "how long the handler runs when its device asserts, at most 100000");

static unsigned int pace_us;
module_param(pace_us, uint, 0444);
MODULE_PARM_DESC(pace_us, "quiet the device whatever the verdict, and let it assert again so much "
			  "later, at most 100000");

static struct pci_dev *pdev;
static void __iomem *regs;
static bool mine, quiets, leaves;
static struct hrtimer again;

static enum hrtimer_restart assert_again(struct hrtimer *timer)
{
	iowrite32(1, regs + EDU_RAISE);
	return HRTIMER_NORESTART;
}

static irqreturn_t stuck_handler(int irq, void *ctx)
{
	u32 status = ioread32(regs + EDU_STATUS);

	if (!status)
		return IRQ_NONE;
	if (delay_us)
		mdelay(delay_us / 1000);
	if (quiets || pace_us)
		iowrite32(status, regs + EDU_ACK);
	if (pace_us && !READ_ONCE(leaves))
		hrtimer_start(&again, ns_to_ktime(pace_us * (u64)NSEC_PER_USEC), HRTIMER_MODE_REL);
	return mine ? IRQ_HANDLED : IRQ_NONE;
}

static int set_raise(const char *text, const struct kernel_param *kp)
{
	if (!regs)
		return -ENODEV;
	iowrite32(1, regs + EDU_RAISE);
	return 0;
}

static const struct kernel_param_ops raise_ops = { .set = set_raise };
module_param_cb(raise, &raise_ops, NULL, 0200);

static struct pci_dev *find_device(void)
{
	unsigned int domain, bus, slot, function;

	if (!device || sscanf(device, "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4)
		return NULL;
	return pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(slot, function));
}

static void init_timer(void)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
	hrtimer_init(&again, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	again.function = assert_again;
#else
	hrtimer_setup(&again, assert_again, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
#endif
}

static int take_device(void)
{
	int rc = pci_enable_device(pdev);

	if (rc)
		return rc;
	init_timer();
	regs = pci_iomap(pdev, 0, EDU_REGISTER);
	if (!regs) {
		pci_disable_device(pdev);
		return -ENOMEM;
	}
	iowrite32(~0u, regs + EDU_ACK);
	rc = request_irq(pdev->irq, stuck_handler, IRQF_SHARED, KBUILD_MODNAME, &pdev);
	if (rc) {
		pci_iounmap(pdev, regs);
		pci_disable_device(pdev);
	}
	return rc;
}

static int __init stuck_init(void)
{
	int rc;

	mine = strcmp(verdict, "none");
	quiets = !strcmp(verdict, "ack");
	if ((mine && !quiets && strcmp(verdict, "handled")) || delay_us > 100000 ||
	    pace_us > 100000)
		return -EINVAL;
	pdev = find_device();
	if (!pdev)
		return -ENODEV;
	rc = pdev->vendor == EDU_VENDOR && pdev->device == EDU_DEVICE && !pdev->driver
		     ? take_device()
		     : -EBUSY;
	if (rc)
		pci_dev_put(pdev);
	return rc;
}

static void __exit stuck_exit(void)
{
	WRITE_ONCE(leaves, true);
	hrtimer_cancel(&again);
	iowrite32(~0u, regs + EDU_ACK);
	synchronize_irq(pdev->irq);
	hrtimer_cancel(&again); /* the last handler may have begun before */
	iowrite32(~0u, regs + EDU_ACK);
	free_irq(pdev->irq, &pdev);
	pci_iounmap(pdev, regs);
	pci_disable_device(pdev);
	pci_dev_put(pdev);
}

module_init(stuck_init);
module_exit(stuck_exit);
MODULE_DESCRIPTION("A driver that shares a line and does not do its part");
MODULE_LICENSE("GPL");
