/* fork, exit, wait. */
#include "fork.h"

int main(int argc, char **argv)
{
	long n = iterations(argc, argv);
	double start = now();

	for (long i = 0; i < n; i++) {
		pid_t pid = fork_or_die();

		if (pid == 0)
			_exit(0);
		wait_success(pid);
	}
	print_ns(now() - start, n);
	return 0;
}
