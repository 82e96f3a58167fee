// timeout: 60
// RLIMIT_CPU: SIGXCPU every second from the soft limit on, which goes up with it, and SIGKILL at the hard limit.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "check.h"

static volatile sig_atomic_t seen;

static void on_xcpu(int signal)
{
	(void)signal;
	seen++;
}

static void spin(const char *name, struct rlimit limit, int handled)
{
	fflush(stdout);
	pid_t pid = fork();
	OK(pid);
	if (pid == 0) {
		int shown = 0;
		OK(sigaction(SIGXCPU, &(struct sigaction){.sa_handler = handled ? on_xcpu : SIG_DFL}, NULL));
		OK(setrlimit(RLIMIT_CPU, &limit));
		for (;;) {
			if (seen == shown)
				continue;
			shown = seen;
			OK(getrlimit(RLIMIT_CPU, &limit));
			printf("SIGXCPU %d: %lu %lu\n", shown, limit.rlim_cur, limit.rlim_max);
			fflush(stdout);
		}
	}
	int status;
	struct rusage usage;
	CHECK(wait4(pid, &status, 0, &usage) == pid);
	long us = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
	printf("%s: signal %d after %ld s\n", name, WTERMSIG(status), (us + 500000) / 1000000);
}

int main(void)
{
	OK(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	spin("default action", (struct rlimit){1, 3}, 0);
	spin("handler", (struct rlimit){1, 3}, 1);
	spin("no soft limit of its own", (struct rlimit){1, 1}, 1);

	// A child has the limit and its own time; what it inherits can be taken back.
	struct rlimit limit = {1, RLIM_INFINITY};
	OK(setrlimit(RLIMIT_CPU, &limit));
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0)
		for (;;)
			;
	int status;
	CHECK(waitpid(pid, &status, 0) == pid);
	printf("inherited: signal %d\n", WTERMSIG(status));
	limit.rlim_cur = RLIM_INFINITY;
	OK(setrlimit(RLIMIT_CPU, &limit));
	return 0;
}
