#include <signal.h>
#include "check.h"

// As the kernel has it.
struct action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

static long action(int signal, const void *set, void *old, unsigned long size)
{
	return syscall(SYS_rt_sigaction, signal, set, old, size);
}

static long mask(int how, const void *set, void *old, unsigned long size)
{
	return syscall(SYS_rt_sigprocmask, how, set, old, size);
}

static void nothing(int signal)
{
	(void)signal;
}

int main(void)
{
	struct action set, old;
	for (int signal = 1; signal <= 64; signal++) {
		memset(&old, 0x55, sizeof(old));
		OK(action(signal, NULL, &old, 8));
		// Whoever started the tests may ignore signals, and that is inherited.
		CHECK(old.handler == SIG_DFL || old.handler == SIG_IGN, "signal %d at the start", signal);
		CHECK(old.mask == 0, "signal %d at the start", signal);
		set = (struct action){nothing, 0x04000000 | SA_RESTART | SA_SIGINFO | SA_NODEFER, (void (*)(void))main, signal * 3};
		long result = action(signal, &set, &old, 8);
		CHECK((result == 0) == (signal != SIGKILL && signal != SIGSTOP), "signal %d", signal);
		if (result != 0)
			continue;
		OK(action(signal, NULL, &old, 8));
		CHECK(old.handler == set.handler && old.flags == set.flags && old.restorer == set.restorer);
		CHECK(old.mask == (set.mask & ~(1ul << (SIGKILL - 1) | 1ul << (SIGSTOP - 1))), "mask %lx", old.mask);
		set = (struct action){SIG_IGN, 0, NULL, 0};
		OK(action(signal, &set, &old, 8));
		CHECK(old.handler == nothing);
		set.handler = SIG_DFL;
		OK(action(signal, &set, &old, 8));
		CHECK(old.handler == SIG_IGN);
	}
	set = (struct action){nothing, 0x80000000 | 0x00000400 | 0x12340000, NULL, 0};
	SHOW(action(SIGUSR1, &set, NULL, 8));
	OK(action(SIGUSR1, NULL, &old, 8));
	printf("flags read back: %lx\n", old.flags);

	SHOW(action(SIGKILL, &set, NULL, 8));
	SHOW(action(SIGSTOP, &set, NULL, 8));
	SHOW(action(SIGKILL, NULL, &old, 8));
	SHOW(action(SIGKILL, NULL, NULL, 8));
	SHOW(action(0, &set, NULL, 8));
	SHOW(action(0, NULL, NULL, 8));
	SHOW(action(65, &set, NULL, 8));
	SHOW(action(-1, &set, NULL, 8));
	SHOW(action(SIGUSR1, &set, NULL, 4));
	SHOW(action(SIGUSR1, &set, NULL, 16));
	SHOW(action(SIGUSR1, (void *)1, NULL, 8));
	SHOW(action(SIGUSR1, NULL, (void *)1, 8));
	SHOW(action(65, (void *)1, NULL, 8));
	SHOW(action(SIGKILL, (void *)1, NULL, 8));
	SHOW(action(65, (void *)1, NULL, 4));

	unsigned long some = 0x5000, all = -1ul, got;
	OK(mask(SIG_BLOCK, NULL, &got, 8));
	CHECK(got == 0, "%lx", got);
	OK(mask(SIG_BLOCK, &some, &got, 8));
	CHECK(got == 0);
	some = 0x1000;
	OK(mask(SIG_UNBLOCK, &some, &got, 8));
	CHECK(got == 0x5000);
	OK(mask(SIG_SETMASK, &all, &got, 8));
	CHECK(got == 0x4000);
	OK(mask(12345, NULL, &got, 8));
	printf("everything blocked: %lx\n", got);
	SHOW(mask(3, &some, NULL, 8));
	SHOW(mask(-1, &some, NULL, 8));
	SHOW(mask(SIG_BLOCK, &some, NULL, 4));
	SHOW(mask(SIG_BLOCK, &some, NULL, 16));
	SHOW(mask(SIG_BLOCK, (void *)1, NULL, 8));
	SHOW(mask(SIG_BLOCK, NULL, (void *)1, 8));
	SHOW(mask(SIG_BLOCK, NULL, NULL, 8));
	some = 0;
	OK(mask(SIG_SETMASK, &some, NULL, 8));
	SHOW(mask(SIG_SETMASK, &all, (void *)1, 8));
	OK(mask(SIG_BLOCK, NULL, &got, 8));
	printf("set although the old one could not be told: %lx\n", got);
	return 0;
}
