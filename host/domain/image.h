/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIFELINE_DOMAIN_IMAGE_H
#define LIFELINE_DOMAIN_IMAGE_H

/** domain_beside() - path of a file of the collection that this program is of. Return: static text */
const char *domain_beside(const char *name);

/** domain_image() - path of the guest image: $LIFELINE_GUEST, or guest.elf beside the program */
const char *domain_image(void);

#endif
