// SPDX-License-Identifier: GPL-2.0-only
#include "guest/lib/hist.h"

#define SUB (1u << HIST_SUB_BITS)

static unsigned int bucket_of(uint64_t ns)
{
	unsigned int octave, index;

	if (ns < SUB)
		return (unsigned int)ns;
	octave = 63u - (unsigned int)__builtin_clzll(ns) - HIST_SUB_BITS;
	index = (octave + 1) * SUB + (unsigned int)((ns >> octave) & (SUB - 1));
	return index < HIST_BUCKETS ? index : HIST_BUCKETS - 1;
}

static uint64_t upper_edge(unsigned int index)
{
	unsigned int octave;

	if (index < SUB)
		return index;
	octave = index / SUB - 1;
	return (((uint64_t)SUB + index % SUB + 1) << octave) - 1;
}

void hist_add(struct hist *h, uint64_t ns)
{
	h->bucket[bucket_of(ns)]++;
	h->count++;
}

uint64_t hist_quantile(const struct hist *h, unsigned int permille)
{
	uint64_t rank = ((uint64_t)h->count * permille + 999) / 1000;
	uint64_t seen = 0;

	if (!h->count)
		return 0;
	if (!rank)
		rank = 1;
	for (unsigned int i = 0; i < HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen >= rank)
			return upper_edge(i);
	}
	return upper_edge(HIST_BUCKETS - 1);
}

#define PART_BITS 2
#define NS_PER_US 1000

static uint64_t lower_edge(uint64_t us)
{
	unsigned int octave = us >> PART_BITS ? 63u - (unsigned int)__builtin_clzll(us) : PART_BITS;

	return us >> (octave - PART_BITS) << (octave - PART_BITS);
}

bool hist_next(const struct hist *h, unsigned int *at, struct hist_part *part)
{
	part->count = 0;
	for (; *at < HIST_BUCKETS; ++*at) {
		uint64_t us = lower_edge(upper_edge(*at) / NS_PER_US);

		if (!h->bucket[*at])
			continue;
		if (part->count && us != part->us)
			break;
		part->us = us;
		part->count += h->bucket[*at];
	}
	return part->count;
}
