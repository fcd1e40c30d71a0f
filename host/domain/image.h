/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIFELINE_DOMAIN_IMAGE_H
#define LIFELINE_DOMAIN_IMAGE_H

/** domain_image() - path of the guest image: $LIFELINE_GUEST, or guest.elf beside the program */
const char *domain_image(void);

#endif
