/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of several buffers in one order of time. Within a buffer they are nearly
 * in order: an interrupt may come between the moment that a record is stamped and
 * the moment that it gets its place.
 */
#ifndef LIFELINE_PROBE_MERGE_H
#define LIFELINE_PROBE_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct item - what happened, in the probe's own numbers
 * @time: ns
 * @key: of the request; of a mark: planned length of the window, ns
 * @who: number of the sharer, or of the handler
 * @what: enum meaning, or a mark of host/probe/probe.c
 * @cpu: where
 * @failed: with an error
 */
struct item {
	uint64_t time, key;
	uint32_t who;
	uint8_t what, cpu;
	bool failed;
};

/**
 * struct queue - items of one buffer, in order
 * @item: room for @room of them
 * @n: how many are in
 * @taken: of these, how many are out again
 */
struct queue {
	struct item *item;
	size_t room, n, taken;
};

/** queue_put() - sort @item in; among equal times the one that came first stays first. False: no room before queue_shrink() */
bool queue_put(struct queue *q, const struct item *item);

/** queue_shrink() - make room of what was taken out */
void queue_shrink(struct queue *q);

/**
 * queues_take() - the earliest item of all @n queues, if it is before @horizon
 *
 * Among equal times that of the first queue comes first. Return: false if there is none.
 */
bool queues_take(struct queue *queue, size_t n, uint64_t horizon, struct item *out);

#endif
