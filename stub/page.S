/*
 * The stub code page: mapped at STUB_CODE in every host child. Position independent; the build fails if a
 * relocation is left. Begins with struct stub_header (layout.h).
 */
#include "layout.h"

#define __NR_rt_sigreturn	15
#define __NR_pause		34

#define OFFSET(symbol)		.quad symbol - stub_page

	.section .stub.head, "ax", @progbits
	.globl stub_page
stub_page:
	.quad STUB_MAGIC
	.quad STUB_START, STUB_BATCH, STUB_DATA, STUB_END
	.quad STUB_OP_SIZE, STUB_FAULTINFO_SIZE, STUB_SIGSTACK, STUB_SIGSTACK_SIZE
	OFFSET(stub_run)
	OFFSET(stub_park)
	OFFSET(stub_fault)
	OFFSET(stub_restorer)
	OFFSET(stub_filter)
	OFFSET(stub_filter_length)

	.section .stub.text, "ax", @progbits

/*
 * Runs the operations from rbx on. Stops (int3) at the end, or at the first whose result is not the expected
 * one: rbx is that operation, rax what it returned. Uses no stack and no memory but the batch page.
 */
	.balign 16
	.globl stub_run
stub_run:
	mov	STUB_OP_NUMBER(%rbx), %rax
	test	%rax, %rax
	jz	1f
	mov	STUB_OP_ARGS+0(%rbx), %rdi
	mov	STUB_OP_ARGS+8(%rbx), %rsi
	mov	STUB_OP_ARGS+16(%rbx), %rdx
	mov	STUB_OP_ARGS+24(%rbx), %r10
	mov	STUB_OP_ARGS+32(%rbx), %r8
	mov	STUB_OP_ARGS+40(%rbx), %r9
	syscall
	cmp	STUB_OP_EXPECTED(%rbx), %rax
	jne	1f
	add	$STUB_OP_SIZE, %rbx
	jmp	stub_run
1:	int3
	jmp	1b

/*
 * A thread made by an operation (clone) comes out of the system call with 0, which no clone operation
 * expects, and would stop above untraced; so clone has an entry of its own: the new thread waits here until
 * its supervisor thread has seized it and gives it other registers.
 */
	.balign 16
	.globl stub_park
stub_park:
	mov	STUB_OP_NUMBER(%rbx), %rax
	mov	STUB_OP_ARGS+0(%rbx), %rdi
	mov	STUB_OP_ARGS+8(%rbx), %rsi
	mov	STUB_OP_ARGS+16(%rbx), %rdx
	mov	STUB_OP_ARGS+24(%rbx), %r10
	mov	STUB_OP_ARGS+32(%rbx), %r8
	syscall
	test	%rax, %rax
	jnz	2f
1:	mov	$__NR_pause, %eax
	syscall
	jmp	1b
2:	int3
	jmp	2b

	.balign 16
	.globl stub_restorer
stub_restorer:
	mov	$__NR_rt_sigreturn, %eax
	syscall
	ud2
