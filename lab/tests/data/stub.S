/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A multiboot kernel for the tests of the board alone. It prints its command line and those of its
 * modules, then the first module's text but for its first four bytes (an ELF magic), in which
 *   @  waits for a byte on the serial line    !  ends through isa-debug-exit with 3
 *   ^  spins with interrupts off              %  resets the machine
 */
	.code32
	.section .text
	.globl _start
	.long 0x1badb002, 3, -(0x1badb002 + 3)

_start:
	mov	$stack, %esp
	mov	%ebx, %ebp		/* multiboot information, 3.3 */
	mov	16(%ebp), %esi
	call	line
	mov	20(%ebp), %edi
	mov	24(%ebp), %ebx
1:	mov	8(%ebx), %esi
	call	line
	add	$16, %ebx
	dec	%edi
	jnz	1b
	mov	24(%ebp), %ebx
	mov	(%ebx), %esi
	mov	4(%ebx), %edi
	add	$4, %esi
next:	cmp	%edi, %esi
	jae	spin
	lodsb
	cmp	$'@', %al
	je	wait
	cmp	$'!', %al
	je	leave
	cmp	$'%', %al
	je	reset
	cmp	$'^', %al
	je	spin
	call	put
	jmp	next
wait:	mov	$0x3fd, %dx
	in	%dx, %al
	test	$1, %al
	jz	wait
	mov	$0x3f8, %dx
	in	%dx, %al
	jmp	next
leave:	mov	$3, %al
	mov	$0x501, %dx
	out	%al, %dx
reset:	mov	$0xfe, %al
	out	%al, $0x64
spin:	cli
1:	jmp	1b			/* one instruction: every sample of RIP is the same */

line:	lodsb
	test	%al, %al
	jz	1f
	call	put
	jmp	line
1:	mov	$'\n', %al
put:	mov	%al, %ah
	mov	$0x3fd, %dx
1:	in	%dx, %al
	test	$0x20, %al
	jz	1b
	mov	%ah, %al
	mov	$0x3f8, %dx
	out	%al, %dx
	ret

	.bss
	.skip	256
stack:
