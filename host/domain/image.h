/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIFELINE_DOMAIN_IMAGE_H
#define LIFELINE_DOMAIN_IMAGE_H

/** DOMAIN_IMAGE - where the guest image is if nobody says otherwise */
#define DOMAIN_IMAGE "/lib/lifeline/guest.elf"

/** domain_image() - path of the guest image: $LIFELINE_GUEST, or DOMAIN_IMAGE */
const char *domain_image(void);

#endif
