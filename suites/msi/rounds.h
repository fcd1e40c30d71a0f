/* SPDX-License-Identifier: GPL-2.0-only */
/* One interrupt after the other on a function's vectors, and the count of what comes where. */
#ifndef LIFELINE_MSI_ROUNDS_H
#define LIFELINE_MSI_ROUNDS_H

#include "guest/control/exercise.h"

#define NO_VECTOR (~0u)

/**
 * struct tally - interrupts of one case
 * @sent: triggered
 * @came: of these, came in time on their own vector, from this controller
 * @twice: came once more on it
 * @strays: came on other vectors
 * @repeats: what comes twice is no failure: on a line, in real time, the forced EOI may come
 *	before a late owner has acknowledged, and the device interrupts again
 */
struct tally {
	unsigned int sent, came, twice, strays;
	bool repeats;
};

/** msi_await() - wait for the event of a trigger of @vector that was @sum->sent, and count what comes */
bool msi_await(struct exercise *e, unsigned int vector, struct tally *sum);

/**
 * msi_round() - trigger @vector once and count what comes
 *
 * Return: all that was sent so far came, and nothing else. One that fails should be the
 * last: each that is lost takes the whole limit.
 */
bool msi_round(struct exercise *e, unsigned int vector, struct tally *sum);

/** msi_rounds() - @n rounds on @vector, at most; ends with the first that fails. Return: as msi_round() */
bool msi_rounds(struct exercise *e, unsigned int vector, unsigned int n, struct tally *sum);

/** msi_held_back() - wait until the MSI-X pending bit of @vector is set. Return: is it? */
bool msi_held_back(struct exercise *e, unsigned int vector);

/** msi_expect() - checks that @n were sent and came (LI), each once and nothing elsewhere (X), @when */
void msi_expect(struct test *t, struct exercise *e, const struct tally *sum, unsigned int n,
		const char *when);

/**
 * msi_destination() - where the next interrupt of @vector goes: the destination field of its message, or of its
 * line's entry. A bit for each CPU; with physical destinations (apic=bigsmp) the number of one.
 */
unsigned int msi_destination(const struct exercise *e, unsigned int vector);

/** msi_remapped() - is the board behind interrupt remapping, as the plan's remap= says? */
bool msi_remapped(const struct test *t);

#endif
