// SPDX-License-Identifier: GPL-2.0-only
#include "guest/dev/usb.h"

#define TYPE_DEVICE 1u /* table 9-5 */

struct usb_setup usb_get_device_descriptor(uint16_t length)
{
	return (struct usb_setup){ .bmRequestType = 0x80, /* from the device, standard */
				   .bRequest = USB_GET_DESCRIPTOR,
				   .wValue = TYPE_DEVICE << 8,
				   .wLength = length };
}

struct usb_setup usb_set_address(uint8_t address)
{
	return (struct usb_setup){ .bRequest = USB_SET_ADDRESS, .wValue = address };
}

static bool is_superspeed(const struct usb_device_descriptor *d)
{
	return d->bcdUSB >= 0x0300;
}

uint16_t usb_packet_size(const struct usb_device_descriptor *d)
{
	return is_superspeed(d) ? 512 : d->bMaxPacketSize0;
}

static uint32_t offset_of(const struct controller *c, const void *p)
{
	return dev_bus(c, p) - (uint32_t)c->io.memory.bus;
}

static int check_field(struct controller *c, const char *name, const uint8_t *seen,
		       uint8_t expected)
{
	return dev_expect(c, name, offset_of(c, seen), 0xff, expected, *seen);
}

static int check_version(struct controller *c, const struct usb_device_descriptor *seen)
{
	uint8_t major = seen->bcdUSB >> 8;

	if (major >= 1 && major <= 3)
		return DEV_OK;
	return dev_fail(c, DEV_WRONG, "bcdUSB", offset_of(c, &seen->bcdUSB), 0xff00, 0x0200,
			seen->bcdUSB);
}

/* USB 2.0, 5.5.3: 8, 16, 32 or 64; USB 3.2, table 9-11: 9, for 2 to the power of that. */
static int check_packet_size(struct controller *c, const struct usb_device_descriptor *seen)
{
	uint8_t size = seen->bMaxPacketSize0;

	if (is_superspeed(seen))
		return check_field(c, "bMaxPacketSize0", &seen->bMaxPacketSize0, 9);
	if (size == 8 || size == 16 || size == 32)
		return DEV_OK;
	return check_field(c, "bMaxPacketSize0", &seen->bMaxPacketSize0, 64);
}

int usb_check_head(struct controller *c, const struct usb_device_descriptor *seen)
{
	int rc = check_field(c, "bLength", &seen->bLength, USB_DESCRIPTOR_SIZE);

	if (!rc)
		rc = check_field(c, "bDescriptorType", &seen->bDescriptorType, TYPE_DEVICE);
	if (!rc)
		rc = check_version(c, seen);
	return rc ? rc : check_packet_size(c, seen);
}

int usb_check_descriptor(struct controller *c, const struct usb_device_descriptor *seen,
			 const struct usb_device_descriptor *known)
{
	int rc = usb_check_head(c, seen);

	if (!rc && !seen->bNumConfigurations)
		rc = check_field(c, "bNumConfigurations", &seen->bNumConfigurations, 1);
	for (unsigned int i = 0; known && !rc && i < USB_DESCRIPTOR_SIZE; i++)
		rc = check_field(c, "device descriptor", (const uint8_t *)seen + i,
				 ((const uint8_t *)known)[i]);
	return rc;
}

void usb_spoil_descriptor(volatile struct usb_device_descriptor *seen,
			  const struct usb_device_descriptor *known)
{
	volatile uint8_t *byte = (volatile uint8_t *)seen;

	for (unsigned int i = 0; i < USB_DESCRIPTOR_SIZE; i++)
		byte[i] = (uint8_t) ~((const uint8_t *)known)[i];
}
