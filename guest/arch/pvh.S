/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The other way into the image: as a PVH guest (docs/misc/pvh.pandoc in Xen's
 * source). Xen starts it in flat 32-bit protected mode, paging off, with the
 * physical address of struct hvm_start_info in ebx. From here to long mode on
 * page tables of our own, which map the first 4 GiB one to one: image, start
 * info and the board's registers all lie below. The first 4 MiB are mapped by
 * single pages, so that map_self() can move them.
 */
#include "guest/arch/trap.inc"

#define TABLE	  0x67		/* P RW US A D, as PTE_RW in guest/xen/mem.h */
#define LARGE	  0xe7		/* the same with PS */
#define CR0_PE_PG 0x80000001
#define CR4_PAE	  0x20
#define MSR_EFER  0xc0000080
#define EFER_LME  0x100

/* Fill the entries from @first to @end with @entry, @entry + @step, ... */
	.macro fill first, end, entry, step
	mov $\first, %edi
	mov $\entry, %eax
1:	mov %eax, (%edi)
	add $\step, %eax
	add $8, %edi
	cmp $\end, %edi
	jb 1b
	.endm

	.section .text.head, "ax"
	.code32
	.globl pvh_start
pvh_start:
	cld
	mov $boot_stack_end, %esp
	fill pvh_l1, pvh_l1+2*4096, TABLE, 0x1000
	fill pvh_l2, pvh_l2+4*4096, LARGE, 0x200000
	fill pvh_l2, pvh_l2+2*8, pvh_l1+TABLE, 0x1000
	fill pvh_l3, pvh_l3+4*8, pvh_l2+TABLE, 0x1000
	movl $pvh_l3 + TABLE, pvh_l4

	mov %cr4, %eax
	or $CR4_PAE, %eax
	mov %eax, %cr4
	mov $pvh_l4, %eax
	mov %eax, %cr3
	mov $MSR_EFER, %ecx
	rdmsr
	or $EFER_LME, %eax
	wrmsr
	mov %cr0, %eax
	or $CR0_PE_PG, %eax
	mov %eax, %cr0
	lgdt gdt_pointer
	ljmp $8, $1f

	.code64
1:	xor %eax, %eax
	mov %eax, %ss
	mov %eax, %ds
	mov %eax, %es
	xor %ebp, %ebp
	mov %ebx, %edi			/* struct hvm_start_info; the move clears the upper half */
	call pvh_main
	ud2

/*
 * long pvh_user_stub(nr, cmd, arg): a hypercall from ring 3. There by SYSRET, back by
 * SYSCALL, whose MSRs pvh_call_as_user() has set up; the stack stays the same one.
 */
	.text
	.globl pvh_user_stub, pvh_user_return
pvh_user_stub:
	mov %edi, %eax
	mov %rsi, %rdi
	mov %rdx, %rsi
	shl $5, %eax
	add $hypercall_page, %rax
	lea 1f(%rip), %rcx
	mov $2, %r11d			/* rflags */
	sysretq
1:	call *%rax
	syscall
pvh_user_return:
	ret

/*
 * Exceptions as the CPU frames them: [error code], rip, cs, rflags, rsp, ss. As in
 * head.S all are made alike, and none returns.
 */
	.macro trap vector, has_error
pvh_trap_\vector:
	trap_tail \vector, \has_error
	.endm

	trap 0, 0
	trap 3, 0
	trap 6, 0
	trap 8, 1
	trap 10, 1
	trap 11, 1
	trap 12, 1
	trap 13, 1
	trap 14, 1
	trap 17, 1

	.section .rodata
	.balign 8
	.globl pvh_trap_entries
pvh_trap_entries:
	.irp vector, 0, 3, 6, 8, 10, 11, 12, 13, 14, 17
	.quad \vector, pvh_trap_\vector
	.endr
	.quad -1, 0
gdt:
	.quad 0
	.quad 0x00af9b000000ffff	/* 64-bit code, ring 0 */
gdt_pointer:
	.word . - gdt - 1
	.long gdt

	.section .bss.pvh, "aw", @nobits
	.balign 4096
pvh_l4:	.skip 4096
pvh_l3:	.skip 4096
	.globl pvh_l1, pvh_l2
pvh_l2:	.skip 4 * 4096
pvh_l1:	.skip 2 * 4096

	.section .note.GNU-stack, "", @progbits
