/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of the xHCI exerciser: what it has in memory, and the rings by which
 * the controller is given work and tells of it. xHCI 1.2, chapters 4.9 and 6.
 */
#ifndef LIFELINE_DEV_XHCI_H
#define LIFELINE_DEV_XHCI_H

#include "guest/dev/exerciser.h"
#include "guest/dev/usb.h"

#define XHCI_TRBS	  16u /* of every ring: the fewest that an event ring may have */
#define XHCI_INTERRUPTERS 16u /* their event rings fill a page */
#define XHCI_SCRATCHPADS  5u  /* pages that are left for the controller itself */
#define XHCI_PAGE	  4096u

/* Types of TRBs: table 6-91. Their place in the control word: */
#define XHCI_TYPE(type)	   ((type) << 10)
#define XHCI_SETUP	   XHCI_TYPE(2u)
#define XHCI_DATA	   XHCI_TYPE(3u)
#define XHCI_STATUS	   XHCI_TYPE(4u)
#define XHCI_LINK	   XHCI_TYPE(6u)
#define XHCI_ENABLE_SLOT   XHCI_TYPE(9u)
#define XHCI_ADDRESS	   XHCI_TYPE(11u)
#define XHCI_EVALUATE	   XHCI_TYPE(13u)
#define XHCI_NO_OP	   XHCI_TYPE(23u)
#define XHCI_TRANSFER_DONE XHCI_TYPE(32u)
#define XHCI_COMMAND_DONE  XHCI_TYPE(33u)
#define XHCI_TYPES	   XHCI_TYPE(63u)

#define XHCI_SLOT_SHIFT 24 /* control word: the slot */

/* Status word of an event: the completion code, and how many bytes were not transferred. */
#define XHCI_SUCCESS (1u << 24)

/** struct xhci_trb - transfer request block: a piece of work, or an event */
struct xhci_trb {
	uint32_t parameter, parameter_high, status, control;
};

/** struct xhci_segment - where an event ring is: the one entry of its table, padded to its alignment */
struct xhci_segment {
	uint32_t base, base_high, size, reserved[13];
};

/**
 * struct xhci_memory - io.memory
 * @contexts: address of the device context of each slot; of slot 0: of @scratchpad_pages
 * @scratchpad_pages: addresses of @scratchpad
 * @command: ring
 * @transfer: ring of endpoint 0
 * @segment: of each interrupter
 * @data: what the device says of itself
 * @event: ring of each interrupter
 * @device: device context, the controller's
 * @input: input context; behind endpoint 0 nothing is added, nor read (6.2.5)
 * @scratchpad: the controller's own
 *
 * No member crosses a page, as table 6-1 wants it.
 */
struct xhci_memory {
	_Alignas(64) uint64_t contexts[2];
	_Alignas(64) uint64_t scratchpad_pages[XHCI_SCRATCHPADS];
	_Alignas(64) volatile struct xhci_trb command[XHCI_TRBS];
	_Alignas(64) volatile struct xhci_trb transfer[XHCI_TRBS];
	_Alignas(64) struct xhci_segment segment[XHCI_INTERRUPTERS];
	_Alignas(64) struct usb_device_descriptor data;
	_Alignas(4096) volatile struct xhci_trb event[XHCI_INTERRUPTERS][XHCI_TRBS];
	_Alignas(4096) uint8_t device[32 * 64];
	_Alignas(2048) uint8_t input[3 * 64];
	_Alignas(4096) uint8_t scratchpad[XHCI_SCRATCHPADS][XHCI_PAGE];
};

/** struct xhci_place - where a ring goes on: index of a TRB, and its cycle bit */
struct xhci_place {
	uint8_t at, cycle;
};

/**
 * struct xhci - state
 * @op: offset of the operational registers
 * @runtime: of the runtime registers
 * @doorbell: of the doorbells
 * @awaited: bus address of the TRB whose event counts
 * @completion: status word of that event, 0: none yet
 * @context: bytes of a context
 * @port: that has a device, from 1 on
 * @slot: of the device
 * @told: slot that the event speaks of
 * @interrupters: how many are used
 * @masked: by @mask or @quiet
 * @command: next to be written
 * @transfer: next to be written
 * @event: next to be read
 * @known: the device's descriptor, as it was the first time
 */
struct xhci {
	uint32_t op, runtime, doorbell;
	uint32_t awaited, completion;
	uint8_t context, port, slot, told, interrupters;
	bool masked;
	struct xhci_place command, transfer, event[XHCI_INTERRUPTERS];
	struct usb_device_descriptor known;
};

_Static_assert(sizeof(struct xhci) <= EXERCISER_STATE, "state of its own");
_Static_assert(sizeof(struct xhci_memory) == 0x8000, "what an exerciser may have");

static inline struct xhci *xhci_of(struct controller *c)
{
	return (struct xhci *)c->state;
}

static inline struct xhci_memory *xhci_memory_of(struct controller *c)
{
	return c->io.memory.base;
}

/** xhci_at() - register @r, whose offset counts from @base */
static inline struct dev_register xhci_at(uint32_t base, struct dev_register r)
{
	r.offset += base;
	return r;
}

/** xhci_interrupter() - register @r of interrupter @v */
static inline struct dev_register xhci_interrupter(struct controller *c, unsigned int v,
						   struct dev_register r)
{
	return xhci_at(xhci_of(c)->runtime + 0x20 + v * 0x20, r);
}

/** xhci_write64() - address @value in the two halves of @r: the low one first (5.1) */
void xhci_write64(struct controller *c, struct dev_register r, uint32_t value);

/** xhci_empty_rings() - all rings are empty; the controller knows of none yet */
void xhci_empty_rings(struct controller *c);

/** xhci_place_event_ring() - tell interrupter @v where its ring is */
void xhci_place_event_ring(struct controller *c, unsigned int v);

/** xhci_post_command() - one command, whose event is awaited from now on */
void xhci_post_command(struct controller *c, uint32_t parameter, uint32_t control);

/**
 * xhci_post_request() - a control transfer that reads into memory.data, and whose event is awaited
 * @interrupter: who tells that it is done
 */
void xhci_post_request(struct controller *c, struct usb_setup setup, unsigned int interrupter);

/** xhci_has_event() - is there an event in the ring of interrupter @v? */
bool xhci_has_event(struct controller *c, unsigned int v);

/** xhci_take_events() - take all of them out, but no more than the ring can hold */
void xhci_take_events(struct controller *c, unsigned int v);

/**
 * xhci_check() - is what was posted done, and well?
 * @name: of its event
 *
 * Return: DEV_OK, or DEV_WRONG: no event, or one that says no success.
 */
int xhci_check(struct controller *c, const char *name);

/** xhci_complete() - wait, without interrupts, until what was posted is done. Return: as xhci_check() */
int xhci_complete(struct controller *c, const char *name);

#endif
