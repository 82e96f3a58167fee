// Who may send what: the errors of kill, tkill, tgkill and the queueing calls.
#include <limits.h>
#include <signal.h>
#include <sys/signalfd.h>
#include "check.h"

static int seen;
static void handler(int signal)
{
	seen = signal;
}

int main(void)
{
	int pid = getpid(), tid = (int)syscall(SYS_gettid);
	signal(SIGUSR1, handler);
	SHOW(kill(pid, 0));
	SHOW(kill(pid, 65));
	SHOW(kill(pid, -1));
	SHOW(kill(4194304, SIGUSR1));
	SHOW(kill(4194304, 65));
	SHOW(kill(INT_MIN, SIGUSR1));
	SHOW(kill(-4194303, SIGUSR1));
	SHOW(tgkill(pid, tid, 0));
	SHOW(tgkill(pid, tid, 65));
	SHOW(tgkill(0, tid, SIGUSR1));
	SHOW(tgkill(pid, 0, SIGUSR1));
	SHOW(tgkill(pid + 4000000, tid, SIGUSR1));
	SHOW(syscall(SYS_tkill, 0, SIGUSR1));
	SHOW(syscall(SYS_tkill, -1, SIGUSR1));
	SHOW(syscall(SYS_tkill, 4194304, SIGUSR1));
	SHOW(syscall(SYS_tkill, tid, SIGUSR1));
	printf("seen %d\n", seen);

	siginfo_t info = {.si_code = SI_QUEUE};
	SHOW(syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, 8));
	SHOW(syscall(SYS_rt_sigqueueinfo, 4194304, SIGUSR1, &info));
	SHOW(syscall(SYS_rt_sigqueueinfo, pid, 65, &info));
	SHOW(syscall(SYS_rt_sigqueueinfo, pid, 0, &info));
	SHOW(syscall(SYS_rt_tgsigqueueinfo, pid, 0, SIGUSR1, &info));
	SHOW(syscall(SYS_rt_tgsigqueueinfo, pid, tid, SIGUSR1, &info));
	SHOW(syscall(SYS_rt_tgsigqueueinfo, pid, 4194304, SIGUSR1, &info));
	info.si_code = SI_USER;
	SHOW(syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, &info));
	SHOW(syscall(SYS_rt_sigqueueinfo, 1, SIGUSR1, &info));
	info.si_code = SI_TKILL;
	SHOW(syscall(SYS_rt_sigqueueinfo, 1, SIGUSR1, &info));
	info.si_code = -20;
	memset((char *)&info + 100, 1, 4);
	SHOW(syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, &info));
	info.si_code = SI_QUEUE;
	SHOW(syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, &info));
	SHOW(syscall(SYS_restart_syscall));

	struct sigaction action = {.sa_handler = handler};
	SHOW(sigaction(SIGKILL, &action, NULL));
	SHOW(sigaction(SIGKILL, NULL, &action));
	SHOW(syscall(SYS_rt_sigaction, 65, NULL, NULL, 8));
	SHOW(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 16));
	SHOW(syscall(SYS_rt_sigaction, SIGUSR1, 8, NULL, 8));
	return 0;
}
