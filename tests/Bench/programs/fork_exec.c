/* fork, exec of a static program that only exits, wait. */
#include "fork.h"

int main(int argc, char **argv)
{
	long n = iterations(argc, argv);
	const char *path = argument(argc, argv, 2);
	double start = now();

	for (long i = 0; i < n; i++) {
		pid_t pid = fork_or_die();

		if (pid == 0) {
			execl(path, path, (char *)NULL);
			perror("execl");
			_exit(127);
		}
		wait_success(pid);
	}
	print_ns(now() - start, n);
	return 0;
}
