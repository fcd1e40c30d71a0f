/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line by which a VMM tells the image on a bare machine what it has.
 * Pure text handling.
 */
#ifndef LIFELINE_BARE_WORDS_H
#define LIFELINE_BARE_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct bare_words - "mailbox=0x700000 kick=4 tell=1536 device=00:04.0 gsi=20"
 * @mailbox: physical address of struct mailbox, page aligned
 * @kick: pin of the IO-APIC by which the controller says "look", edge
 * @tell: port at which the controller is told, 0: it looks by itself
 * @uart: port of a 16550 whose receiver is the kick and whose transmitter tells, 0: there is none
 * @device: there is one
 * @bdf: its place, bus << 8 | device << 3 | function
 * @gsi: pin of the IO-APIC of its INTx
 * @tsc_khz: frequency of the TSC where KVM's clock is not; 0: not known
 */
struct bare_words {
	uint64_t mailbox, tsc_khz;
	uint32_t kick, gsi;
	uint16_t tell, uart, bdf;
	bool device;
};

/** bare_words() - take @cmdline apart into @w. Return: NULL, or the word that is wrong */
const char *bare_words(const char *cmdline, struct bare_words *w);

#endif
