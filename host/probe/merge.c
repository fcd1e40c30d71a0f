// SPDX-License-Identifier: GPL-2.0-only
#include "host/probe/merge.h"

#include <string.h>

bool queue_put(struct queue *q, const struct item *item)
{
	size_t i = q->n;

	if (q->n == q->room)
		return false;
	for (; i > q->taken && q->item[i - 1].time > item->time; i--)
		q->item[i] = q->item[i - 1];
	q->item[i] = *item;
	q->n++;
	return true;
}

void queue_shrink(struct queue *q)
{
	q->n -= q->taken;
	if (q->taken)
		memmove(q->item, q->item + q->taken, q->n * sizeof(*q->item));
	q->taken = 0;
}

bool queues_take(struct queue *queue, size_t n, uint64_t horizon, struct item *out)
{
	struct queue *first = NULL;

	for (size_t i = 0; i < n; i++) {
		struct queue *q = &queue[i];

		if (q->taken < q->n &&
		    (!first || q->item[q->taken].time < first->item[first->taken].time))
			first = q;
	}
	if (!first || first->item[first->taken].time >= horizon)
		return false;
	*out = first->item[first->taken++];
	return true;
}
