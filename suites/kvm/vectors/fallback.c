// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: a function with MSI enabled asserts no line; MSI Enable is the user's (vfio_msi_config_write), so it is
 * DisINTx that has to keep the function off its line then, which has no handler for it. Survival proves that a user with a
 * message cannot interrupt by the line that others have.
 */
#include "guest/dev/pci.h"
#include "host/case/judge.h"
#include "suites/kvm/vectors/tenant.h"

#define BEFORE (300 * NS_PER_MS)
#define DURING NS_PER_S /* a storm is seen at once; its 100,000 interrupts take a fraction of it */
#define AFTER  (300 * NS_PER_MS)
#define FLAGS  2u /* Message Control; its first bit is MSI Enable (PCI 3.0, 6.8.1.3) */

FIXTURE(fallback)
{
	struct shared_line l;
	struct tenant user;
};

FIXTURE_SETUP(fallback)
{
	char why[TAKE_WHY];

	tenant_init(&self->user);
	TAKE(shared_take(&self->l, "edu", 0, why), why);
	REQUIRE(!tenant_open(&self->user, self->l.offender, why) &&
			!tenant_enable(&self->user, IRQ_MSI, 1, why),
		"%s", why);
	TAKE(shared_up(&self->l, LOAD_SATA, false, why), why);
}

FIXTURE_TEARDOWN(fallback)
{
	const char *wrong;

	tenant_close(&self->user);
	wrong = shared_down(&self->l);
	REQUIRE(!wrong, "%s", wrong);
}

static void fall_back(struct __test_metadata *_metadata, FIXTURE_DATA(fallback) * self)
{
	struct tenant *u = &self->user;
	uint8_t at = config_find_capability(&u->c.io, PCI_CAP_MSI);

	REQUIRE(at, "%s has no MSI", u->v.bdf);
	shared_window(&self->l, WINDOW_BEFORE, BEFORE);
	vfio_config_write(&u->v, (uint16_t)(at + FLAGS), 1, 0);
	u->c.ops->trigger(&u->c, 0);
	shared_struck(&self->l);
	case_data("disintx=%d", message_disintx(u->v.bdf));
	shared_window(&self->l, WINDOW_DURING, DURING);
	u->c.ops->quiet(&u->c);
	shared_window(&self->l, WINDOW_AFTER, AFTER);
	for (enum window w = WINDOW_BEFORE; w < WINDOWS; w++)
		shared_judge(_metadata, &self->l, w, &SHARED_HEALTHY);
	shared_judge_log(_metadata, &self->l);
}

TEST_F_TIMEOUT(fallback, line, CASE_SECONDS)
{
	fall_back(_metadata, self);
}

/* What would save the sharers: all is the same but for one bit. */
TEST_F_TIMEOUT(fallback, line_rescued, CASE_SECONDS)
{
	int rc = message_set_disintx(self->user.v.bdf);

	REQUIRE(!rc, "%s: DisINTx cannot be set: %s", self->user.v.bdf, strerror(-rc));
	fall_back(_metadata, self);
}

CASE_MAIN
