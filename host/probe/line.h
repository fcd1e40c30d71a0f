/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who on a line was called, and who claimed the interrupt: the kernel calls all
 * handlers of a line one after the other (__handle_irq_event_percpu(),
 * kernel/irq/handle.c), which is a pass; one that nobody claims is what
 * note_interrupt() counts. Pure bookkeeping over what irq:irq_handler_entry and
 * irq:irq_handler_exit tell.
 */
#ifndef LIFELINE_PROBE_LINE_H
#define LIFELINE_PROBE_LINE_H

#include <stdbool.h>

#include "guest/role/mailbox.h"
#include "host/probe/cadence.h"

#define LINE_ACTIONS 16u
#define LINE_CPUS    64u
#define LINE_NAME    48u

/**
 * struct line_action - a handler in a window
 * @name: as in /proc/interrupts
 * @called: how often it was called
 * @claimed: how often it said that the interrupt is its device's
 */
struct line_action {
	char name[LINE_NAME];
	uint32_t called, claimed;
};

/**
 * struct line_stats - a line in a window
 * @start: of the window, ns
 * @end: of the window
 * @interrupts: as the kernel counts them (/sys/kernel/irq/N/per_cpu_count); polls are none
 * @unhandled: at least so many of these were nobody's (/proc/irq/N/spurious)
 * @passes: calls of all handlers; only with actions watched, as all below
 * @claimed: of these, somebody claimed it
 * @run: longest run of passes that nobody claimed
 * @actions: how many handlers are known
 * @action: these
 * @cadence: the rhythm of claimed passes; without actions, of what its sharers had completed
 */
struct line_stats {
	uint64_t start, end;
	uint64_t interrupts, unhandled;
	uint32_t passes, claimed, run;
	uint32_t actions;
	struct line_action action[LINE_ACTIONS];
	struct cadence cadence;
};

/**
 * struct line - a line and its windows
 * @now: latest time seen
 * @current: the open window, WINDOWS: none
 * @idle: passes that nobody claimed since the last that somebody did
 * @names: handlers that were ever seen
 * @name: these
 * @first: number of the one that is called first; LINE_ACTIONS: not known
 * @cpu: of each CPU: was the beginning of a pass seen, handlers already called in the pass that it is
 *       in, the last of them, and whether somebody claimed it
 * @window: measurements
 */
struct line {
	uint64_t now;
	enum window current;
	uint32_t idle;
	uint32_t names;
	char name[LINE_ACTIONS][LINE_NAME];
	uint32_t first;
	struct {
		bool whole;
		uint32_t called, last;
		bool claimed;
	} cpu[LINE_CPUS];
	struct line_stats window[WINDOWS];
};

/** line_init() - nothing was seen yet */
void line_init(struct line *l);

/** line_open() - window @w begins at @start */
void line_open(struct line *l, enum window w, uint64_t start);

/** line_close() - it ends at @end */
void line_close(struct line *l, uint64_t end);

/** line_number() - number of handler @name, known or new; LINE_ACTIONS if there are too many */
uint32_t line_number(struct line *l, const char *name);

/**
 * line_order() - say in which order handlers are called
 * @actions: /sys/kernel/irq/N/actions, "ahci[0000:00:08.0],uhci_hcd:usb1"
 *
 * Who begins to listen in the midst of a pass would else take its end and the next one's beginning
 * for one pass, and go on so.
 */
void line_order(struct line *l, const char *actions);

/** line_called() - handler number @action was called on @cpu at @time */
void line_called(struct line *l, uint64_t time, unsigned int cpu, uint32_t action);

/** line_claimed() - the handler last called on @cpu said at @time that it was its interrupt */
void line_claimed(struct line *l, uint64_t time, unsigned int cpu);

/** line_served() - a request of somebody on it was completed at @time; if no actions are watched */
void line_served(struct line *l, uint64_t time);

#endif
