/* A forked child writes up to 16 MiB that it shares with its parent: nanoseconds per page. */
#include "memory.h"
#include "fork.h"

#define PAGES 4096L

int main(int argc, char **argv)
{
	long n = iterations(argc, argv);

	if (n < 0 || n > PAGES) {
		fprintf(stderr, "at most %ld pages\n", PAGES);
		return 2;
	}
	char *memory = map_pages(PAGES);

	for (long i = 0; i < PAGES; i++)
		touch(memory, i);
	pid_t pid = fork_or_die();

	if (pid == 0) {
		double start = now();

		for (long i = 0; i < n; i++)
			touch(memory, i);
		print_ns(now() - start, n);
		_exit(0);
	}
	wait_success(pid);
	return 0;
}
