/*
 * 64 MiB touched in random order, forked, and written in random order by the child: nanoseconds per page written. With
 * --report, host.peak_mappings tells how many mappings the scattered copies cost, and so how well they merge.
 */
#include "memory.h"
#include "fork.h"

#define PAGES 16384UL

static unsigned long at(unsigned long i)
{
	/* Odd multipliers permute a power of two. */
	return i * 11007UL % PAGES;
}

int main(int argc, char **argv)
{
	unsigned long n = (unsigned long)iterations(argc, argv);
	char *memory = map_pages(PAGES);

	if (n > PAGES) {
		fprintf(stderr, "at most %lu pages\n", PAGES);
		return 2;
	}
	for (unsigned long i = 0; i < PAGES; i++)
		touch(memory, at(i));
	pid_t pid = fork_or_die();

	if (pid == 0) {
		double start = now();

		for (unsigned long i = 0; i < n; i++)
			touch(memory, at(i));
		print_ns(now() - start, (long)n);
		_exit(0);
	}
	wait_success(pid);
	return 0;
}
