/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who owns which source of interrupts, as the control domain has arranged it.
 * It tells this with every mark, and the host holds it against what the board
 * has (lab/ownership.py).
 */
#ifndef LIFELINE_CONTROL_OWNER_H
#define LIFELINE_CONTROL_OWNER_H

#include <stdbool.h>
#include <stdint.h>

/** own_line() - domain @dom has a pirq for @gsi from now on */
void own_line(uint32_t gsi, uint16_t dom);

/** own_msi() - domain @dom has message @entry of function @bdf, of MSI or of @msix */
void own_msi(uint16_t bdf, bool msix, uint32_t entry, uint16_t dom);

/** disown_line() - @dom no longer has @gsi */
void disown_line(uint32_t gsi, uint16_t dom);

/** disown_msi() - @dom no longer has that message */
void disown_msi(uint16_t bdf, bool msix, uint32_t entry, uint16_t dom);

/** disown_domain() - @dom is gone, and has nothing */
void disown_domain(uint16_t dom);

/** owners_tell() - print who has what, for the mark that follows; nothing if nobody has anything */
void owners_tell(void);

#endif
