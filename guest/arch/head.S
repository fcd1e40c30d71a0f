/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entry of the PV guest: ELF notes for Xen's loader (xen/include/public/elfnote.h),
 * the hypercall page, the first instructions, and the exception stubs. pvh.S has
 * the entry of the PVH guest.
 */
#include "guest/arch/trap.inc"

#define NOTE(type, ...)                                                 \
	.pushsection .note.Xen, "a", @note ;                            \
	.align 4 ;                                                      \
	.long 2f - 1f, 4f - 3f, type ;                                  \
1:	.asciz "Xen" ;                                                  \
2:	.align 4 ;                                                      \
3:	__VA_ARGS__ ;                                                   \
4:	.align 4 ;                                                      \
	.popsection

	NOTE(1, .quad _start)				/* ENTRY */
	NOTE(2, .quad hypercall_page)			/* HYPERCALL_PAGE */
	NOTE(3, .quad 0)				/* VIRT_BASE */
	NOTE(4, .quad 0)				/* PADDR_OFFSET */
	NOTE(5, .asciz "xen-3.0")			/* XEN_VERSION */
	NOTE(6, .asciz "lifeline")			/* GUEST_OS */
	NOTE(7, .asciz "1")				/* GUEST_VERSION */
	NOTE(8, .asciz "generic")			/* LOADER */
	NOTE(9, .asciz "yes")				/* PAE_MODE */
	NOTE(10, .asciz "!writable_page_tables|pae_pgdir_above_4gb")
	NOTE(17, .long 1 << 11)				/* SUPPORTED_FEATURES: dom0 */
	NOTE(18, .quad pvh_start)			/* PHYS32_ENTRY */

	.section .text.head, "ax"
	.globl _start
_start:
	cld
	lea boot_stack_end(%rip), %rsp
	xor %ebp, %ebp
	mov %rsi, %rdi			/* struct start_info */
	call guest_main
	ud2

/*
 * PV exception frame, from the top of the stack: rcx, r11, [error code], rip,
 * cs, rflags, rsp, ss. The stubs make all alike and never return: a trap in
 * this guest is a defect, and it dies with the place named.
 */
	.macro trap vector, has_error
trap_\vector:
	pop %rcx
	pop %r11
	trap_tail \vector, \has_error
	.endm

	trap 0, 0
	trap 3, 0
	trap 6, 0
	trap 10, 1
	trap 11, 1
	trap 12, 1
	trap 13, 1
	trap 14, 1
	trap 17, 1

	.section .rodata
	.balign 8
	.globl trap_entries
trap_entries:
	.irp vector, 0, 3, 6, 10, 11, 12, 13, 14, 17
	.quad \vector, trap_\vector
	.endr
	.quad -1, 0

	.section .hypercall_page, "ax"
	.globl hypercall_page
	.balign 4096
hypercall_page:
	.skip 4096

	.bss
	.balign 4096
	.skip 16384
	.globl boot_stack_end
boot_stack_end:

	.section .note.GNU-stack, "", @progbits
