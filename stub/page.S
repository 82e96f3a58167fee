/*
 * The stub code page: mapped at STUB_CODE in every host child. Position independent; the build fails if a
 * relocation is left. Begins with struct stub_header (layout.h).
 */
#include "layout.h"

#define __NR_rt_sigreturn	15
#define __NR_pause		34
#define __NR_futex		202
#define __NR_exit_group		231

#define OFFSET(symbol)		.quad symbol - stub_page

	.section .stub.head, "ax", @progbits
	.globl stub_page
stub_page:
	.quad STUB_MAGIC
	.quad STUB_START, STUB_BATCH, STUB_DATA, STUB_END
	.quad STUB_OP_SIZE, STUB_FAULTINFO_SIZE, STUB_SIGSTACK, STUB_SIGSTACK_SIZE
	OFFSET(stub_start)
	OFFSET(stub_run)
	OFFSET(stub_clone)
	OFFSET(stub_park)
	OFFSET(stub_stack)
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
 * Where the stub executable jumps once the stub pages are mapped: makes itself an empty address space by the
 * operations that the supervisor left, untraced and ahead of its use, then waits to be seized.
 */
	.balign 16
	.globl stub_start
stub_start:
	mov	$(STUB_BATCH + STUB_INIT_OPS), %ebx
1:	mov	STUB_OP_NUMBER(%rbx), %rax
	test	%rax, %rax
	jz	2f
	mov	STUB_OP_ARGS+0(%rbx), %rdi
	mov	STUB_OP_ARGS+8(%rbx), %rsi
	mov	STUB_OP_ARGS+16(%rbx), %rdx
	mov	STUB_OP_ARGS+24(%rbx), %r10
	mov	STUB_OP_ARGS+32(%rbx), %r8
	mov	STUB_OP_ARGS+40(%rbx), %r9
	syscall
	cmp	STUB_OP_EXPECTED(%rbx), %rax
	jne	4f
	add	$STUB_OP_SIZE, %rbx
	jmp	1b
2:	mov	$STUB_DATA, %edi
	cmpl	$0, (%rdi)
	jne	3f
	xor	%esi, %esi			/* FUTEX_WAIT */
	xor	%edx, %edx
	xor	%r10d, %r10d
	mov	$__NR_futex, %eax
	syscall
	jmp	2b
3:	int3
	jmp	3b
4:	mov	$STUB_EXIT_OP, %edi
	mov	$__NR_exit_group, %eax
	syscall
	jmp	4b

/*
 * Makes a thread: the clone operation at rbx. A thread that comes out of the system call with 0 is the new one;
 * it parks, untraced, until its supervisor thread has seized it and gives it other registers. A host thread
 * whose guest thread has ended parks there too. Parked, it uses no memory that a guest could change.
 */
	.balign 16
	.globl stub_clone
stub_clone:
	mov	STUB_OP_NUMBER(%rbx), %rax
	mov	STUB_OP_ARGS+0(%rbx), %rdi
	mov	STUB_OP_ARGS+8(%rbx), %rsi
	mov	STUB_OP_ARGS+16(%rbx), %rdx
	mov	STUB_OP_ARGS+24(%rbx), %r10
	mov	STUB_OP_ARGS+32(%rbx), %r8
	syscall
	test	%rax, %rax
	jz	stub_park
1:	int3
	jmp	1b

	.balign 16
	.globl stub_park
stub_park:
	mov	$__NR_pause, %eax
	syscall
	jmp	stub_park

	.balign 8
stub_stack:
	.quad STUB_SIGSTACK, 0, STUB_SIGSTACK_SIZE

	.balign 16
	.globl stub_restorer
stub_restorer:
	mov	$__NR_rt_sigreturn, %eax
	syscall
	ud2
