/*
 * Where a signal handler returns to if its sigaction names no restorer, and what unwinders need to go through the
 * frame: at the first instruction rsp is at the ucontext, which holds every register of the interrupted code.
 */
#define __NR_rt_sigreturn	15

#define DW_CFA_expression	0x10
#define DW_CFA_def_cfa_expression 0x0f
#define DW_OP_breg7		0x77	/* rsp and an offset */
#define DW_OP_deref		0x06

/* Offsets from the ucontext: uc_mcontext begins at 40, with the registers in this order. */
#define OFFSET(index)		(40 + 8 * (index))

/* Two bytes of SLEB128. */
#define SLEB(value)		((value) & 0x7f) | 0x80, ((value) >> 7) & 0x7f

#define SAVED(register, index)	.cfi_escape DW_CFA_expression, register, 3, DW_OP_breg7, SLEB(OFFSET(index))

	.text
	.balign 16

	/* An unwinder that takes a return address to lie behind a call looks one byte in front of it. */
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_escape DW_CFA_def_cfa_expression, 4, DW_OP_breg7, SLEB(OFFSET(15)), DW_OP_deref
	SAVED(8, 0)
	SAVED(9, 1)
	SAVED(10, 2)
	SAVED(11, 3)
	SAVED(12, 4)
	SAVED(13, 5)
	SAVED(14, 6)
	SAVED(15, 7)
	SAVED(5, 8)		/* rdi */
	SAVED(4, 9)		/* rsi */
	SAVED(6, 10)		/* rbp */
	SAVED(3, 11)		/* rbx */
	SAVED(1, 12)		/* rdx */
	SAVED(0, 13)		/* rax */
	SAVED(2, 14)		/* rcx */
	SAVED(7, 15)		/* rsp */
	SAVED(16, 16)		/* rip */
	nop

	/* These very bytes are what gdb and libgcc know a trampoline by. */
	.globl __kernel_rt_sigreturn
	.type __kernel_rt_sigreturn, @function
__kernel_rt_sigreturn:
	mov	$__NR_rt_sigreturn, %rax
	syscall
	.size __kernel_rt_sigreturn, . - __kernel_rt_sigreturn
	.cfi_endproc

	/* The version that the supervisor writes here is the one that uname tells. */
	.section .note.Linux, "a", @note
	.balign 4
	.long 2f - 1f
	.long 4f - 3f
	.long 0
1:	.asciz "Linux"
2:	.balign 4
3:	.long 0
4:

	.section .note.GNU-stack, "", @progbits
