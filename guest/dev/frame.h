/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frames that a NIC sends to itself: from its own address to its own address, of another
 * length and with another payload each round.
 */
#ifndef LIFELINE_DEV_FRAME_H
#define LIFELINE_DEV_FRAME_H

#include "guest/dev/exerciser.h"

#define FRAME_ADDRESS 6
#define FRAME_MAX     314u /* longest, without the check sequence */

/** frame_length() - bytes of the frame of @round, without the check sequence; never too short for the wire */
uint32_t frame_length(uint32_t round);

/**
 * frame_fill() - the frame of @round in @at
 * @address: station address, of sender and receiver
 */
void frame_fill(uint8_t *at, const uint8_t *address, uint32_t round);

/** frame_poison() - no byte of a payload is in the @size bytes at @at */
void frame_poison(uint8_t *at, uint32_t size);

/**
 * frame_check() - is the frame of @round in @at, to the last byte?
 *
 * Return: DEV_OK, or DEV_WRONG with the first word that is not right noted as "FRAME".
 */
int frame_check(struct controller *c, const uint8_t *at, const uint8_t *address, uint32_t round);

#endif
