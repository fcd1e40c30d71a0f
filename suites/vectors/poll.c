// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control domain waits for an event on ports that it does not have.
 *
 * Mechanism: do_poll() -> evtchn_port_poll() asks port_is_valid() before it takes
 * the number for an index into the domain's ports, which end before it (XSA-221).
 * HC: each call is refused, and the hypervisor lives.
 */
#include "guest/xen/clock.h"
#include "guest/xen/hypercall.h"
#include "suites/vectors/drive.h"

#define PORTS_2L 4096u /* of a domain on 64 bits that has not asked for FIFO channels */

static int poll_port(evtchn_port_t port)
{
	struct sched_poll poll = { .nr_ports = 1, .timeout = now_ns() + MS };

	set_xen_guest_handle(poll.ports, &port);
	return (int)xen_sched_op(SCHEDOP_poll, &poll);
}

static void poll_none(struct test *t)
{
	static const evtchn_port_t ports[] = { PORTS_2L, 0x7fff, 0x8000, 0x1ffff, ~0u };

	for (unsigned int i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		expect_result(t, poll_port(ports[i]), -XEN_EINVAL, "HC poll of port %u", ports[i]);
}
TEST_CASE("vectors.poll", poll_none);
