// SPDX-License-Identifier: GPL-2.0-only
#include "guest/control/line.h"
#include "guest/control/test.h"
#include "guest/xen/interface.h"

static void pvh_dom0(struct test *t)
{
	uint32_t vector = 0;
	int rc = irq_alloc_vector(5, &vector);

	check(t, rc == -XEN_ENOSYS, "V alloc: %d", rc);
}
TEST_CASE("vectors.pvh_dom0", pvh_dom0);
