/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtual machine whose guest is a hand: it writes to its memory, local APIC and IO-APIC what it is told, a write at a
 * time, and tells of interrupts. It runs in the calling thread, and only while it is called.
 */
#ifndef LIFELINE_RACES_HAND_H
#define LIFELINE_RACES_HAND_H

#include "host/vmm/machine.h"

#define HAND_LAPIC_EOI 0xfee000b0u

/**
 * struct hand - the machine
 * @machine: of KVM
 * @ram: its memory
 * @interrupts: taken by the guest since the beginning
 * @ended: of these, ended
 * @dead: an exit of KVM's that nobody expects, plus one; 0: it lives
 */
struct hand {
	struct machine machine;
	struct ram ram;
	unsigned int interrupts, ended, dead;
};

/** hand_open() - create it, its local APIC enabled. Return: 0, or -errno with one line in @error */
int hand_open(struct hand *h, char *error, size_t size);

/** hand_close() - also after hand_open() has failed */
void hand_close(struct hand *h);

/** hand_write() - the guest writes @value to address @at; interrupts that are due come before and after */
void hand_write(struct hand *h, uint32_t at, uint32_t value);

/** hand_pin() - the guest writes the redirection entry of @pin: the one vector that it handles, to itself */
void hand_pin(struct hand *h, uint32_t pin, bool level, bool masked);

/** hand_eoi() - it ends the interrupt that it has taken, if there is one */
void hand_eoi(struct hand *h);

/** hand_await() - let the guest run until it has taken @interrupts, at most @ns. Return: has it? */
bool hand_await(struct hand *h, unsigned int interrupts, uint64_t ns);

#endif
