// SPDX-License-Identifier: GPL-2.0-only
#include "guest/xen/event.h"
#include "guest/lib/string.h"
#include "guest/xen/clock.h"
#include "guest/xen/hypercall.h"
#include "guest/xen/mem.h"

#include <xen/hvm/hvm_op.h>

#define WORD_BITS  (8 * sizeof(xen_ulong_t))
#define FIRST_LOOK (100 * US)

static char shared_info_page[4096] __attribute__((aligned(4096)));

struct shared_info *shared_info(void)
{
	return (struct shared_info *)shared_info_page;
}

void event_init(uint64_t maddr)
{
	map_self((unsigned long)shared_info_page, maddr | PTE_RW);
	event_mask_all(shared_info());
}

int event_init_pvh(void)
{
	struct xen_add_to_physmap add = {
		.domid = DOMID_SELF,
		.space = XENMAPSPACE_shared_info,
		.gpfn = (unsigned long)shared_info_page / PAGE_SIZE,
	};
	int rc = (int)xen_memory_op(XENMEM_add_to_physmap, &add);

	if (!rc)
		event_mask_all(shared_info());
	return rc;
}

int event_upcall_init(evtchn_port_t port, uint8_t vector)
{
	struct xen_hvm_evtchn_upcall_vector upcall = { .vcpu = 0, .vector = vector };
	struct evtchn_unmask unmask = { .port = port };
	int rc = (int)hcall2(__HYPERVISOR_hvm_op, HVMOP_set_evtchn_upcall_vector, &upcall);

	return rc ? rc : (int)xen_event_op(EVTCHNOP_unmask, &unmask);
}

/* In the order opposite to evtchn_2l_set_pending(): what comes in between is told again, or is seen. */
void event_upcall_take(evtchn_port_t port)
{
	struct vcpu_info *v = &shared_info()->vcpu_info[0];

	__atomic_store_n(&v->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&v->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	port_clear(port);
}

void event_mask_all(struct shared_info *info)
{
	info->vcpu_info[0].evtchn_upcall_mask = 1;
	memset(info->evtchn_mask, 0xff, sizeof(info->evtchn_mask));
}

int pirq_bind(uint32_t pirq)
{
	struct evtchn_bind_pirq bind = { .pirq = pirq, .flags = BIND_PIRQ__WILL_SHARE };
	long rc = xen_event_op(EVTCHNOP_bind_pirq, &bind);

	return rc ? (int)rc : (int)bind.port;
}

int port_close(evtchn_port_t port)
{
	struct evtchn_close close = { .port = port };

	return (int)xen_event_op(EVTCHNOP_close, &close);
}

bool port_pending(evtchn_port_t port)
{
	const volatile xen_ulong_t *word = &shared_info()->evtchn_pending[port / WORD_BITS];

	return *word >> (port % WORD_BITS) & 1;
}

/*
 * With looks in between, ever farther apart: an idle board whose clock counts
 * instructions goes on to its next timer at once, and finds there what its
 * devices have to do in several steps of QEMU's main loop.
 */
bool port_wait(evtchn_port_t port, uint64_t deadline)
{
	struct sched_poll poll = { .nr_ports = 1 };
	uint64_t now = now_ns(), step = FIRST_LOOK;

	set_xen_guest_handle(poll.ports, &port);
	for (; !port_pending(port) && now < deadline; now = now_ns(), step *= 2) {
		poll.timeout = deadline - now > step ? now + step : deadline;
		xen_sched_op(SCHEDOP_poll, &poll);
	}
	return port_pending(port);
}

void port_clear(evtchn_port_t port)
{
	xen_ulong_t *word = &shared_info()->evtchn_pending[port / WORD_BITS];

	__atomic_and_fetch(word, ~(1ul << (port % WORD_BITS)), __ATOMIC_SEQ_CST);
}

int pirq_eoi(uint32_t pirq)
{
	struct physdev_eoi eoi = { .irq = pirq };

	return (int)xen_physdev_op(PHYSDEVOP_eoi, &eoi);
}

int pirq_status(uint32_t pirq)
{
	struct physdev_irq_status_query query = { .irq = pirq };
	long rc = xen_physdev_op(PHYSDEVOP_irq_status_query, &query);

	return rc ? (int)rc : (int)query.flags;
}
