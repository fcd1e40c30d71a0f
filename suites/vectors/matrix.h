/* SPDX-License-Identifier: GPL-2.0-only */
/* Every kind of value that a control domain may write to an IO-APIC entry. */
#ifndef LIFELINE_VECTORS_MATRIX_H
#define LIFELINE_VECTORS_MATRIX_H

#include "guest/control/line.h"
#include "guest/control/test.h"

/* Redirection entry, low half: 82093AA, 3.2.4. */
#define RTE_MODE(mode) ((uint32_t)(mode) << 8)

/** MATRIX_SIZE - 11 vectors, 6 delivery modes, polarity, trigger and mask */
#define MATRIX_SIZE 528u

/** matrix_value() - value @i of the matrix, below MATRIX_SIZE */
uint32_t matrix_value(unsigned int i);

/**
 * matrix_result() - what ioapic_guest_write() documents for @value
 * @pirqs: how many pirqs the control domain has
 *
 * Modes above lowest priority are refused, and unmasked the vector field is a
 * pirq, which must be one.
 */
int matrix_result(uint32_t value, uint32_t pirqs);

/**
 * matrix_in_use() - write all of it to a pin that somebody uses
 * @who: who does, for the message
 * @pause: time between two writes, ns: sharers run on the same CPU
 *
 * Checks that every result is the documented one, and that no write moves the entry.
 */
void matrix_in_use(struct test *t, uint32_t pin, const char *who, uint64_t pause);

#endif
