// SPDX-License-Identifier: GPL-2.0-only
#include "host/case/move.h"

#include "host/pci/interrupts.h"
#include "host/probe/clock.h"

#define CPUS   2u
#define SERVED NS_PER_S
#define LEAST  1000u /* interrupts: a board that stands still for @ns has not tried */

static uint32_t came_to(unsigned int irq, unsigned int cpu)
{
	uint32_t count[CPUS] = { 0 };

	(void)interrupt_counts("", irq, count, CPUS);
	return count[cpu];
}

struct moved move_await(struct user *u, int fd, unsigned int irq, unsigned int cpu, uint64_t ns)
{
	uint64_t end = clock_ns() + ns;
	uint32_t before = came_to(irq, cpu);
	struct moved m = { 0 };

	while (!m.made && m.served == m.raised && (m.raised < LEAST || clock_ns() < end)) {
		m.raised++;
		m.served += user_serve(u, fd, SERVED);
		m.made = m.served == m.raised && came_to(irq, cpu) != before;
	}
	return m;
}
