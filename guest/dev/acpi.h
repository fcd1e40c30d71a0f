/* SPDX-License-Identifier: GPL-2.0-only */
/* The ICH9's ACPI timer as a source of SCIs (ACPI 6.4, 4.8.3.1; Intel 316972, 13.8.3). */
#ifndef LIFELINE_DEV_ACPI_H
#define LIFELINE_DEV_ACPI_H

#include <stdbool.h>
#include <stdint.h>

/** ACPI_TIMER_PERIOD - the timer's carry comes every 2^23 ticks of 3.579545 MHz, ns */
#define ACPI_TIMER_PERIOD 2343500000ull

/** acpi_timer_enable() - let the timer's carry raise an SCI; Return: false if there is no such block */
bool acpi_timer_enable(void);

/** acpi_timer_service() - acknowledge the carry. Return: had there been one? */
bool acpi_timer_service(void);

/** acpi_timer_disable() - no more SCIs of it */
void acpi_timer_disable(void);

#endif
