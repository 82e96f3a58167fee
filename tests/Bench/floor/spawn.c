/*
 * `spawn PATH [ARGS]`: nanoseconds from posix_spawn to the end of the process. In C, so that
 * the runner's own runtime (its pipes, its SIGCHLD thread) is not in the measurement.
 */
#include "../programs/bench.h"

#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	pid_t pid;
	int status;
	const char *path = argument(argc, argv, 1);
	double start = now();

	errno = posix_spawn(&pid, path, NULL, NULL, argv + 1, environ);
	if (errno != 0)
		die(path);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	double ns = now() - start;

	/* A program that failed has said why: pass its status on, the way a shell does. */
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	if (WEXITSTATUS(status) != 0)
		return WEXITSTATUS(status);
	print_ns(ns, 1);
	return 0;
}
