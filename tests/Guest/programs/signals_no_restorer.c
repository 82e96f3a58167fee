// umlhost: --no-vdso
// Without a vDSO that has one, a handler without SA_RESTORER has no way back: SIGSEGV, as on Linux.
#include <signal.h>
#include "check.h"

static void handler(int signal)
{
	printf("handler %d\n", signal);
	fflush(stdout);
}

int main(void)
{
	struct { void (*handler)(int); unsigned long flags; void *restorer; unsigned long mask; } action = {handler, 0, 0, 0};
	OK(syscall(SYS_rt_sigaction, SIGUSR1, &action, NULL, 8));
	raise(SIGUSR1);
	return 0;
}
