/* SPDX-License-Identifier: GPL-2.0-only */
/* All exercisers there are, for the table in exerciser.c: each has its own file. */
#ifndef LIFELINE_DEV_EXERCISERS_H
#define LIFELINE_DEV_EXERCISERS_H

#include "guest/dev/exerciser.h"

extern const struct exerciser ahci_exerciser;
extern const struct exerciser e1000_exerciser, e1000e_exerciser, igb_exerciser, rtl8139_exerciser;
extern const struct exerciser edu_exerciser;
extern const struct exerciser nvme_exerciser;
extern const struct exerciser xhci_exerciser;

#endif
