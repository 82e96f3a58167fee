// signals N: N signals handled, some more ignored or blocked, and one that kills a child.
#include <signal.h>
#include <sys/wait.h>
#include "check.h"

static volatile sig_atomic_t seen;

static void on_usr1(int signal)
{
	(void)signal;
	seen++;
}

int main(int argc, char **argv)
{
	CHECK(argc == 2);
	signal(SIGUSR1, on_usr1);
	signal(SIGUSR2, SIG_IGN);
	for (int i = 0; i < atoi(argv[1]); i++) {
		raise(SIGUSR1);
		raise(SIGUSR2);
		raise(SIGWINCH);
	}
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGHUP);
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGTERM, SIG_DFL);
		raise(SIGTERM);
	}
	int status;
	CHECK(waitpid(pid, &status, 0) == pid && status == SIGTERM);
	CHECK(seen == atoi(argv[1]));
	return 0;
}
