/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page pair that a sibling shares with the control domain: orders one way,
 * measurements the other. An event channel between the two says "look". The
 * control domain believes nothing in here without a bound: a sibling may hang
 * or die at any instruction, and that is what we are here to see.
 */
#ifndef LIFELINE_ROLE_MAILBOX_H
#define LIFELINE_ROLE_MAILBOX_H

#include <stdint.h>

#include "guest/lib/hist.h"

enum window { WINDOW_BEFORE, WINDOW_DURING, WINDOW_AFTER, WINDOWS };

#define TIMELINE_SLOTS 24
#define MAILBOX_ERROR  160

/**
 * struct window_stats - what one sharer saw in one window
 * @start: when the window began, ns of system time
 * @end: when the sharer was parked
 * @raised: interrupts that its device asserted
 * @served: of these, seen by the handler in time
 * @lost: of these, not seen within the grace time, or seen and the work was not done
 * @spurious: events that the sharer's device had not raised
 * @gap: longest time between two served interrupts, window edges included, ns
 * @last: time of the last served interrupt (or the window's start), ns
 * @latency: raise to handler
 * @timeline: served interrupts by equal slices of @planned; what came later is in the last
 * @planned: planned length, ns
 */
struct window_stats {
	uint64_t start, end, planned;
	uint32_t raised, served, lost, spurious;
	uint64_t gap, last;
	uint32_t timeline[TIMELINE_SLOTS];
	struct hist latency;
};

/*
 * RUN, PARK, FAULT and QUIET are the driver's own; the others are the platform's,
 * and those from STATUS on only Xen's has. ORDER_CONFIG and ORDER_POKE have a struct
 * rogue_write in @call.bytes.
 */
enum order {
	ORDER_NONE,
	ORDER_BIND,   /* bind the line: pirq @argument, 0: the mailbox's; answer: port or -errno */
	ORDER_UNBIND, /* give the line up; answer: 0 or -errno */
	ORDER_RUN,    /* raise and serve in window @argument until another order comes */
	ORDER_PARK,   /* finish the round, stop raising, go on serving; answer: 0 */
	ORDER_FAULT,  /* play fault verb @argument; most never answer, the others as fault_play() */
	ORDER_QUIET, /* the device is quieted and reset, for good; answer: 0, 1: it is not (@error) */
	ORDER_STATUS, /* answer: XENIRQSTAT_* of the pirq, or -errno */
	ORDER_CONFIG, /* write by configuration ports; answer: 0 */
	ORDER_POKE,   /* map the page and write there; answer: 0, -errno of the mapping, or death */
	ORDER_CALL, /* hypercall @call.nr with command @argument on @call.bytes; answer: its result */
};

/**
 * struct guest_call - a hypercall that a sibling makes for the control domain
 * @nr: __HYPERVISOR_*, of those that take a command and a structure
 * @at: 0, or the address that is passed instead of that of @bytes
 * @bytes: the structure; what Xen writes to it comes back
 */
struct guest_call {
	uint32_t nr;
	uint64_t at;
	uint8_t bytes[64];
};

/**
 * struct rogue_write - what to write where
 * @where: physical address of a 32-bit word; for ORDER_CONFIG, bdf << 8 | register
 * @value: to be written
 */
struct rogue_write {
	uint64_t where;
	uint32_t value;
};

/**
 * struct mailbox - see above
 * @model: its exerciser; empty: it has no device, it can ORDER_CALL alone
 * @bar: physical address or port of the device's registers
 * @grant: first reference to the memory for its DMA, which the control domain lends
 * @kind: enum irq_kind: how the device interrupts
 * @pirq: pirq of the line or message
 * @pin: pin of the virtual IO-APIC that has the line in an HVM domain; 0: the line's pirq comes as event
 * @port: event channel to the control domain
 * @grace: a raised interrupt not served after this is lost, ns
 * @pace: mean time between two rounds, ns
 * @seed: of the pacing
 * @order: what to do, valid when @asked != @answered
 * @argument: of the order
 * @planned: of the window, ns
 * @call: for ORDER_CALL
 * @asked: number of the order, counted by the control domain
 * @answered: number of the last order that was carried out
 * @answer: its result
 * @fault_live: the verb has done its deed and the fault stands
 * @ready: the device has been started, 1; or it has not, -1
 * @error: the first thing that was wrong with the device
 */
struct mailbox {
	char model[16];
	uint64_t bar;
	uint32_t grant;
	uint32_t kind;
	uint32_t pirq;
	uint32_t pin;
	uint32_t port;
	uint64_t grace, pace;
	uint32_t seed;

	uint32_t order, argument;
	uint64_t planned;
	struct guest_call call;
	uint32_t asked;

	uint32_t answered;
	int32_t answer;
	uint32_t fault_live;
	int32_t ready;
	char error[MAILBOX_ERROR];

	struct window_stats window[WINDOWS];
};

#define MAILBOX_PAGES 2
_Static_assert(sizeof(struct mailbox) <= MAILBOX_PAGES * 4096ul, "the mailbox outgrew its pages");

#endif
