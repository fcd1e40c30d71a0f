/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables of what host/pci knows, 80 columns wide, on stdout. */
#ifndef LIFELINE_PCI_SHOW_H
#define LIFELINE_PCI_SHOW_H

#include "host/pci/line.h"

/** show_functions() - a row for each function, and below what there is to say of some */
void show_functions(const struct inventory *inventory, const struct lines *lines);

/** show_lines() - each line with its functions, those not routed yet, and contradictions */
void show_lines(const struct inventory *inventory, const struct lines *lines);

#endif
