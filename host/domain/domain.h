/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains of Linux as hypervisor: each is a process of the host that has a device
 * by VFIO, and in which the driver of guest/role/ runs. Controller and domain share
 * a mailbox; two eventfds say "look": kick to the domain, tell from it. How the
 * driver runs there is the domain's kind; all else is the same in all.
 *
 * A domain dies with the thread that has started it.
 */
#ifndef LIFELINE_DOMAIN_DOMAIN_H
#define LIFELINE_DOMAIN_DOMAIN_H

#include <stddef.h>
#include <sys/types.h>

#include "fault/fault.h"
#include "guest/role/mailbox.h"

/**
 * struct domain_config - what a domain is
 * @bdf: its device, bound to vfio-pci, as "0000:00:04.0"
 * @model: the exerciser for it
 * @irq: how the device interrupts
 * @vectors: with MSI-X, how many are enabled; the driver uses the first. 0 is 1
 * @seed: of the pacing
 * @pace: mean time between two rounds, ns
 * @grace: a raised interrupt not served after this is lost, ns
 * @cpu: it runs on this CPU alone; -1: where the kernel likes
 */
struct domain_config {
	const char *bdf, *model;
	enum irq_kind irq;
	unsigned int vectors;
	uint32_t seed;
	uint64_t pace, grace;
	int cpu;
};

/**
 * struct domain_ends - what a domain has of the connection to its controller
 * @memory: file of the shared memory, in which the mailbox is
 * @box: the mailbox, mapped
 * @kick: eventfd: there is an order
 * @tell: eventfd: the mailbox has changed
 */
struct domain_ends {
	int memory;
	struct mailbox *box;
	int kick, tell;
};

/**
 * struct domain_kind - how the driver is run
 * @name: "process"
 * @memory: bytes of the shared memory
 * @mailbox_at: where the mailbox is in it
 * @run: the domain's life, in its process; what it writes to standard error is told if
 *	it ends early. Return: exit code
 */
struct domain_kind {
	const char *name;
	size_t memory, mailbox_at;
	int (*run)(const struct domain_config *config, const struct domain_ends *ends);
};

/** domain_process - the process itself drives the device */
extern const struct domain_kind domain_process;

/** domain_vmm - the guest image on KVM, in the small VMM (host/vmm/) */
extern const struct domain_kind domain_vmm;

/** domain_qemu - the guest image on KVM, in qemu-system-x86_64; its windows are of the guest's own clock */
extern const struct domain_kind domain_qemu;

/**
 * struct domain - a domain, running or dead
 * @kind: its kind
 * @ends: the connection; what is in the mailbox is believed only within bounds
 * @pid: its process and process group, 0: reaped
 * @process: pidfd of it
 * @said: file with its standard error
 */
struct domain {
	const struct domain_kind *kind;
	struct domain_ends ends;
	pid_t pid;
	int process, said;
};

/**
 * domain_start() - start a domain, and wait until its device works and its line is bound
 *
 * Return: 0; or -errno with one line in @error, and there is no domain.
 */
int domain_start(struct domain *d, const struct domain_kind *kind,
		 const struct domain_config *config, char *error, size_t size);

/** domain_order() - give an order without waiting */
void domain_order(struct domain *d, enum order order, uint32_t argument);

/** domain_await() - its answer to the last order; or -ETIMEDOUT after @ns, or -ESRCH if it is dead */
int domain_await(struct domain *d, uint64_t ns);

/** domain_ask() - order and await; generous time limit */
int domain_ask(struct domain *d, enum order order, uint32_t argument);

/** domain_run_window() - raise and serve in @w from now on, for @planned ns or so, not 0. Return: its answer */
int domain_run_window(struct domain *d, enum window w, uint64_t planned);

/** domain_window() - what it has measured in @w until now, or until it died */
void domain_window(const struct domain *d, enum window w, struct window_stats *stats);

/** domain_error() - the first thing that was wrong with its device, printable; empty: nothing was */
void domain_error(const struct domain *d, char text[MAILBOX_ERROR]);

/**
 * domain_fault() - let it play @verb, and wait until the fault stands
 *
 * Return: 0; what fault_play() returned, if there is no such fault here; -ETIMEDOUT after
 * @ns; -ESRCH it is dead: FAULT_CRASH.
 */
int domain_fault(struct domain *d, enum fault_verb verb, uint64_t ns);

/** domain_lives() - has its process not ended? */
bool domain_lives(const struct domain *d);

/**
 * domain_kill() - SIGKILL and reap, nothing else: what becomes of its device is the kernel's to see to
 *
 * When it returns, all files of the domain are closed.
 *
 * Return: 0, or -ETIMEDOUT: the kernel keeps the process.
 */
int domain_kill(struct domain *d);

/**
 * domain_stop() - orderly end: the device is quieted and reset, the line given up, the process ended
 *
 * It has ended then, in one way or another. Return: 0; -EIO its device is not quiet or its
 * line not given up, as it says; -ETIMEDOUT it was killed; -ESRCH it was dead.
 */
int domain_stop(struct domain *d);

/** domain_free() - unmap the mailbox and close what is left; a domain that lives is killed */
void domain_free(struct domain *d);

#endif
