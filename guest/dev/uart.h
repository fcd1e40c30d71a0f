/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A 16550 UART with nothing on its line, as a source of ISA interrupts (National
 * Semiconductor PC16550D, 8.0): its transmitter is empty, and says so when asked.
 */
#ifndef LIFELINE_DEV_UART_H
#define LIFELINE_DEV_UART_H

#include <stdbool.h>
#include <stdint.h>

/** uart_present() - is there a UART at @port? */
bool uart_present(uint16_t port);

/** uart_raise() - interrupt: the line goes up and stays up until uart_quiet() */
void uart_raise(uint16_t port);

/** uart_quiet() - take the line down. Return: was it up? */
bool uart_quiet(uint16_t port);

#endif
