/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every USB device says of itself, and how it is asked: the requests that
 * the exercisers of all host controllers make. USB 2.0, chapters 7 and 9.
 */
#ifndef LIFELINE_DEV_USB_H
#define LIFELINE_DEV_USB_H

#include "guest/dev/exerciser.h"

#define USB_ADDRESS 1u /* of the one device; any but 0 */

#define USB_GET_DESCRIPTOR 6u
#define USB_SET_ADDRESS	   5u

/* The first bytes, with bMaxPacketSize0: all that fits in the smallest packet. */
#define USB_DESCRIPTOR_HEAD 8u
#define USB_DESCRIPTOR_SIZE 18u

/* Times in ns. */
#define USB_DEBOUNCE	 100000000ull /* 7.1.7.3: from attachment to the reset */
#define USB_RESET	 50000000ull  /* 7.1.7.5: TDRSTR, a root port drives reset */
#define USB_RECOVERY	 10000000ull  /* 7.1.7.5: TRSTRCY, from there to the first request */
#define USB_NEW_ADDRESS	 2000000ull   /* 9.2.6.3: until the device answers at its address */
#define USB_ANSWER_LIMIT 500000000ull /* 9.2.6.4: bound for a request with data */

/** struct usb_setup - the 8 bytes of a request, table 9-2 */
struct usb_setup {
	uint8_t bmRequestType, bRequest;
	uint16_t wValue, wIndex, wLength;
};

/** struct usb_device_descriptor - table 9-8 */
struct usb_device_descriptor {
	uint8_t bLength, bDescriptorType;
	uint16_t bcdUSB;
	uint8_t bDeviceClass, bDeviceSubClass, bDeviceProtocol, bMaxPacketSize0;
	uint16_t idVendor, idProduct, bcdDevice;
	uint8_t iManufacturer, iProduct, iSerialNumber, bNumConfigurations;
};

_Static_assert(sizeof(struct usb_setup) == 8, "table 9-2");
_Static_assert(sizeof(struct usb_device_descriptor) == USB_DESCRIPTOR_SIZE, "table 9-8");

/** usb_get_device_descriptor() - the request for the first @length bytes of it */
struct usb_setup usb_get_device_descriptor(uint16_t length);

/** usb_set_address() - the request that gives the device @address */
struct usb_setup usb_set_address(uint8_t address);

/** usb_packet_size() - bytes in a packet of endpoint 0; from USB 3 on it is told as an exponent */
uint16_t usb_packet_size(const struct usb_device_descriptor *d);

/**
 * usb_check_head() - judge the first USB_DESCRIPTOR_HEAD bytes of a descriptor
 * @seen: as the device wrote it, in io.memory
 *
 * Return: DEV_OK, or DEV_WRONG with the field noted.
 */
int usb_check_head(struct controller *c, const struct usb_device_descriptor *seen);

/**
 * usb_check_descriptor() - judge a whole descriptor
 * @seen: as the device wrote it, in io.memory
 * @known: what it must be, byte by byte; NULL: this is the first time
 *
 * Return: as usb_check_head()
 */
int usb_check_descriptor(struct controller *c, const struct usb_device_descriptor *seen,
			 const struct usb_device_descriptor *known);

/** usb_spoil_descriptor() - no byte of @seen is what it is in @known, until the device writes it */
void usb_spoil_descriptor(volatile struct usb_device_descriptor *seen,
			  const struct usb_device_descriptor *known);

#endif
