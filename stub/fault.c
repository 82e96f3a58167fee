/*
 * The handler of SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGTRAP, on the stub's own signal stack. The page is
 * built without FP instructions, so the state the guest had is still in its frame and in the host kernel's
 * hands when this stops. It calls nothing and returns nowhere: another guest thread may write to the stack.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <ucontext.h>

#include "layout.h"

__attribute__((section(".stub.text"), noreturn))
void stub_fault(int signal, siginfo_t *info, void *context)
{
	const greg_t *registers = ((const ucontext_t *)context)->uc_mcontext.gregs;
	volatile struct stub_faultinfo *fault = (struct stub_faultinfo *)STUB_DATA;

	fault->address = registers[REG_CR2];
	fault->error_code = registers[REG_ERR];
	fault->trap_number = registers[REG_TRAPNO];
	fault->signal = signal;
	fault->code = info->si_code;
	for (;;)
		__asm__ volatile("int3");
}
