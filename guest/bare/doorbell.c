// SPDX-License-Identifier: GPL-2.0-only
#include "guest/bare/doorbell.h"

#include "guest/arch/io.h"
#include "guest/bare/apic.h"
#include "guest/bare/interrupt.h"

/* PC16550D, table 8-1. */
#define DATA	   0
#define IER	   1
#define IER_DATA   1u
#define MCR	   4
#define MCR_OUT2   8u /* a PC's gate between the UART and its line */
#define LSR	   5
#define LSR_DATA   1u
#define FIFO_DEPTH 16

/* The line is up until all is read, and an edge is what the pin waits for. */
static void drain(uint16_t uart)
{
	for (unsigned int i = 0; i < FIFO_DEPTH && inb(uart + LSR) & LSR_DATA; i++)
		inb(uart + DATA);
}

void doorbell_init(const struct bare_words *w)
{
	ioapic_pin(w->kick, KICK_VECTOR, false, false);
	if (!w->uart)
		return;
	outb(w->uart + MCR, MCR_OUT2);
	outb(w->uart + IER, IER_DATA);
	drain(w->uart);
}

void doorbell_take(const struct bare_words *w)
{
	interrupt_take_kick();
	if (w->uart)
		drain(w->uart);
}

void doorbell_tell(const struct bare_words *w)
{
	uint16_t port = w->uart ? w->uart : w->tell;

	if (port)
		outb(port, '!');
}
