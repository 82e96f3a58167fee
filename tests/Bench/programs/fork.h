/* Forking and waiting for the benchmarks that do. */
#ifndef BENCH_FORK_H
#define BENCH_FORK_H

#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static inline pid_t fork_or_die(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	return pid;
}

static inline void wait_success(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "child ended with status %#x\n", status);
		exit(1);
	}
}

#endif
