// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain has died and its device asserts: which rung of the ladder ends that,
 * what does it cost, and do the sharers live on meanwhile?
 *
 * Mechanism: Xen itself does nothing to a dead domain's device, so the control
 * domain must. Each rung is played alone. Survival of the sharer on every rung,
 * also on one that does not help, proves that a rescue hurts nobody; and what a
 * specification promises of a rung (the descriptor, DisINTx, resets) must end the
 * storm. The rest is measured, and stands in the report's table.
 */
#include "fault/ladder.h"
#include "guest/control/ktap.h"
#include "guest/control/scenario.h"
#include "guest/dev/pci.h"
#include "guest/xen/clock.h"

#define STORM_LEAST 100

/* Of the case that runs: what the rung said and took. */
static struct {
	const char *rung;
	int rc;
	uint64_t cost;
	bool promised;
} played;

static int by_descriptor(const struct device *dev)
{
	rescue_by_descriptor(dev->desc, dev->bar);
	return 0;
}

static int by_disintx(const struct device *dev)
{
	struct dev_io config = pci_config_io(dev->bdf);

	return rescue_by_intx_disable(&config);
}

static int by_master(const struct device *dev)
{
	struct dev_io config = pci_config_io(dev->bdf);

	return rescue_by_master_off(&config);
}

static int by_d3hot(const struct device *dev)
{
	struct dev_io config = pci_config_io(dev->bdf);

	return rescue_by_power_cycle(&config);
}

static int by_flr(const struct device *dev)
{
	struct dev_io config = pci_config_io(dev->bdf);

	return rescue_by_function_reset(&config);
}

/* @promised: where the capability is there, a specification says that INTx ends. */
static const struct rung {
	const char *name;
	int (*play)(const struct device *dev);
	bool promised;
} rungs[] = {
	{ "descriptor", by_descriptor, true },
	{ "disintx", by_disintx, true },
	{ "master", by_master, false },
	{ "d3hot", by_d3hot, false },
	{ "flr", by_flr, true },
	{ "bus", device_reset_bus, true },
};

static const struct rung *rung_of(struct test *t)
{
	struct span name;

	for (unsigned int i = 0; i < sizeof(rungs) / sizeof(rungs[0]); i++)
		if (plan_value(t->line, "rung", &name) && span_is(name, rungs[i].name))
			return &rungs[i];
	return NULL;
}

static void play(struct test *t, struct cast *c)
{
	const struct device *dev = cast_offender(c)->dev;
	const struct rung *rung = rung_of(t);
	uint64_t start;

	if (!rung) {
		test_error(t, "the plan names no rung");
		return;
	}
	device_save_bus(dev);
	start = now_ns();
	played.rc = rung->play(dev);
	played.cost = now_ns() - start;
	played.rung = rung->name;
	played.promised = rung->promised && !played.rc;
}

/* Is the device of use to the next driver: does it interrupt, and can it be quiet? */
static bool comes_back(const struct device *dev)
{
	struct controller c;
	uint64_t end;
	bool seen = false, stuck;
	int rc;

	device_restore_bus(dev);
	pci_command(dev->bdf, PCI_COMMAND_MASTER, 0);
	device_open(dev, &c);
	rc = exerciser_begin(&c, IRQ_INTX, 1);
	if (!rc)
		rc = c.ops->trigger(&c, 0);
	end = now_ns() + DEV_LIMIT;
	while (!rc && !seen && now_ns() < end) {
		dev_sleep(&c, DEV_PAUSE);
		seen = exerciser_service(&c);
	}
	/* Acknowledged, and not masked. */
	stuck = pci_read32(dev->bdf, PCI_COMMAND) & PCI_STATUS_INTX;
	c.ops->quiet(&c);
	device_close(&c);
	return seen && !stuck;
}

static void judge(struct test *t, struct cast *c)
{
	struct device *dev = cast_offender(c)->dev;
	bool back = comes_back(dev);
	unsigned long long during = window_spurious(c, WINDOW_DURING);
	unsigned long long after = window_spurious(c, WINDOW_AFTER);

	check(t, during >= STORM_LEAST, "ST the dead domain's %s storms: %llu, at least %u",
	      dev->desc->model, during, STORM_LEAST);
	if (played.promised)
		check(t, !after, "ST %s ends the storm of %s: %llu spurious after it, expected 0",
		      played.rung, dev->desc->model, after);
	ktap_line("  # data ladder=%s rung=%s there=%u ends=%u cost_us=%u back=%u",
		  dev->desc->model, played.rung, !played.rc, !played.rc && !after,
		  (unsigned int)(played.cost / US), back);
	rescue_by_descriptor(dev->desc, dev->bar);
	/* As QEMU's NVMe after a reset with a completion that nobody has taken. */
	if (!back)
		device_withdraw(dev);
	/* The sharer's EOI of what this has raised. */
	sleep_ns(2 * MS);
}

static void ladder(struct test *t)
{
	scenario_run(t, &(struct scenario){ .verb = FAULT_MASK,
					    .kill = true,
					    .during = &HEALTHY,
					    .rescue = play,
					    .after = judge });
}
TEST_CASE("rescue.ladder", ladder);
