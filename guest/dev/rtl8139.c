// SPDX-License-Identifier: GPL-2.0-only
/* Realtek RTL8139C(L): frames by the transmitter's loopback; interrupts by the timer. */
#include "guest/dev/exercisers.h"

#include "guest/dev/frame.h"
#include "guest/lib/string.h"

static const struct dev_register IDR0 = { "IDR0", 0x00, 4 };
static const struct dev_register IDR4 = { "IDR4", 0x04, 4 };
static const struct dev_register RBSTART = { "RBSTART", 0x30, 4 };
static const struct dev_register CR = { "CR", 0x37, 1 };
static const struct dev_register CAPR = { "CAPR", 0x38, 2 };
static const struct dev_register CBR = { "CBR", 0x3a, 2 };
static const struct dev_register IMR = { "IMR", 0x3c, 2 };
static const struct dev_register ISR = { "ISR", 0x3e, 2 };
static const struct dev_register TCR = { "TCR", 0x40, 4 };
static const struct dev_register RCR = { "RCR", 0x44, 4 };
static const struct dev_register TCTR = { "TCTR", 0x48, 4 };
static const struct dev_register TIMERINT = { "TimerInt", 0x54, 4 };

/* Four transmit descriptors, which are registers: status and start address. */
#define DESCRIPTORS 4
static const struct dev_register TSD[DESCRIPTORS] = {
	{ "TSD0", 0x10, 4 }, { "TSD1", 0x14, 4 }, { "TSD2", 0x18, 4 }, { "TSD3", 0x1c, 4 }
};
static const struct dev_register TSAD[DESCRIPTORS] = {
	{ "TSAD0", 0x20, 4 }, { "TSAD1", 0x24, 4 }, { "TSAD2", 0x28, 4 }, { "TSAD3", 0x2c, 4 }
};

#define CR_TE  0x04u
#define CR_RE  0x08u
#define CR_RST 0x10u

#define ISR_ROK	    0x0001u
#define ISR_TIMEOUT 0x4000u
#define CAUSES	    (ISR_ROK | ISR_TIMEOUT)
#define ISR_ALL	    0xffffu

#define TCR_MXDMA    (7u << 8)
#define TCR_LOOPBACK (3u << 17)
#define TCR_IFG	     (3u << 24)
#define TCR_HWVERID  0x7c000000u
#define TCR_RTL8139C 0x74000000u

#define RCR_APM	  (1u << 1)
#define RCR_WRAP  (1u << 7) /* a frame goes on behind the ring's end */
#define RCR_MXDMA (7u << 8)
#define RCR_RXFTH (7u << 13)

#define TSD_OWN	   (1u << 13)
#define TSD_TOK	   (1u << 15)
#define TSD_ERTXTH (0x3fu << 16) /* begin when the whole frame is in the FIFO */

/* Four bytes before each received frame: status, and length with the check sequence. */
#define HEADER	    4
#define HEADER_ROK  0x0001u
#define HEADER_BAD  0x003eu
#define FCS	    4
#define RING	    0x2000u
#define CAPR_BEHIND 16 /* the register lags behind what has been read */

#define TICKS 33u /* a microsecond of the PCI clock */

/* Transmitted at 10 Mb/s; the timer is faster. */
#define DEVICE_NS ((FRAME_MAX + 24) * 800u)

/* All that the device reads and writes. */
struct shared {
	uint8_t ring[RING + 16 + 1520]; /* room for a whole frame behind the end */
	uint8_t out[0x400];
};

_Static_assert(FRAME_MAX <= 0x400, "a frame fits");

/**
 * struct rtl8139 - the exerciser's state
 * @round: of the frame that is under way
 * @causes: that may interrupt; 0: the controller is quiet
 * @masked: and they shall not for now
 * @offset: where in the ring the next frame begins
 * @address: station address
 */
struct rtl8139 {
	uint32_t round, causes;
	bool masked;
	uint32_t offset;
	uint8_t address[FRAME_ADDRESS];
};

_Static_assert(sizeof(struct rtl8139) <= EXERCISER_STATE, "the state is too large");

static struct rtl8139 *state(struct controller *c)
{
	return (struct rtl8139 *)c->state;
}

static struct shared *shared(struct controller *c)
{
	return c->io.memory.base;
}

static int rtl8139_probe(struct controller *c)
{
	return dev_await(c, TCR, TCR_HWVERID, TCR_RTL8139C, 0);
}

static void rtl8139_quiet(struct controller *c)
{
	state(c)->causes = 0;
	dev_write(c, IMR, 0);
	dev_write(c, TIMERINT, 0);
	dev_write(c, ISR, ISR_ALL);
}

static int rtl8139_reset(struct controller *c)
{
	int rc;

	rtl8139_quiet(c);
	dev_write(c, CR, CR_RST);
	rc = dev_await(c, CR, CR_RST | CR_RE | CR_TE, 0, DEV_LIMIT);
	return rc ? rc : dev_await(c, IMR, ISR_ALL, 0, 0);
}

static void read_address(struct controller *c, uint8_t *address)
{
	uint32_t low = dev_read(c, IDR0), high = dev_read(c, IDR4);

	memcpy(address, &low, 4);
	memcpy(address + 4, &high, 2);
}

/* Up to the end of the ring CAPR counts, and then it begins again. */
static void take_until(struct controller *c, uint32_t offset)
{
	state(c)->offset = offset % RING;
	dev_write(c, CAPR, (state(c)->offset - CAPR_BEHIND) & 0xffff);
}

static int rtl8139_start(struct controller *c, enum irq_kind kind, unsigned int vectors)
{
	struct rtl8139 *s = state(c);
	int rc;

	(void)vectors;
	if (kind != IRQ_INTX)
		return DEV_NONE;
	*s = (struct rtl8139){ 0 };
	read_address(c, s->address);
	memset(shared(c), 0, sizeof(struct shared));
	dev_write(c, RBSTART, dev_bus(c, shared(c)->ring));
	/* TCR and RCR can be written when both are on, and not before. */
	dev_write(c, CR, CR_RE | CR_TE);
	rc = dev_await(c, CR, CR_RE | CR_TE, CR_RE | CR_TE, DEV_LIMIT);
	if (rc)
		return rc;
	dev_write(c, RCR, RCR_APM | RCR_WRAP | RCR_MXDMA | RCR_RXFTH);
	dev_write(c, TCR, TCR_MXDMA | TCR_LOOPBACK | TCR_IFG);
	rc = dev_await(c, TCR, TCR_LOOPBACK, TCR_LOOPBACK, 0);
	if (rc)
		return rc;
	dev_write(c, ISR, ISR_ALL);
	rc = dev_await(c, ISR, CAUSES, 0, DEV_LIMIT);
	if (rc)
		return rc;
	s->causes = CAUSES;
	dev_write(c, IMR, CAUSES);
	return DEV_OK;
}

/* The timer may be anywhere: it must not pass the value before the value is written. */
static int rtl8139_trigger(struct controller *c, unsigned int vector)
{
	if (vector)
		return DEV_NONE;
	dev_write(c, TIMERINT, TICKS);
	dev_write(c, TCTR, 0);
	return DEV_OK;
}

/* The document has it that reading clears all, so what is masked is not to be read. */
static uint32_t rtl8139_pending(struct controller *c)
{
	struct rtl8139 *s = state(c);
	uint32_t status = s->causes && !s->masked ? dev_read(c, ISR) : 0;

	return status == ISR_ALL ? 0 : status & s->causes;
}

static void rtl8139_ack(struct controller *c, uint32_t pending)
{
	/* Or it would come again when the counter has been all around. */
	if (pending & ISR_TIMEOUT)
		dev_write(c, TIMERINT, 0);
	dev_write(c, ISR, pending);
}

static void rtl8139_mask(struct controller *c)
{
	state(c)->masked = true;
	dev_write(c, IMR, 0);
}

static void rtl8139_unmask(struct controller *c)
{
	state(c)->masked = false;
	dev_write(c, IMR, state(c)->causes);
}

static int rtl8139_work(struct controller *c)
{
	struct rtl8139 *s = state(c);
	uint8_t *out = shared(c)->out, *in = shared(c)->ring + s->offset;
	uint32_t length = frame_length(++s->round), n = (s->round - 1) % DESCRIPTORS;

	frame_fill(out, s->address, s->round);
	memset(in, 0, HEADER);
	frame_poison(in + HEADER, length + FCS);
	dev_write(c, TSAD[n], dev_bus(c, out));
	dev_write(c, TSD[n], TSD_ERTXTH | length);
	return DEV_OK;
}

static int check_frame(struct controller *c)
{
	struct rtl8139 *s = state(c);
	const uint8_t *in = shared(c)->ring + s->offset;
	uint32_t header = (frame_length(s->round) + FCS) << 16 | HEADER_ROK;
	int rc = dev_await_word(c, "RX HEADER", (const volatile uint32_t *)in,
				0xffff0000u | HEADER_BAD | HEADER_ROK, header, 0);

	return rc ? rc : frame_check(c, in + HEADER, s->address, s->round);
}

static int rtl8139_finish(struct controller *c)
{
	struct rtl8139 *s = state(c);
	uint32_t n = (s->round - 1) % DESCRIPTORS;
	uint32_t next = s->offset + HEADER + frame_length(s->round) + FCS;
	int rc = dev_await(c, TSD[n], TSD_TOK | TSD_OWN, TSD_TOK | TSD_OWN, DEV_LIMIT);

	if (!rc)
		rc = check_frame(c);
	/* After a failure go on where the device goes on. */
	take_until(c, ((rc ? dev_read(c, CBR) : next) + 3) & ~3u);
	return rc;
}

const struct exerciser rtl8139_exerciser = {
	.model = "rtl8139",
	.class = "NIC",
	.source = "Realtek RTL8139C(L) datasheet 6",
	.bar = 1,
	.length = 0x100,
	.memory = 0x3000,
	.device_ns = DEVICE_NS,
	.probe = rtl8139_probe,
	.reset = rtl8139_reset,
	.start = rtl8139_start,
	.trigger = rtl8139_trigger,
	.pending = rtl8139_pending,
	.ack = rtl8139_ack,
	.mask = rtl8139_mask,
	.unmask = rtl8139_unmask,
	.quiet = rtl8139_quiet,
	.work = rtl8139_work,
	.finish = rtl8139_finish,
};
