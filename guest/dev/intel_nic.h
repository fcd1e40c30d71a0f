/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Intel's gigabit controllers, what 82540EM, 82574L and 82576 have in common: one receive and one
 * transmit ring at the same offsets, and a frame that comes back by loopback.
 *
 * There is one receive descriptor with one buffer at a time: a frame that nobody has
 * sent finds none and shows as an overrun, not as ours.
 */
#ifndef LIFELINE_DEV_INTEL_NIC_H
#define LIFELINE_DEV_INTEL_NIC_H

#include "guest/dev/exerciser.h"
#include "guest/dev/frame.h"

#define INTEL_NIC_MEMORY 0x1000u
#define INTEL_NIC_LENGTH 0x6000u

/* 7813 interrupts a second at most, whatever ITR says (82574 datasheet 10.2.4.2). */
#define INTEL_NIC_DEVICE_NS 128000u

static const struct dev_register CTRL = { "CTRL", 0x0000, 4 };
static const struct dev_register STATUS = { "STATUS", 0x0008, 4 };
static const struct dev_register CTRL_EXT = { "CTRL_EXT", 0x0018, 4 };
static const struct dev_register TXDCTL = { "TXDCTL", 0x3828, 4 };

#define CTRL_FD	    (1u << 0)
#define CTRL_ASDE   (1u << 5)
#define CTRL_SLU    (1u << 6)
#define CTRL_SPEED  (3u << 8)
#define CTRL_100    (1u << 8)
#define CTRL_1000   (2u << 8)
#define CTRL_FRCSPD (1u << 11)
#define CTRL_FRCDPX (1u << 12)

#define RCTL_LBM_MAC (1u << 6)

/**
 * struct intel_nic - the exerciser's state
 * @round: of the frame that is under way
 * @causes: that may interrupt; 0: the controller is quiet
 * @masked: and they shall not for now
 * @advanced: descriptors are in the 82576's advanced format
 * @tx: descriptor that the next frame takes
 * @rx: the same of the receiver
 * @address: station address
 */
struct intel_nic {
	uint32_t round, causes;
	bool masked, advanced;
	uint8_t tx, rx;
	uint8_t address[FRAME_ADDRESS];
};

_Static_assert(sizeof(struct intel_nic) <= EXERCISER_STATE, "the state is too large");

/** intel_nic() - state of @c */
struct intel_nic *intel_nic(struct controller *c);

/** intel_nic_rest() - let @ns pass */
void intel_nic_rest(struct controller *c, uint64_t ns);

/** intel_nic_stop() - receiver and transmitter off */
void intel_nic_stop(struct controller *c);

/** intel_nic_reset() - CTRL.RST, until the device is done with it */
int intel_nic_reset(struct controller *c);

/** intel_nic_reset_express() - the same of a PCI Express device that may be running */
int intel_nic_reset_express(struct controller *c);

/** intel_nic_force_link() - no negotiation: @speed (CTRL_100 or CTRL_1000), full duplex, link up */
void intel_nic_force_link(struct controller *c, uint32_t speed);

/** intel_nic_rings() - rings and station address; the receiver has no buffer yet */
void intel_nic_rings(struct controller *c, bool advanced);

/**
 * intel_nic_run() - receiver and transmitter on, and wait until a frame comes back
 * @loopback: bits of RCTL
 */
int intel_nic_run(struct controller *c, uint32_t loopback);

/** intel_nic_send() - give a buffer to the receiver and the next frame to the transmitter */
int intel_nic_send(struct controller *c);

/** intel_nic_finish() - has the frame come back, whole and right? */
int intel_nic_finish(struct controller *c);

#endif
