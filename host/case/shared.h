/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The line of a case: an offender's function, the host's own drivers that share its interrupt under load, and
 * everything that watches them. Interrupts and loads are on CPU 0; who watches, and the offender, on CPU 1.
 */
#ifndef LIFELINE_CASE_SHARED_H
#define LIFELINE_CASE_SHARED_H

#include "guest/role/mailbox.h"
#include "host/case/take.h"
#include "host/domain/domain.h"
#include "host/load/affinity.h"
#include "host/load/child.h"
#include "host/load/nic.h"
#include "host/probe/kmsg.h"
#include "host/probe/probe.h"
#include "host/probe/stall.h"

#define LINE_CPU     0u /* interrupts and loads */
#define WATCHER_CPU  1u
#define LINE_SHARERS 5u

/** LOAD_* - which of the host's drivers work; the others are there and idle */
#define LOAD_SATA 1u
#define LOAD_USB  2u
#define LOAD_NIC  4u

/**
 * struct sharer - a driver of the host's under load
 * @device: its function
 * @kind: what it drives
 * @name: disk or interface
 * @nic: the interface, where it is one
 * @iperf: its load, where it is one
 */
struct sharer {
	const struct case_device *device;
	enum watched kind;
	char name[PROBE_NAME];
	struct nic nic;
	struct child iperf;
};

/**
 * struct shared_line - see above
 * @devices: what may be touched
 * @offender: on this line, taken for VFIO if shared_take() did
 * @irq: the kernel's number of the line
 * @n: sharers under load
 * @sharer: these
 * @fio: the load of all disks among them
 * @disks: how many these are
 * @affinity: of the line, to be given back
 * @probe: watches sharers and line
 * @meter: notes when the board itself stands still
 * @log: the kernel's since shared_up()
 * @windows: time spent in windows, ns
 * @struck: when the case's fault was seen to stand, by clock_ns(); 0: not yet, or it has none
 */
struct shared_line {
	struct case_devices devices;
	const struct case_device *offender;
	unsigned int irq;
	unsigned int n;
	struct sharer sharer[LINE_SHARERS];
	struct child fio;
	unsigned int disks;
	struct affinity affinity;
	struct probe *probe;
	struct stall_meter *meter;
	struct kmsg log;
	uint64_t windows, struck;
};

/** shared_name() - the link of @folder (/sys/block, /sys/class/net) that leads through function @bdf; false: there is none */
bool shared_name(const char *folder, const char *bdf, char name[PROBE_NAME]);

/** shared_disk() - open the host's disk at function @bdf, to read past its cache */
enum taken shared_disk(const char *bdf, int *disk, char why[TAKE_WHY]);

/**
 * shared_find() - the line of function @index, from 0, of @model
 *
 * Changes nothing. shared_down() is due in any case.
 */
enum taken shared_find(struct shared_line *l, const char *model, unsigned int index,
		       char why[TAKE_WHY]);

/** shared_take() - take the offender for VFIO as well */
enum taken shared_take(struct shared_line *l, const char *model, unsigned int index,
		       char why[TAKE_WHY]);

/**
 * shared_up() - load the line's drivers and watch them
 * @loads: LOAD_*; those that the line does not have are left out
 * @actions: tell also which handler was called and claimed
 */
enum taken shared_up(struct shared_line *l, unsigned int loads, bool actions, char why[TAKE_WHY]);

/** shared_listen() - watch them again after shared_deafen(). Return: 0 or -errno */
int shared_listen(struct shared_line *l, bool actions, char why[TAKE_WHY]);

/** shared_deafen() - do not watch any more; the loads go on */
void shared_deafen(struct shared_line *l);

/** shared_window() - measure window @w for @ns */
void shared_window(struct shared_line *l, enum window w, uint64_t ns);

/** shared_struck() - the case's fault stands from now on */
void shared_struck(struct shared_line *l);

/** shared_down() - stop loads and probes, give everything back. Return: NULL, or what was wrong */
const char *shared_down(struct shared_line *l);

/**
 * struct shared_bound - what a sharer is held to in a window, beside "lost none"
 * @gap: longest time without a completed request, ns
 * @median: half of its requests take at most so long, ns
 * @interrupts: of the line, that may come beside those of its requests
 * @why: the mechanism that promises it
 *
 * On top of both comes the board's allowance (judge.c): SLACK_GAP, SLACK_MEDIAN and what the device takes. From a gap the
 * time is taken off in which the board as a whole stood still.
 */
struct shared_bound {
	uint64_t gap, median, interrupts;
	const char *why;
};

/** SHARED_HEALTHY - nothing is wrong with the line: a request is served at once */
extern const struct shared_bound SHARED_HEALTHY;

/** shared_window_name - "before", "during", "after" */
extern const char *const shared_window_name[WINDOWS];

/**
 * shared_interrupts_bound() - most interrupts of the line that the requests of window @w explain
 *
 * A request makes a few, one for each step of the device's protocol; what is beyond that nobody asked for.
 */
uint64_t shared_interrupts_bound(const struct shared_line *l, enum window w);

/**
 * shared_print() - the measurements of window @w, as data lines
 * @b: the bound that they are held to
 */
void shared_print(const struct shared_line *l, enum window w, const struct shared_bound *b);

/** shared_print_domain() - the same of what a domain has measured itself, as sharer number LINE_SHARERS */
void shared_print_domain(const struct domain *d, const char *model, enum window w,
			 const struct window_stats *st);

/** shared_gap() - sharer @i's longest gap in @w, without what the board stood still, ns */
uint64_t shared_gap(const struct shared_line *l, unsigned int i, enum window w);

/** shared_gap_bound() - what that is held to, allowance included, ns */
uint64_t shared_gap_bound(const struct shared_line *l, unsigned int i,
			  const struct shared_bound *b);

/** shared_median_bound() - the same of the median */
uint64_t shared_median_bound(const struct shared_line *l, unsigned int i,
			     const struct shared_bound *b);

#endif
