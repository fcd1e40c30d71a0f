/* SPDX-License-Identifier: GPL-2.0-only */
/* A window over time and by latency, as rows of text: the same from the guest's console and from a program on Linux. */
#ifndef LIFELINE_ROLE_ROWS_H
#define LIFELINE_ROLE_ROWS_H

#include "guest/role/mailbox.h"

/** ROW_TEXT - bytes of a row, with its NUL: "  # " before it, it is one write to Xen's console */
#define ROW_TEXT 123

/**
 * rows_tell() - tell @st in rows
 * @st: a closed window; what is in it need not make sense
 * @sharer: number
 * @window: name
 * @fault: when the fault struck, by the clock of @st; 0: none did in this window
 * @tell: is called with each row
 *
 *	time sharer=0 window=during us=60312 slot_us=2500 fault_us=15114 8,7,8,...
 *	time sharer=0 window=during from=18 8,7,...
 *	data sharer=0 window=during latency_us=28:3,32:88,320:1
 *
 * us is the length of the window; a number of the timeline stands for slot_us, and the last one for all until the
 * end as well; fault_us is 0 if the fault stood when the window began. What does not fit into a row goes on
 * in another, the timeline with its number @from. latency_us has the parts of hist_next(), each with its samples.
 */
void rows_tell(const struct window_stats *st, unsigned int sharer, const char *window,
	       uint64_t fault, void (*tell)(const char *row));

#endif
