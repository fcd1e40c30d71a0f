/* SPDX-License-Identifier: GPL-2.0-only */
	.text
	.globl halt, halt_instruction, halt_end

/* void halt(void): interrupts on, and halt until one comes */
halt:
	sti
halt_instruction:
	hlt
halt_end:
	ret

	.section .note.GNU-stack, "", @progbits
