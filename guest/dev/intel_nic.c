// SPDX-License-Identifier: GPL-2.0-only
#include "guest/dev/intel_nic.h"

#include "guest/lib/string.h"

static const struct dev_register EECD = { "EECD", 0x0010, 4 };
static const struct dev_register RCTL = { "RCTL", 0x0100, 4 };
static const struct dev_register TCTL = { "TCTL", 0x0400, 4 };
static const struct dev_register RDBAL = { "RDBAL", 0x2800, 4 };
static const struct dev_register RDBAH = { "RDBAH", 0x2804, 4 };
static const struct dev_register RDLEN = { "RDLEN", 0x2808, 4 };
static const struct dev_register RDH = { "RDH", 0x2810, 4 };
static const struct dev_register RDT = { "RDT", 0x2818, 4 };
static const struct dev_register TDBAL = { "TDBAL", 0x3800, 4 };
static const struct dev_register TDBAH = { "TDBAH", 0x3804, 4 };
static const struct dev_register TDLEN = { "TDLEN", 0x3808, 4 };
static const struct dev_register TDH = { "TDH", 0x3810, 4 };
static const struct dev_register TDT = { "TDT", 0x3818, 4 };
static const struct dev_register RAL0 = { "RAL0", 0x5400, 4 };
static const struct dev_register RAH0 = { "RAH0", 0x5404, 4 };

#define CTRL_GIO_MASTER_DISABLE	 (1u << 2)
#define CTRL_RST		 (1u << 26)
#define STATUS_GIO_MASTER_ENABLE (1u << 19)
#define EECD_AUTO_RD		 (1u << 9)
#define RCTL_EN			 (1u << 1)
#define RCTL_SECRC		 (1u << 26) /* the check sequence stays out of the buffer */
#define TCTL_EN			 (1u << 1)
#define TCTL_PSP		 (1u << 3)
#define TCTL_CT			 (0x0fu << 4)
#define TCTL_COLD		 (0x40u << 12) /* full duplex */

/* Descriptors, as four words: the third and the fourth. */
#define TDESC_EOP	(1u << 24)
#define TDESC_IFCS	(1u << 25)
#define TDESC_DATA	(1u << 29 | 3u << 20) /* DEXT, DTYP: advanced data */
#define TDESC_PAYLEN	14
#define RDESC_DD	1u
#define RDESC_EOP	2u
#define RDESC_ERRORS	0x0000ff00u /* of the fourth word */
#define ADVANCED_ERRORS 0xfff00000u /* of the third */
#define RDESC_LENGTH	0xffffu

#define DESCRIPTORS 8 /* the fewest: a ring's length counts in 128 bytes */

/* What is on its way when the receiver is switched off: a frame of full length at 10 Mb/s. */
#define DRAIN 2000000u /* ns */

/*
 * The loop is closed when a frame has come back. Without a partner a PHY needs its time for it,
 * and QEMU's 82540EM receives nothing for a second after each write to RCTL.
 */
#define LOOP_LIMIT 3000000000ull /* ns */
#define LOOP_RETRY 5000000ull

/* All that the device reads and writes. */
struct shared {
	volatile uint32_t tx[DESCRIPTORS][4];
	volatile uint32_t rx[DESCRIPTORS][4];
	uint8_t out[0x700];
	uint8_t in[0x800];
};

_Static_assert(sizeof(struct shared) == INTEL_NIC_MEMORY, "its memory is all used");
_Static_assert(FRAME_MAX <= 0x700, "a frame fits");

struct intel_nic *intel_nic(struct controller *c)
{
	return (struct intel_nic *)c->state;
}

static struct shared *shared(struct controller *c)
{
	return c->io.memory.base;
}

void intel_nic_rest(struct controller *c, uint64_t ns)
{
	uint64_t deadline = c->io.now(c->io.ctx) + ns;

	while (c->io.now(c->io.ctx) < deadline)
		c->io.pause(c->io.ctx);
}

void intel_nic_stop(struct controller *c)
{
	dev_write(c, RCTL, 0);
	dev_write(c, TCTL, TCTL_PSP);
}

int intel_nic_reset(struct controller *c)
{
	intel_nic_rest(c, DRAIN);
	dev_write(c, CTRL, dev_read(c, CTRL) | CTRL_RST);
	/* No access for a microsecond (8254x 13.4.1, 82574 10.2.2.1). */
	c->io.pause(c->io.ctx);
	return dev_await(c, CTRL, CTRL_RST, 0, DEV_LIMIT);
}

/* 82574 5.2 and 82576 5.2.3.3: no request of ours may be under way when the reset comes. */
int intel_nic_reset_express(struct controller *c)
{
	int rc;

	intel_nic_stop(c);
	dev_write(c, CTRL, dev_read(c, CTRL) | CTRL_GIO_MASTER_DISABLE);
	rc = dev_await(c, STATUS, STATUS_GIO_MASTER_ENABLE, 0, DEV_LIMIT);
	if (!rc)
		rc = intel_nic_reset(c);
	if (!rc)
		rc = dev_await(c, EECD, EECD_AUTO_RD, EECD_AUTO_RD, DEV_LIMIT);
	if (!rc)
		dev_write(c, CTRL, dev_read(c, CTRL) & ~CTRL_GIO_MASTER_DISABLE);
	return rc;
}

void intel_nic_force_link(struct controller *c, uint32_t speed)
{
	uint32_t ctrl = dev_read(c, CTRL) & ~(CTRL_ASDE | CTRL_SPEED);

	dev_write(c, CTRL, ctrl | CTRL_FD | CTRL_SLU | CTRL_FRCSPD | CTRL_FRCDPX | speed);
}

static void read_address(struct controller *c, uint8_t *address)
{
	uint32_t low = dev_read(c, RAL0), high = dev_read(c, RAH0);

	memcpy(address, &low, 4);
	memcpy(address + 4, &high, 2);
}

void intel_nic_rings(struct controller *c, bool advanced)
{
	struct shared *s = shared(c);

	memset(s, 0, sizeof(*s));
	*intel_nic(c) = (struct intel_nic){ .advanced = advanced };
	read_address(c, intel_nic(c)->address);
	dev_write(c, RDBAL, dev_bus(c, s->rx));
	dev_write(c, RDBAH, 0);
	dev_write(c, RDLEN, sizeof(s->rx));
	dev_write(c, RDH, 0);
	dev_write(c, RDT, 0);
	dev_write(c, TDBAL, dev_bus(c, s->tx));
	dev_write(c, TDBAH, 0);
	dev_write(c, TDLEN, sizeof(s->tx));
	dev_write(c, TDH, 0);
	dev_write(c, TDT, 0);
}

static uint8_t behind(uint8_t descriptor)
{
	return (uint8_t)((descriptor + 1) % DESCRIPTORS);
}

static void give_buffer(struct controller *c, struct intel_nic *n)
{
	struct shared *s = shared(c);
	volatile uint32_t *d = s->rx[n->rx];

	frame_poison(s->in, FRAME_MAX + 1);
	d[0] = dev_bus(c, s->in);
	d[1] = d[2] = d[3] = 0;
	dev_write(c, RDT, behind(n->rx));
}

/* No RS: the transmitter reports nothing, or it would interrupt as well. */
int intel_nic_send(struct controller *c)
{
	struct intel_nic *n = intel_nic(c);
	struct shared *s = shared(c);
	volatile uint32_t *d = s->tx[n->tx];
	uint32_t length = frame_length(++n->round);

	frame_fill(s->out, n->address, n->round);
	give_buffer(c, n);
	d[0] = dev_bus(c, s->out);
	d[1] = 0;
	d[2] = length | TDESC_EOP | TDESC_IFCS | (n->advanced ? TDESC_DATA : 0);
	d[3] = n->advanced ? length << TDESC_PAYLEN : 0;
	n->tx = behind(n->tx);
	dev_write(c, TDT, n->tx);
	return DEV_OK;
}

static int await_frame(struct controller *c, uint64_t limit_ns)
{
	struct intel_nic *n = intel_nic(c);

	return dev_await_word(c, "RDESC.STATUS", &shared(c)->rx[n->rx][n->advanced ? 2 : 3],
			      RDESC_DD | RDESC_EOP, RDESC_DD | RDESC_EOP, limit_ns);
}

static int check_descriptor(struct controller *c)
{
	struct intel_nic *n = intel_nic(c);
	volatile uint32_t *d = shared(c)->rx[n->rx];
	uint32_t at = dev_bus(c, d) - (uint32_t)c->io.memory.bus;
	uint32_t length = frame_length(n->round);
	int rc;

	if (n->advanced) {
		rc = dev_expect(c, "RDESC.ERRORS", at + 8, ADVANCED_ERRORS, 0, d[2]);
		return rc ? rc : dev_expect(c, "RDESC.LENGTH", at + 12, RDESC_LENGTH, length, d[3]);
	}
	rc = dev_expect(c, "RDESC.ERRORS", at + 12, RDESC_ERRORS, 0, d[3]);
	return rc ? rc : dev_expect(c, "RDESC.LENGTH", at + 8, RDESC_LENGTH, length, d[2]);
}

int intel_nic_finish(struct controller *c)
{
	struct intel_nic *n = intel_nic(c);
	int rc = await_frame(c, 0);

	if (rc)
		return rc;
	rc = check_descriptor(c);
	if (!rc)
		rc = frame_check(c, shared(c)->in, n->address, n->round);
	n->rx = behind(n->rx);
	return rc;
}

int intel_nic_run(struct controller *c, uint32_t loopback)
{
	struct intel_nic *n = intel_nic(c);
	uint64_t deadline = c->io.now(c->io.ctx) + LOOP_LIMIT;
	int rc;

	dev_write(c, RCTL, RCTL_EN | RCTL_SECRC | loopback);
	dev_write(c, TCTL, TCTL_EN | TCTL_PSP | TCTL_CT | TCTL_COLD);
	for (;;) {
		bool last = c->io.now(c->io.ctx) >= deadline;

		intel_nic_send(c);
		rc = dev_await(c, TDH, ~0u, n->tx, DEV_LIMIT);
		if (rc)
			return rc;
		rc = await_frame(c, LOOP_RETRY);
		if (!rc)
			return intel_nic_finish(c);
		if (last)
			return rc;
		dev_clear_error(c);
	}
}
