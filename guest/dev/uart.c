// SPDX-License-Identifier: GPL-2.0-only
#include "guest/dev/uart.h"

#include "guest/arch/io.h"

/* PC16550D, table 8-1. */
#define IER	      1
#define IER_THR_EMPTY 2u
#define IIR	      2
#define IIR_NONE      1u
#define SCRATCH	      7

bool uart_present(uint16_t port)
{
	outb(port + SCRATCH, 0x5a);
	return inb(port + SCRATCH) == 0x5a;
}

void uart_raise(uint16_t port)
{
	outb(port + IER, 0);
	outb(port + IER, IER_THR_EMPTY);
}

bool uart_quiet(uint16_t port)
{
	bool was_up = !(inb(port + IIR) & IIR_NONE);

	outb(port + IER, 0);
	return was_up;
}
