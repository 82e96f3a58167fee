/*
 * Linked into umlhost itself, where it runs before the .NET runtime starts: "umlhost run" passes signals on to its
 * guest, and a thread that the runtime makes must not take one of them first. Before the runtime ignores SIGPIPE is
 * also the last moment at which what the caller ignores can be seen.
 */
#include <signal.h>
#include <string.h>

/* Of the caller: bit N-1 is signal N. */
static unsigned long blocked, ignored;

void startup_signals(unsigned long *blocked_, unsigned long *ignored_);

void startup_signals(unsigned long *blocked_, unsigned long *ignored_)
{
	*blocked_ = blocked;
	*ignored_ = ignored;
}

__attribute__((constructor)) static void startup(int argc, char **argv)
{
	static const int forwarded[] = { SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGCONT, SIGTSTP, SIGWINCH };
	struct sigaction action;
	sigset_t set, old;

	if (argc < 2 || strcmp(argv[1], "run") != 0)
		return;
	sigemptyset(&set);
	for (unsigned int i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
		sigaddset(&set, forwarded[i]);
	sigprocmask(SIG_BLOCK, &set, &old);
	for (int signal = 1; signal < NSIG; signal++) {
		if (sigismember(&old, signal) == 1)
			blocked |= 1ul << (signal - 1);
		if (sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			ignored |= 1ul << (signal - 1);
	}
}
