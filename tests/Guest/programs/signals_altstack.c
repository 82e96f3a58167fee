// sigaltstack: SA_ONSTACK, SS_AUTODISARM, overflow, and the errors.
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include "check.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1u << 31)
#endif

static char *stack;
#define SIZE (64 * 1024)

static void show(const char *when)
{
	stack_t now;
	OK(sigaltstack(NULL, &now));
	printf("%s: ours %d flags %x size %zu\n", when, now.ss_sp == stack, (unsigned)now.ss_flags, now.ss_size);
}

static int on_stack(void *at)
{
	return (char *)at >= stack && (char *)at < stack + SIZE;
}

static int nested;
static void handler(int signal, siginfo_t *info, void *context)
{
	(void)info;
	ucontext_t *uc = context;
	int here;
	printf("handler %d on alternate stack %d saved flags %x\n", signal, on_stack(&here), (unsigned)uc->uc_stack.ss_flags);
	show("in handler");
	stack_t other = {.ss_sp = stack, .ss_size = SIZE / 2};
	SHOW(sigaltstack(&other, NULL));
	if (nested++ == 0) {
		raise(SIGUSR2);
		show("after nested");
	}
	nested--;
}

// Without room for the frame on the alternate stack: death by SIGSEGV, even though it is handled there too.
static void deep(int signal)
{
	(void)signal;
	char *low = stack + 1000;
	// Move the stack pointer to the low end of the alternate stack, where no frame fits.
	__asm__ volatile("mov %0, %%rsp; mov $39, %%eax; syscall; mov %%eax, %%edi; mov $62, %%eax; mov $10, %%esi; syscall; ud2" : : "r"(low) : "memory");
}

int main(void)
{
	stack = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stack_t set = {.ss_sp = stack, .ss_size = 1000};
	show("first");
	SHOW(sigaltstack(&set, NULL));
	set.ss_size = SIZE;
	set.ss_flags = 4;
	SHOW(sigaltstack(&set, NULL));
	set.ss_flags = SS_ONSTACK;
	SHOW(sigaltstack(&set, NULL));
	show("SS_ONSTACK");
	set.ss_flags = 0;
	SHOW(sigaltstack(&set, NULL));
	SHOW(sigaltstack((void *)8, NULL));
	SHOW(syscall(SYS_sigaltstack, NULL, 8));

	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	OK(sigaction(SIGUSR1, &action, NULL));
	OK(sigaction(SIGUSR2, &action, NULL));
	raise(SIGUSR1);
	show("after");
	set.ss_flags = (int)SS_AUTODISARM;
	OK(sigaltstack(&set, NULL));
	show("SS_AUTODISARM");
	raise(SIGUSR1);
	show("after SS_AUTODISARM");
	set.ss_flags = SS_DISABLE;
	OK(sigaltstack(&set, NULL));
	raise(SIGUSR1);
	show("disabled");

	set.ss_flags = 0;
	OK(sigaltstack(&set, NULL));
	action.sa_handler = deep;
	action.sa_flags = SA_ONSTACK | SA_NODEFER;
	OK(sigaction(SIGUSR1, &action, NULL));
	fflush(stdout);
	raise(SIGUSR1);
	return 0;
}
