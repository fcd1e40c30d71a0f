// SPDX-License-Identifier: GPL-2.0-only
/*
 * Take vectors until Xen has no more, beside a live line.
 *
 * Mechanism: create_irq() -> _assign_irq_vector() finds a vector that is free on
 * some CPU, or says -ENOSPC, of which allocate_and_map_msi_pirq() makes -EINVAL.
 * Survival proves that the refusal leaves the sharers' line and every other
 * vector alone, and that all vectors come back.
 */
#include "guest/control/audit.h"
#include "guest/control/ktap.h"
#include "guest/control/line.h"
#include "guest/control/message.h"
#include "guest/control/window.h"
#include "guest/xen/clock.h"

#define MAX_MESSAGES 300
#define LEAST	     120 /* of the 191 that a CPU has: 0x30 to 0xef without 0x80 */
#define FRESH_PIN    16u

static struct message messages[MAX_MESSAGES] __attribute__((section(".bss.control")));

/* Map entry after entry of every nvme. Return: how many; *@rc is the refusal, 0 if there was none. */
static unsigned int take_all(int *rc)
{
	struct device *dev;
	unsigned int n = 0;

	*rc = 0;
	while (!*rc && (dev = device_take("nvme", ANY_LINE))) {
		unsigned int entries = message_count(dev);

		for (unsigned int i = 0; i < entries && !*rc && n < MAX_MESSAGES; i++) {
			*rc = message_map(&messages[n], dev, true, i, DOMID_SELF);
			n += !*rc;
			/* The sharers run on the same CPU. */
			sleep_until(now_ns() + 20 * US);
		}
	}
	return n;
}

static unsigned int give_all_back(unsigned int n)
{
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < n; i++) {
		wrong += message_unmap(&messages[i]) != 0;
		messages[i].dev->taken = false;
	}
	return wrong;
}

/* There is no vector for anybody: every way to get one says so, and writes nothing. */
static void expect_none_left(struct test *t)
{
	struct device *dev = device_take("edu", 21);
	struct message m;
	int rc = message_map(&m, dev, false, 0, DOMID_SELF);
	uint64_t before = line_rte(FRESH_PIN);

	check(t, rc == -XEN_EINVAL,
	      "V map_pirq of an MSI without a vector: %d, expected %d (EINVAL)", rc, -XEN_EINVAL);
	rc = line_write(FRESH_PIN, 1u << 16);
	check(t, rc == -XEN_ENOSPC, "V apic_write of a fresh pin: %d, expected %d (ENOSPC)", rc,
	      -XEN_ENOSPC);
	check(t, line_rte(FRESH_PIN) == before, "V entry of pin %u: %llx, expected %llx as before",
	      FRESH_PIN, (unsigned long long)line_rte(FRESH_PIN), (unsigned long long)before);
	rc = line_setup(FRESH_PIN);
	check(t, rc == -XEN_ENOSPC, "V setup_gsi of a fresh pin: %d, expected %d (ENOSPC)", rc,
	      -XEN_ENOSPC);
	device_release(dev);
}

static void exhaust(struct test *t)
{
	struct cast *c = cast_up(t);
	struct audit before, after;
	unsigned int n, again;
	int rc;

	if (!c)
		return;
	audit_take(&before);
	window_open(c, WINDOW_DURING, true);
	n = take_all(&rc);
	ktap_line("  # data messages=%u refusal=%d", n, rc);
	check(t, rc == -XEN_EINVAL, "V map_pirq until the end: %d, expected %d (EINVAL)", rc,
	      -XEN_EINVAL);
	check(t, n >= LEAST, "V %u vectors were left, at least %u", n, LEAST);
	expect_none_left(t);
	window_wait(t, c->timing.window[WINDOW_DURING]);
	window_close(t, c);
	window_judge(t, c, WINDOW_DURING, &HEALTHY);
	audit_mark(t, "none-left");
	rc = (int)give_all_back(n);
	check(t, !rc, "L %d of %u messages could not be unmapped, expected 0", rc, n);
	again = take_all(&rc);
	check(t, again == n, "L %u messages the second time, expected %u", again, n);
	rc = (int)give_all_back(again);
	check(t, !rc, "L %d of %u messages could not be unmapped, expected 0", rc, again);
	audit_take(&after);
	audit_same(t, &before, &after, 0, "exhaustion");
	window_run(t, c, WINDOW_AFTER);
	window_judge(t, c, WINDOW_AFTER, &HEALTHY);
	cast_down(t, c);
}
TEST_CASE("vectors.exhaust", exhaust);
