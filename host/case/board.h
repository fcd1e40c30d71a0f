/* SPDX-License-Identifier: GPL-2.0-only */
/* What a case must know of the board beside its devices: $LIFELINE_BOARD, "unguarded=compatible,requester". */
#ifndef LIFELINE_CASE_BOARD_H
#define LIFELINE_CASE_BOARD_H

#include <stdbool.h>

/**
 * board_guards() - can the board's interrupt remapping block such messages, if its software has it do so?
 * @what: "compatible": messages in compatibility format; "requester": a message that a device writes by DMA, with what
 *	is another's
 *
 * A board of which nothing is said guards against all.
 */
bool board_guards(const char *what);

#endif
