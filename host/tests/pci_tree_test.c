// SPDX-License-Identifier: GPL-2.0-only
/* The inventory, what is in use, lines, and what binding refuses, on a machine in a folder. */
#include "host/pci/bind.h"
#include "host/pci/line.h"
#include "host/pci/state.h"

#include "host/tests/pci_tree.h"

static struct inventory inventory;
static char error[300];

/* The machine is read; on it goes what the test changes before. */
static const struct pci_function *function(const char *bdf)
{
	const struct pci_function *f;

	inventory_free(&inventory);
	EXPECT_EQ(inventory_read(tree, &inventory, error, sizeof(error)), 0);
	f = inventory_find(&inventory, bdf);
	if (!f)
		abort();
	return f;
}

static void end(void)
{
	inventory_free(&inventory);
	remove_tree();
}

TEST(functions)
{
	static const uint8_t lost[CONFIG_SIZE] = { 0x34, 0x12, 0xe8, 0x11, [0x3d] = 1 };
	const struct pci_function *f;

	make_tree();
	put_text(in_tree(BUS "/devices/0000:00:06.0/reset_method"), "pm bus\n");
	put_text(in_tree(BUS "/devices/0000:00:06.0/driver_override"), "e1000\n");
	f = function("0000:00:06.0");
	EXPECT_EQ(inventory.count, sizeof(machine) / sizeof(machine[0]));
	EXPECT_EQ(f->vendor, 0x8086);
	EXPECT_EQ(f->device, 0x100e);
	EXPECT_EQ(f->class_code, 0x020000);
	EXPECT_STR(f->model, "e1000");
	EXPECT_STR(f->driver, "e1000");
	EXPECT_STR(f->driver_override, "e1000");
	EXPECT_STR(f->reset_method, "pm bus");
	EXPECT_STR(f->in_use, "");
	EXPECT_EQ(f->group, 4);
	EXPECT_EQ(f->enabled, 1);
	EXPECT_EQ(f->irq, 22);
	EXPECT_TRUE(f->routed && !f->locked);
	EXPECT_EQ(f->parent, -1);
	/* Not enabled: what sysfs shows is the firmware's. */
	f = function("00:04.0");
	EXPECT_STR(f->bdf, "0000:00:04.0");
	EXPECT_EQ(f->irq, 10);
	EXPECT_TRUE(!f->routed);
	EXPECT_STR(f->driver, "");
	EXPECT_STR(f->driver_override, "");
	/* Its register is not what the firmware wrote any more: a reset without restoration. */
	put(in_tree(BUS "/devices/0000:00:06.1/config"), lost, sizeof(lost));
	EXPECT_TRUE(!function("0000:00:06.1")->routed);
	f = function("0000:00:1f.0");
	EXPECT_TRUE(!f->model);
	EXPECT_EQ(f->group, -1);
	EXPECT_TRUE(!inventory_find(&inventory, "0000:00:05.0"));
	EXPECT_TRUE(!inventory_find(&inventory, "nonsense"));
	end();
}

TEST(path_to_the_root)
{
	struct pci_hop hop[PCI_DEPTH];
	const struct pci_function *f;

	make_tree();
	f = function("0000:03:05.0");
	/* INTD of device 5 is INTA of the bridge; the bridge is device 0. */
	EXPECT_EQ(inventory_path(&inventory, f, hop), 2);
	EXPECT_STR(inventory.function[hop[0].bridge].bdf, "0000:02:00.0");
	EXPECT_EQ(hop[0].pin, 1);
	EXPECT_STR(inventory.function[hop[1].bridge].bdf, "0000:00:18.0");
	EXPECT_EQ(hop[1].pin, 1);
	EXPECT_EQ(f->root_bus, 0);
	EXPECT_EQ(f->root_device, 0x18);
	EXPECT_EQ(f->root_pin, 1);
	end();
}

TEST(hostile_functions)
{
	uint8_t ones[CONFIG_SIZE];
	const struct pci_function *f;

	make_tree();
	memset(ones, 0xff, sizeof(ones));
	put(in_tree(BUS "/devices/0000:00:04.0/config"), ones, sizeof(ones));
	f = function("0000:00:04.0");
	EXPECT_TRUE(!f->config.answers && !f->routed);
	EXPECT_EQ(f->root_pin, 0);
	put(in_tree(BUS "/devices/0000:00:04.0/config"), ones, 3);
	EXPECT_TRUE(!function("0000:00:04.0")->config.answers);
	EXPECT_EQ(unlink(in_tree(BUS "/devices/0000:00:04.0/config")), 0);
	EXPECT_TRUE(!function("0000:00:04.0")->config.answers);
	put_text(in_tree(BUS "/devices/0000:00:04.0/irq"), "nonsense\n");
	put_text(in_tree(BUS "/devices/0000:00:04.0/enable"), "nonsense\n");
	EXPECT_EQ(function("0000:00:04.0")->irq, 0);
	/* A function that goes while it is looked at: libpci gives up, and we do not. */
	EXPECT_EQ(unlink(in_tree(BUS "/devices/0000:00:06.0/vendor")), 0);
	inventory_free(&inventory);
	EXPECT_EQ(inventory_read(tree, &inventory, error, sizeof(error)), -EIO);
	EXPECT_TRUE(strstr(error, "0000:00:06.0/vendor"));
	EXPECT_TRUE(!inventory.count && !inventory.function);
	end();
	EXPECT_EQ(inventory_read(tree, &inventory, error, sizeof(error)), -ENODEV);
}

#define DISK	 "/sys/devices/pci0000:00/0000:00:08.0/ata1/block/sda"
#define NIC	 "/sys/devices/pci0000:00/0000:00:06.0/net/eth7"
#define WHY(bdf) (function(bdf)->in_use)

static void make_disk(void)
{
	put_text(in_tree(DISK "/size"), "2048\n");
	put_text(in_tree(DISK "/sda1/start"), "63\n");
	link_to(in_tree(DISK), in_tree("/sys/class/block/sda"));
	link_to(in_tree(DISK "/sda1"), in_tree("/sys/class/block/sda1"));
	link_to(in_tree(DISK "/sda1"), in_tree("/sys/dev/block/8:1"));
}

TEST(disks_in_use)
{
	make_tree();
	make_disk();
	EXPECT_STR(WHY("0000:00:08.0"), "");
	put_text(in_tree("/proc/self/mountinfo"),
		 "22 1 0:20 / /proc rw,relatime - proc proc rw\nnonsense\n\n"
		 "36 35 8:1 / /a\\040b\\012c rw,noatime master:1 - ext4 /dev/sda1 rw\n");
	EXPECT_STR(WHY("0000:00:08.0"), "mounted on /a b?c");
	EXPECT_STR(WHY("0000:00:06.0"), "");
	/* By a volume on a RAID of it. */
	put_text(in_tree("/sys/devices/virtual/block/dm-0/size"), "1\n");
	link_to(in_tree("/sys/devices/virtual/block/dm-0"), in_tree("/sys/dev/block/253:0"));
	put_text(in_tree("/sys/devices/virtual/block/md0/size"), "1\n");
	link_to(in_tree("/sys/devices/virtual/block/md0"),
		in_tree("/sys/devices/virtual/block/dm-0/slaves/md0"));
	link_to(in_tree(DISK "/sda1"), in_tree("/sys/devices/virtual/block/md0/slaves/sda1"));
	put_text(in_tree("/proc/self/mountinfo"),
		 "36 35 253:0 / / rw,noatime master:1 - ext4 /dev/mapper/root rw\n");
	EXPECT_STR(WHY("0000:00:08.0"), "mounted on /");
	/* Held, and not mounted. */
	put_text(in_tree("/proc/self/mountinfo"), "");
	EXPECT_STR(WHY("0000:00:08.0"), "");
	link_to(in_tree("/sys/devices/virtual/block/md0"), in_tree(DISK "/sda1/holders/md0"));
	EXPECT_STR(WHY("0000:00:08.0"), "held by md0 (sda1)");
	end();
}

/* A ring of devices that consist of each other ends. */
TEST(ring_of_disks)
{
	make_tree();
	make_disk();
	put_text(in_tree("/sys/devices/virtual/block/dm-0/size"), "1\n");
	link_to(in_tree("/sys/devices/virtual/block/dm-0"), in_tree("/sys/dev/block/253:0"));
	link_to(in_tree("/sys/devices/virtual/block/dm-0"),
		in_tree("/sys/devices/virtual/block/dm-0/slaves/dm-0"));
	put_text(in_tree("/proc/self/mountinfo"), "36 35 253:0 / / rw - ext4 x rw\n");
	EXPECT_STR(WHY("0000:00:08.0"), "");
	end();
}

TEST(consoles_in_use)
{
	make_tree();
	put_text(in_tree("/sys/devices/pci0000:00/0000:00:06.1/tty/ttyS4/dev"), "4:68\n");
	link_to(in_tree("/sys/devices/pci0000:00/0000:00:06.1/tty/ttyS4"),
		in_tree("/sys/dev/char/4:68"));
	put_text(in_tree("/proc/consoles"), "ttyS4                -W- (EC p a)    4:68\nx\n()\n");
	EXPECT_STR(WHY("0000:00:06.1"), "console ttyS4");
	EXPECT_STR(WHY("0000:00:06.0"), "");
	put_text(in_tree(BUS "/devices/0000:00:04.0/boot_vga"), "1\n");
	EXPECT_STR(WHY("0000:00:04.0"), "");
	put_text(in_tree("/proc/consoles"), "tty0                 -WU (EC  p  )    4:1\n");
	EXPECT_STR(WHY("0000:00:04.0"), "console tty0");
	end();
}

TEST(interfaces_in_use)
{
	static const char header[] =
		"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n";
	char text[300];

	make_tree();
	put_text(in_tree(NIC "/mtu"), "1500\n");
	link_to(in_tree(NIC), in_tree("/sys/class/net/eth7"));
	put_text(in_tree("/sys/devices/virtual/net/bond0/mtu"), "1500\n");
	link_to(in_tree("/sys/devices/virtual/net/bond0"), in_tree("/sys/class/net/bond0"));
	(void)snprintf(text, sizeof(text),
		       "%seth7\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n", header);
	put_text(in_tree("/proc/net/route"), text);
	EXPECT_STR(WHY("0000:00:06.0"), "");
	(void)snprintf(text, sizeof(text),
		       "%seth7\t00000000\t0202000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n", header);
	put_text(in_tree("/proc/net/route"), text);
	EXPECT_STR(WHY("0000:00:06.0"), "default route by eth7");
	/* By a bond of it, in IPv6; loopback's reject route is none. */
	put_text(in_tree("/proc/net/route"), header);
#define ZERO "00000000000000000000000000000000"
	put_text(in_tree("/proc/net/ipv6_route"),
		 ZERO " 00 " ZERO " 00 " ZERO " ffffffff 00000001 00000000 00200200       lo\n" ZERO
		      " 00 " ZERO " 00 fe800000000000000000000000000001 00000400 00000000 00000000 "
		      "00000003    bond0\n");
	EXPECT_STR(WHY("0000:00:06.0"), "");
	link_to(in_tree(NIC), in_tree("/sys/devices/virtual/net/bond0/lower_eth7"));
	EXPECT_STR(WHY("0000:00:06.0"), "default route by bond0");
	end();
}

static struct lines read_lines(void)
{
	struct interrupts interrupts;
	struct lines lines;

	(void)function("0000:00:04.0");
	EXPECT_EQ(interrupts_read(tree, &interrupts), 0);
	EXPECT_EQ(lines_read(tree, &inventory, &interrupts, &lines), 0);
	interrupts_free(&interrupts);
	return lines;
}

static int gsi(const struct lines *lines, const char *bdf)
{
	return lines_gsi(lines,
			 (unsigned int)(inventory_find(&inventory, bdf) - inventory.function));
}

TEST(shared_lines)
{
	struct lines lines;
	const struct line *line;
	uint32_t count[4];

	make_tree();
	put_text(in_tree(NIC "/mtu"), "1500\n");
	link_to(in_tree(NIC), in_tree("/sys/class/net/eth7"));
	lines = read_lines();
	/* By the kernel; by the wiring, of a bridge's pin; by neither. */
	EXPECT_EQ(gsi(&lines, "0000:00:08.0"), 20);
	EXPECT_EQ(gsi(&lines, "0000:03:05.0"), 20);
	EXPECT_EQ(gsi(&lines, "0000:00:04.0"), LINE_UNKNOWN);
	EXPECT_EQ(gsi(&lines, "0000:00:1f.0"), LINE_UNKNOWN);
	/* Linux has given the pin up; the function still knows. */
	EXPECT_EQ(gsi(&lines, "0000:00:06.0"), 22);
	EXPECT_EQ(gsi(&lines, "0000:00:06.1"), 22);
	line = lines_find(&lines, 22);
	EXPECT_TRUE(line && !line->chip[0] && line->count == 2);
	line = lines_find(&lines, 20);
	if (!line)
		abort();
	EXPECT_STR(line->handler, "fasteoi");
	EXPECT_EQ(line->total, 158);
	EXPECT_EQ(line->count, 5);
	EXPECT_STR(line->member[0].action, "ahci[0000:00:08.0]");
	/* A handler of a function that says it is elsewhere. */
	EXPECT_STR(line->member[4].action, "eth7");
	EXPECT_STR(inventory.function[line->member[4].function].bdf, "0000:00:06.0");
	EXPECT_TRUE(line->member[4].elsewhere && !line->member[0].elsewhere);
	EXPECT_TRUE(!lines_find(&lines, 27));
	lines_free(&lines);
	EXPECT_EQ(interrupt_counts(tree, 20, count, 4), 2);
	EXPECT_EQ(count[0], 158);
	EXPECT_EQ(interrupt_counts(tree, 21, count, 4), -ENOENT);
	put_text(in_tree("/sys/kernel/irq/20/per_cpu_count"), "1,x\n");
	EXPECT_EQ(interrupt_counts(tree, 20, count, 4), -EINVAL);
	put_text(in_tree("/sys/kernel/irq/20/per_cpu_count"), "1,2,3,4,5\n");
	EXPECT_EQ(interrupt_counts(tree, 20, count, 4), 5);
	EXPECT_EQ(count[3], 4);
	end();
}

TEST(contradiction)
{
	struct lines lines;
	char text[200];

	make_tree();
	put_text(in_tree(BUS "/devices/0000:00:06.1/irq"), "20\n");
	put_text(in_tree(BUS "/devices/0000:00:06.1/enable"), "1\n");
	lines = read_lines();
	EXPECT_TRUE(lines_disagree(&inventory, &lines, 2, text, sizeof(text)));
	EXPECT_STR(text, "0000:00:06.1: the kernel says GSI 20; others at INTA of 00:06 have 22");
	EXPECT_TRUE(lines_disagree(&inventory, &lines, 1, text, sizeof(text)));
	EXPECT_TRUE(!lines_disagree(&inventory, &lines, 3, text, sizeof(text)));
	lines_free(&lines);
	/* Two others that do not agree with each other. */
	add_function(&(struct function){ ROOT "0000:00:06.2", 0x1234, 0x11e8, 0x00ff00, 0, 1, 10,
					 10, 0, 4, NULL });
	lines = read_lines();
	EXPECT_EQ(gsi(&lines, "0000:00:06.2"), LINE_UNKNOWN);
	EXPECT_EQ(lines.witness[3].wiring, LINE_DIVIDED);
	lines_free(&lines);
	end();
}

static int take(const char *one, const char *two)
{
	const char *bdf[] = { one, two };

	error[0] = '\0';
	return bind_take(tree, bdf, two ? 2 : 1, error, sizeof(error));
}

/* Nothing is written before everything is looked at: there is no state then. */
static void expect_untouched(void)
{
	char list[4][BDF_SIZE];

	EXPECT_EQ(state_list(tree, list, 4), 0);
	EXPECT_TRUE(!strchr(error, '\n'));
}

TEST(binding_refuses)
{
	make_tree();
	make_disk();
	put_text(in_tree("/proc/self/mountinfo"), "36 35 8:1 / / rw - ext4 x rw\n");
	EXPECT_EQ(take("0000:00:08.0", NULL), -EBUSY);
	EXPECT_STR(error, "0000:00:08.0: this machine needs it: mounted on /");
	EXPECT_EQ(take("0000:00:06.1", NULL), -EBUSY);
	EXPECT_STR(error,
		   "0000:00:06.1: 0000:00:06.0 in its IOMMU group 4 is e1000's: name it, too");
	EXPECT_EQ(take("0000:00:05.0", NULL), -ENODEV);
	EXPECT_EQ(take("../../etc", NULL), -EINVAL);
	EXPECT_EQ(take("0000:00:04.0", "00:04.0"), -EINVAL);
	EXPECT_EQ(take("0000:00:18.0", NULL), -EINVAL);
	/* pcieport, in the group of this one, does no harm; but here nobody binds. */
	EXPECT_EQ(take("0000:00:1f.0", NULL), BIND_SKIP);
	EXPECT_TRUE(strstr(error, "IOMMU"));
	EXPECT_EQ(bind_take(tree, NULL, 0, error, sizeof(error)), -EINVAL);
	EXPECT_EQ(bind_take(tree, NULL, BIND_SET + 1, error, sizeof(error)), -EINVAL);
	EXPECT_EQ(rename(in_tree(BUS "/drivers/vfio-pci"), in_tree(BUS "/drivers/vfio")), 0);
	EXPECT_EQ(take("0000:00:04.0", NULL), BIND_SKIP);
	EXPECT_TRUE(strstr(error, "vfio-pci"));
	expect_untouched();
	end();
}

/* What was taken before something went wrong is given back, and nothing stays behind. */
TEST(binding_undone)
{
	char text[64];
	FILE *f;

	make_tree();
	/* The folder is no kernel: nobody binds what is written to bind. */
	EXPECT_EQ(take("0000:00:04.0", "0000:03:05.0"), -EIO);
	EXPECT_STR(error, "0000:00:04.0: driver is \"\" and should be vfio-pci");
	expect_untouched();
	f = fopen(in_tree(BUS "/devices/0000:00:04.0/driver_override"), "re");
	EXPECT_TRUE(f && fgets(text, sizeof(text), f) && text[0] == '\n');
	if (f)
		fclose(f);
	/* A whole group, named, is not refused. */
	EXPECT_EQ(take("0000:00:06.0", "0000:00:06.1"), -EIO);
	EXPECT_STR(error, "0000:00:06.0: driver is \"e1000\" and should be vfio-pci");
	expect_untouched();
	end();
}

TEST(giving_back_refuses)
{
	struct pci_state s = { .bdf = "0000:00:06.0", .driver = "ahci", .power_control = "on" };

	make_tree();
	EXPECT_EQ(bind_give_back(tree, "0000:00:06.0", error, sizeof(error)), -ENOENT);
	EXPECT_EQ(bind_give_back(tree, "../../etc", error, sizeof(error)), -EINVAL);
	EXPECT_EQ(bind_give_back_all(tree, NULL, NULL), 0);
	/* A third driver has it. */
	EXPECT_EQ(state_save(tree, &s, error, sizeof(error)), 0);
	EXPECT_EQ(bind_give_back(tree, "0000:00:06.0", error, sizeof(error)), -EBUSY);
	EXPECT_STR(error, "0000:00:06.0: e1000 has it by now, not vfio-pci: unbind it by hand");
	EXPECT_EQ(state_drop(tree, s.bdf), 0);
	/* Its driver is gone; and then the function. */
	(void)snprintf(s.bdf, sizeof(s.bdf), "0000:00:04.0");
	(void)snprintf(s.driver, sizeof(s.driver), "gone");
	EXPECT_EQ(state_save(tree, &s, error, sizeof(error)), 0);
	EXPECT_EQ(bind_give_back_all(tree, NULL, NULL), -ENODEV);
	EXPECT_EQ(unlink(in_tree(BUS "/devices/0000:00:04.0")), 0);
	EXPECT_EQ(bind_give_back(tree, s.bdf, error, sizeof(error)), -ENODEV);
	EXPECT_TRUE(strstr(error, "gone"));
	end();
}
