// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control domain waits for an event on ports that it does not have.
 *
 * Mechanism: do_poll() -> evtchn_port_poll() asks port_is_valid() before it takes
 * the number for an index into the domain's ports, which end before it (XSA-221).
 * What it would find there is a null pointer, and at address 0 what the caller
 * likes. HC: each call is refused, and the hypervisor lives.
 */
#include "guest/xen/clock.h"
#include "guest/xen/hypercall.h"
#include "suites/vectors/drive.h"

#define PORTS_2L 4096u /* of a domain on 64 bits that has not asked for FIFO channels */

/* The member `state` of 4.17's struct evtchn, were there one at address 0: a channel in use. */
#define STATE	   0xc
#define STATE_USED 6

static int poll_port(evtchn_port_t port)
{
	struct sched_poll poll = { .nr_ports = 1, .timeout = now_ns() + MS };

	set_xen_guest_handle(poll.ports, &port);
	return (int)xen_sched_op(SCHEDOP_poll, &poll);
}

static void poll_none(struct test *t)
{
	static const evtchn_port_t ports[] = { PORTS_2L, 0x7fff, 0x8000, 0x1ffff, ~0u };

	volatile uint8_t *none = page_zero();

	none[STATE] = STATE_USED;
	for (unsigned int i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		expect_result(t, poll_port(ports[i]), -XEN_EINVAL, "HC poll of port %u", ports[i]);
	none[STATE] = 0;
}
TEST_CASE("vectors.poll", poll_none);
