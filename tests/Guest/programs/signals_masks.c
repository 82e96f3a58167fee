// Masks, nesting, queues and waits, in one thread.
#include <setjmp.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>
#include "check.h"

static char order[512];
static int depth, most, raised;

static void note(int signal, siginfo_t *info, void *context)
{
	(void)context;
	sprintf(order + strlen(order), " %d:%d:%d", signal, info->si_code, info->si_value.sival_int);
}

static void nest(int signal)
{
	if (++depth > most)
		most = depth;
	if (raised++ < 2)
		raise(signal);
	depth--;
}

static void handle(int signal, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
	OK(sigaction(signal, &action, NULL));
}

static void shown(const char *what)
{
	printf("%s:%s\n", what, order);
	order[0] = 0;
}

static int queue(int signal, int value)
{
	return sigqueue(getpid(), signal, (union sigval){.sival_int = value});
}

static unsigned long pending(void)
{
	sigset_t set;
	OK(sigpending(&set));
	unsigned long bits;
	memcpy(&bits, &set, sizeof(bits));
	return bits;
}

static sigjmp_buf back;
static void jump(int signal)
{
	siglongjmp(back, signal);
}

int main(void)
{
	sigset_t all, none, old, set;
	sigfillset(&all);
	sigemptyset(&none);
	for (int signal = 1; signal <= 64; signal++)
		if (signal != SIGKILL && signal != SIGSTOP && signal != 32 && signal != 33)
			handle(signal, note, 0);

	// Standard signals once, realtime ones all, lowest number first, faults before all.
	OK(sigprocmask(SIG_BLOCK, &all, &old));
	OK(sigprocmask(SIG_BLOCK, NULL, &set));
	printf("blocked: KILL %d STOP %d TERM %d\n", sigismember(&set, SIGKILL), sigismember(&set, SIGSTOP), sigismember(&set, SIGTERM));
	for (int i = 0; i < 3; i++) {
		OK(queue(SIGRTMIN + 5, i));
		OK(queue(SIGRTMIN + 2, 10 + i));
		OK(queue(SIGUSR2, 20 + i));
	}
	OK(kill(getpid(), SIGTERM));
	OK(kill(getpid(), SIGHUP));
	OK(raise(SIGSEGV));
	OK(raise(SIGRTMIN + 2));
	printf("pending %lx\n", pending());
	OK(sigprocmask(SIG_SETMASK, &none, NULL));
	shown("order");
	printf("pending %lx\n", pending());

	// A thread's own signals come before those of its process.
	OK(sigprocmask(SIG_BLOCK, &all, NULL));
	OK(kill(getpid(), SIGUSR1));
	OK(raise(SIGUSR2));
	OK(sigprocmask(SIG_SETMASK, &none, NULL));
	shown("own first");

	// SIG_IGN drops what waits; so does the default of SIGCHLD.
	OK(sigprocmask(SIG_BLOCK, &all, NULL));
	OK(raise(SIGUSR1));
	OK(raise(SIGCHLD));
	signal(SIGUSR1, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	printf("pending %lx\n", pending());
	// Blocked and ignored is kept until it is unblocked.
	OK(raise(SIGUSR1));
	printf("pending %lx\n", pending());
	handle(SIGUSR1, note, 0);
	OK(sigprocmask(SIG_SETMASK, &none, NULL));
	shown("kept");

	// SIGCONT and stop signals cancel each other.
	OK(sigprocmask(SIG_BLOCK, &all, NULL));
	OK(raise(SIGTSTP));
	printf("pending %lx\n", pending());
	OK(raise(SIGCONT));
	printf("pending %lx\n", pending());
	OK(raise(SIGTTIN));
	printf("pending %lx\n", pending());
	OK(sigprocmask(SIG_SETMASK, &none, NULL));
	shown("stop");

	// Nesting.
	struct sigaction action = {.sa_handler = nest};
	OK(sigaction(SIGUSR1, &action, NULL));
	OK(raise(SIGUSR1));
	printf("deepest %d\n", most);
	most = raised = 0;
	action.sa_flags = SA_NODEFER;
	OK(sigaction(SIGUSR1, &action, NULL));
	OK(raise(SIGUSR1));
	printf("deepest with SA_NODEFER %d\n", most);

	handle(SIGUSR1, note, SA_RESETHAND);
	OK(raise(SIGUSR1));
	OK(sigaction(SIGUSR1, NULL, &action));
	printf("SA_RESETHAND: %d flags %x\n", action.sa_handler == SIG_DFL, (unsigned)action.sa_flags & ~0x4000000u);
	shown("once");

	// Leaving a handler with siglongjmp restores the mask, or does not.
	signal(SIGUSR1, jump);
	for (int savemask = 1; savemask >= 0; savemask--) {
		if (sigsetjmp(back, savemask) == 0)
			raise(SIGUSR1);
		OK(sigprocmask(SIG_BLOCK, NULL, &set));
		printf("savemask %d: blocked %d\n", savemask, sigismember(&set, SIGUSR1));
	}
	OK(sigprocmask(SIG_SETMASK, &none, NULL));

	// sigsuspend takes what it unblocks, then goes back to the old mask.
	handle(SIGUSR1, note, 0);
	OK(sigprocmask(SIG_BLOCK, &all, NULL));
	OK(raise(SIGUSR1));
	OK(raise(SIGUSR2));
	set = all;
	sigdelset(&set, SIGUSR1);
	SHOW(sigsuspend(&set));
	shown("sigsuspend");
	printf("pending %lx\n", pending());
	sigaddset(&set, SIGUSR1);
	sigdelset(&set, SIGUSR2);
	SHOW(sigsuspend(&set));
	shown("sigsuspend");

	// sigtimedwait.
	struct timespec zero = {0, 0}, moment = {0, 20000000}, wrong = {0, 1000000000};
	siginfo_t info;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 3);
	sigaddset(&set, SIGUSR1);
	SHOW(sigtimedwait(&set, &info, &zero));
	SHOW(sigtimedwait(&set, &info, &moment));
	SHOW(sigtimedwait(&set, &info, &wrong));
	OK(queue(SIGRTMIN + 3, 5));
	OK(queue(SIGRTMIN + 3, 6));
	OK(raise(SIGUSR1));
	for (int i = 0; i < 4; i++) {
		memset(&info, 0, sizeof(info));
		SHOW(sigtimedwait(&set, &info, &zero));
		printf("code %d value %d self %d\n", info.si_code, info.si_value.sival_int, info.si_pid == getpid());
	}
	SHOW(syscall(SYS_rt_sigtimedwait, &set, &info, &zero, 4));
	SHOW(syscall(SYS_rt_sigtimedwait, 8, &info, &zero, 8));
	SHOW(syscall(SYS_rt_sigpending, &set, 16));
	SHOW(syscall(SYS_rt_sigpending, 8, 8));
	SHOW(syscall(SYS_rt_sigpending, &set, 4));
	SHOW(syscall(SYS_rt_sigsuspend, &set, 7));
	SHOW(syscall(SYS_rt_sigsuspend, 8, 8));

	// RLIMIT_SIGPENDING: no room for realtime signals; others still come.
	struct rlimit limit = {0, 0};
	OK(setrlimit(RLIMIT_SIGPENDING, &limit));
	SHOW(queue(SIGRTMIN, 1));
	SHOW(queue(SIGUSR1, 1));
	SHOW(kill(getpid(), SIGRTMIN + 1));
	SHOW(raise(SIGRTMIN + 2));
	SHOW(kill(getpid(), SIGUSR2));
	printf("pending %lx\n", pending());
	sigfillset(&set);
	for (int i = 0; i < 4; i++) {
		memset(&info, 0x11, sizeof(info));
		SHOW(sigtimedwait(&set, &info, &zero));
		printf("code %d pid %d uid %d\n", info.si_code, info.si_pid == getpid() ? 1 : info.si_pid, info.si_uid == getuid() ? 1 : (int)info.si_uid);
	}
	return 0;
}
