/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the bare machine and its controller: an interrupt one way, a byte to a
 * port the other way. The port is the VMM's, or a 16550 (National Semiconductor
 * PC16550D) does both: each byte that it receives is a kick.
 */
#ifndef LIFELINE_BARE_DOORBELL_H
#define LIFELINE_BARE_DOORBELL_H

#include "guest/bare/words.h"

/** doorbell_init() - let kicks come by KICK_VECTOR */
void doorbell_init(const struct bare_words *w);

/** doorbell_take() - take the kick, so that the next one is seen */
void doorbell_take(const struct bare_words *w);

/** doorbell_tell() - tell the controller */
void doorbell_tell(const struct bare_words *w);

#endif
