// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: a function that nobody has is enabled and asserts its line. Where somebody else has the line, the kernel
 * finds nobody who claims the interrupts, and disables it for all; where nobody has, its pin is masked and nothing comes.
 */
#include "guest/dev/descriptor.h"
#include "host/case/judge.h"
#include "host/case/killed.h"
#include "host/case/stuck.h"
#include "host/pci/reach.h"
#include "host/probe/file.h"

#define BEFORE (300 * NS_PER_MS)
#define STORM  NS_PER_S
#define ALONE  (600 * NS_PER_MS)
#define AFTER  (300 * NS_PER_MS)

FIXTURE(function)
{
	struct shared_line l;
	const struct case_device *device;
	struct reach reach;
};

FIXTURE_VARIANT(function)
{
	bool alone;
};

FIXTURE_VARIANT_ADD(function, shared){ .alone = false };
FIXTURE_VARIANT_ADD(function, alone){ .alone = true };

static int enable(const struct case_device *device, const char *value)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/enable", device->bdf);
	return file_write(path, value);
}

/* The first of its model on a line that no driver of the host's is on. */
static const struct case_device *find_alone(const struct case_devices *all, const char *model)
{
	const struct case_device *found = NULL;

	for (unsigned int n = 0; !found && devices_find(all, model, n); n++) {
		found = devices_find(all, model, n);
		for (unsigned int i = 0; found && i < all->n; i++)
			if (all->device[i].host && all->device[i].gsi == found->gsi)
				found = NULL;
	}
	return found;
}

FIXTURE_SETUP(function)
{
	char why[TAKE_WHY];

	TAKE(shared_find(&self->l, "edu", 0, why), why);
	self->device = variant->alone ? find_alone(&self->l.devices, "edu") : self->l.offender;
	if (!self->device)
		SKIP(_exit(255), "no edu in LIFELINE_DEVICES has a line of its own");
	TAKE(shared_up(&self->l, LOAD_SATA, false, why), why);
	REQUIRE(!enable(self->device, "1"), "%s cannot be enabled: it has a driver",
		self->device->bdf);
	REQUIRE(!reach_open(&self->reach, self->device->bdf, why, sizeof(why)), "%s", why);
}

static void quiet(FIXTURE_DATA(function) * self)
{
	struct dev_io io = reach_io(&self->reach);

	irq_quiet(descriptor_find(self->device->model), &io);
}

FIXTURE_TEARDOWN(function)
{
	char why[TAKE_WHY];
	const char *wrong;

	quiet(self);
	reach_close(&self->reach);
	enable(self->device, "0");
	if (killed_yet(&self->l) && stuck_revive(self->l.offender, why))
		case_note("irq %u stays dead until somebody requests it: %s", self->l.irq, why);
	wrong = shared_down(&self->l);
	REQUIRE(!wrong, "%s", wrong);
}

static void raise_it(FIXTURE_DATA(function) * self)
{
	struct dev_io io = reach_io(&self->reach);

	irq_trigger(descriptor_find(self->device->model), &io);
}

TEST_F_TIMEOUT(function, ownerless, CASE_SECONDS)
{
	struct shared_bound b = SHARED_HEALTHY;

	shared_window(&self->l, WINDOW_BEFORE, BEFORE);
	probe_begin(self->l.probe, WINDOW_DURING, variant->alone ? ALONE : STORM);
	raise_it(self);
	shared_struck(&self->l);
	if (variant->alone)
		probe_wait(self->l.probe, ALONE);
	else
		killed_await(&self->l);
	probe_end(self->l.probe);
	if (!variant->alone)
		b = killed_bound(&self->l);
	case_mark("ownerless pin=%u mask=%s", self->device->gsi,
		  variant->alone || killed_yet(&self->l) ? "1" : "any");
	quiet(self);
	shared_window(&self->l, WINDOW_AFTER, AFTER);
	shared_judge(_metadata, &self->l, WINDOW_BEFORE, &SHARED_HEALTHY);
	shared_judge(_metadata, &self->l, WINDOW_DURING, &b);
	shared_judge(_metadata, &self->l, WINDOW_AFTER, &SHARED_HEALTHY);
	shared_judge_log(_metadata, &self->l);
}

CASE_MAIN
