#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "check.h"

#define PAGE 4096ul
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static sigjmp_buf back;
static siginfo_t seen;
static long seen_error, seen_trap, seen_cr2;

static void handler(int signal, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;
	CHECK(signal == info->si_signo);
	seen = *info;
	seen_error = uc->uc_mcontext.gregs[REG_ERR];
	seen_trap = uc->uc_mcontext.gregs[REG_TRAPNO];
	seen_cr2 = uc->uc_mcontext.gregs[REG_CR2];
	siglongjmp(back, 1);
}

// Runs the action, which must fault; prints what the handler was told, the address relative to base.
#define FAULT(action, base)                                                                        \
	do {                                                                                       \
		memset(&seen, 0, sizeof(seen));                                                    \
		if (sigsetjmp(back, 1) == 0) {                                                     \
			action;                                                                    \
			CHECK(0, "no fault: %s", #action);                                            \
		}                                                                                  \
		printf("%s: signal %d code %d addr %+ld err %ld trap %ld\n", #action, seen.si_signo, seen.si_code, \
		       (long)((char *)seen.si_addr - (char *)(base)), seen_error, seen_trap);      \
	} while (0)

int main(void)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	for (int signal = SIGILL; signal <= SIGSEGV; signal++)
		if (signal == SIGILL || signal == SIGTRAP || signal == SIGBUS || signal == SIGFPE || signal == SIGSEGV)
			OK(sigaction(signal, &action, NULL));

	volatile char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, ANON, -1, 0);
	CHECK(p != MAP_FAILED);
	memset((void *)p, 1, 4 * PAGE);
	volatile char *low = (volatile char *)8;
	__asm__("" : "+r"(low)); // the compiler need not know
	FAULT(*low = 1, 0);
	OK(mprotect((void *)p, PAGE, PROT_READ));
	FAULT(p[5] = 1, p);
	CHECK((unsigned long)seen_cr2 == (unsigned long)seen.si_addr);
	CHECK(p[5] == 1);
	OK(mprotect((void *)p, PAGE, PROT_READ | PROT_WRITE));
	p[5] = 2;
	OK(mprotect((void *)p, PAGE, PROT_NONE));
	FAULT((void)p[7], p);
	FAULT(p[8] = 1, p);
	OK(munmap((void *)(p + PAGE), PAGE));
	FAULT((void)p[PAGE + 9], p);
	FAULT(p[PAGE + 10] = 1, p);
	FAULT(((void (*)(void))(void *)(p + 2 * PAGE))(), p);
	FAULT(__asm__ volatile("movb $1, (%0)" : : "r"(1ul << 63) : "memory"), 0);
	FAULT(__asm__ volatile("hlt"), 0);
	// The address of these is that of the instruction: not printed.
	FAULT(__asm__ volatile("ud2"), seen.si_addr);
	FAULT(__asm__ volatile("int3"), 0);
	FAULT(__asm__ volatile("xor %%edx,%%edx; mov $1,%%eax; xor %%ecx,%%ecx; div %%ecx" : : : "rax", "rcx", "rdx"),
	      seen.si_addr);
	// A fault on the way over a page border is at the first byte that is missing.
	OK(mprotect((void *)p, PAGE, PROT_READ | PROT_WRITE));
	FAULT(*(volatile unsigned long *)(p + PAGE - 4) = 1, p);
	return 0;
}
