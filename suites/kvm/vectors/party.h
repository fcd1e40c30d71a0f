/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cast of a case: a user who sends what is not its own, another user, and the host with an idle device; and what came of
 * an attempt.
 */
#ifndef LIFELINE_SUITES_KVM_VECTORS_PARTY_H
#define LIFELINE_SUITES_KVM_VECTORS_PARTY_H

#include "host/case/take.h"
#include "suites/kvm/vectors/send.h"
#include "suites/kvm/vectors/watch.h"

/**
 * struct party - see above
 * @devices: what may be touched
 * @user: has a function with MSI-X whose table it maps (e1000e), or one with DMA to anywhere (edu)
 * @table: in the first case
 * @neighbour: has an edu with MSI
 * @of_neighbour: the message that the host has given to that
 * @host: an idle device of the host's own, a root port
 * @host_irq: of its first message
 * @of_host: the message of that
 */
struct party {
	struct case_devices devices;
	struct tenant user;
	struct table table;
	struct tenant neighbour;
	struct message of_neighbour;
	const struct case_device *host;
	unsigned int host_irq;
	struct message of_host;
};

/** party_begin() - nobody is there yet; party_end() may be called */
enum taken party_begin(struct party *p, char why[TAKE_WHY]);

/**
 * party_open() - tenant_open() of @device, which is taken
 * @unsafe: with allow_unsafe_interrupts of vfio_iommu_type1, which is as before afterwards
 *
 * What most cases ask is where a user's messages go; that is to be seen where nothing remaps them, too.
 */
int party_open(struct tenant *u, const struct case_device *device, bool unsafe, char why[TAKE_WHY]);

/** party_user() - take and open the function of @model, "edu" or "e1000e" */
enum taken party_user(struct party *p, const char *model, char why[TAKE_WHY]);

/** party_listen() - enable @n messages of it; 0: all that its exerciser can send */
enum taken party_listen(struct party *p, unsigned int n, char why[TAKE_WHY]);

/** party_neighbour() - the same of the neighbour's edu */
enum taken party_neighbour(struct party *p, char why[TAKE_WHY]);

/** party_host() - find the host's device */
enum taken party_host(struct party *p, char why[TAKE_WHY]);

/** party_end() - close, give back. Return: NULL, or what was wrong */
const char *party_end(struct party *p);

/** party_index() - which of @model is the @n-th on a root bus, for case_take(); the @n-th at all if there are fewer */
unsigned int party_index(const struct case_devices *d, const char *model, unsigned int n);

/**
 * struct attempt - what came of messages, one after the other
 * @others: interrupts that the host or the neighbour got
 * @own: events of the user's own interrupts
 * @seen: @others in words: "neighbour +1"; "nothing"
 */
struct attempt {
	unsigned int others;
	unsigned int own[TENANT_EVENTS];
	char seen[2 * WATCH_TEXT];
};

/** ATTEMPT_NONE - none was made yet */
#define ATTEMPT_NONE ((struct attempt){ .seen = "nothing" })

/**
 * party_try() - let the user send @m, and add what comes of it to @a
 *
 * By the table if its function has one: in entry 0, which is as before afterwards; else by DMA.
 *
 * Return: 0 or -errno: it could not be sent, or nobody could watch.
 */
int party_try(struct party *p, struct message m, struct attempt *a);

#endif
