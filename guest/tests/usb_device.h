/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A full-speed device on the bus, for the register models of host controllers,
 * written from USB 2.0: endpoint 0, which knows GET_DESCRIPTOR(DEVICE) and
 * SET_ADDRESS, and answers nothing that comes out of order.
 */
#ifndef LIFELINE_TESTS_USB_DEVICE_H
#define LIFELINE_TESTS_USB_DEVICE_H

#include "guest/tests/rig.h"

#define USB_DEVICE_PACKET 8u

enum usb_answer { USB_ACK, USB_NAK, USB_STALL, USB_SILENCE };

enum usb_stage { STAGE_IDLE, STAGE_DATA, STAGE_STATUS_OUT, STAGE_STATUS_IN };

/**
 * struct usb_device - the device and what it is to do wrong
 * @descriptor: what it says of itself
 * @address: where it answers
 * @new_address: where it will, once the request for it is through
 * @stage: what the request that it is in expects next
 * @asked: bytes that the request wants
 * @sent: of these
 * @ready_at: not to be spoken to before, ns
 * @reset_at: when the bus reset began
 * @hurried: resets that were too short, and tokens that came before @ready_at
 * @naks: so many times it is not ready yet
 * @stalls: every request is refused
 * @unplugged: it is not there
 * @lost: what it sends does not get to memory
 * @corrupt: byte of the descriptor that goes over the bus as another, plus 1; 0: none
 * @shortened: it sends no more than so many bytes of it; 0: all
 * @gone_at: when the controller is pulled out and the device with it; 0: never
 */
struct usb_device {
	uint8_t descriptor[18];
	uint8_t address, new_address;
	enum usb_stage stage;
	unsigned int asked, sent;
	uint64_t ready_at, reset_at, gone_at;
	unsigned int hurried, naks, corrupt, shortened;
	bool stalls, unplugged, lost;
};

static inline void usb_device_up(struct usb_device *d)
{
	static const uint8_t descriptor[18] = { 18,   1,    0x10, 0x01, 0, 0, 0, USB_DEVICE_PACKET,
						0x27, 0x06, 0x01, 0,	0, 0, 1, 2,
						3,    1 };

	*d = (struct usb_device){ .address = 0x55 };
	memcpy(d->descriptor, descriptor, sizeof(descriptor));
}

/* 7.1.7.5: reset for at least 10 ms, by a root port 50 ms; then 10 ms of peace. */
static inline void usb_device_reset_begins(struct usb_device *d, uint64_t now)
{
	d->reset_at = now;
}

static inline void usb_device_reset_ends(struct usb_device *d, uint64_t now, uint64_t least)
{
	d->hurried += now - d->reset_at < least;
	d->address = d->new_address = 0;
	d->stage = STAGE_IDLE;
	d->ready_at = now + 10000000;
}

static inline bool usb_device_hears(struct usb_device *d, uint64_t now, uint8_t address)
{
	d->hurried += now < d->ready_at;
	return !d->unplugged && address == d->address && now >= d->ready_at;
}

/* What comes of a token, as long as it is none that the device must answer. */
static inline enum usb_answer usb_device_listens(struct usb_device *d, uint64_t now,
						 uint8_t address)
{
	if (!usb_device_hears(d, now, address))
		return USB_SILENCE;
	if (d->naks) {
		d->naks--;
		return USB_NAK;
	}
	return USB_ACK;
}

/* A SETUP is never refused: 8.4.5. */
static inline enum usb_answer usb_device_setup(struct usb_device *d, uint64_t now, uint8_t address,
					       const uint8_t *bytes)
{
	static const uint8_t get_descriptor[6] = { 0x80, 6, 0, 1, 0, 0 };

	if (!usb_device_hears(d, now, address))
		return USB_SILENCE;
	d->sent = 0;
	d->asked = bytes[6] | bytes[7] << 8;
	d->stage = STAGE_IDLE;
	if (!memcmp(bytes, get_descriptor, 6) && d->asked) {
		d->stage = STAGE_DATA;
	} else if (bytes[0] == 0 && bytes[1] == 5 && !d->asked) {
		d->new_address = bytes[2];
		d->stage = STAGE_STATUS_IN;
	}
	return USB_ACK;
}

static inline unsigned int usb_device_left(const struct usb_device *d)
{
	unsigned int all = d->shortened ? d->shortened : sizeof(d->descriptor);

	return (d->asked < all ? d->asked : all) - d->sent;
}

/* An IN with @toggle; @length comes back, at most @max. */
static inline enum usb_answer usb_device_in(struct usb_device *d, uint64_t now, uint8_t address,
					    unsigned int toggle, uint8_t *bytes, unsigned int max,
					    unsigned int *length)
{
	enum usb_answer answer = usb_device_listens(d, now, address);
	unsigned int n = usb_device_left(d);

	*length = 0;
	if (answer != USB_ACK)
		return answer;
	if (d->stalls)
		return USB_STALL;
	if (d->stage == STAGE_STATUS_IN && toggle == 1) {
		d->stage = STAGE_IDLE;
		d->address = d->new_address;
		d->ready_at = now + 2000000;
		return USB_ACK;
	}
	if (d->stage != STAGE_DATA || toggle != (d->sent / USB_DEVICE_PACKET + 1) % 2)
		return USB_STALL;
	n = n < USB_DEVICE_PACKET ? n : USB_DEVICE_PACKET;
	n = n < max ? n : max;
	for (unsigned int i = 0; i < n; i++, d->sent++)
		if (!d->lost)
			bytes[i] = d->descriptor[d->sent] ^ (d->corrupt == d->sent + 1) << 6;
	*length = n;
	if (!usb_device_left(d))
		d->stage = STAGE_STATUS_OUT;
	return USB_ACK;
}

/* The empty OUT that ends a request for data. */
static inline enum usb_answer usb_device_status(struct usb_device *d, uint64_t now, uint8_t address,
						unsigned int toggle)
{
	enum usb_answer answer = usb_device_listens(d, now, address);

	if (answer != USB_ACK)
		return answer;
	if (d->stage != STAGE_STATUS_OUT || toggle != 1)
		return USB_STALL;
	d->stage = STAGE_IDLE;
	return USB_ACK;
}

#endif
