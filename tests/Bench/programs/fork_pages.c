/*
 * fork, exit and wait of a process with ten touched pages: `fork_pages N packed` has them side by
 * side, `spread` a tenth of 1 TiB apart. Both should cost the same: fork follows the pages that are
 * there, not the span that is mapped.
 */
#include "memory.h"
#include "fork.h"

#define TOUCHED 10UL
#define SPREAD_PAGES (1UL << 28)

int main(int argc, char **argv)
{
	long n = iterations(argc, argv);
	int spread = strcmp(argument(argc, argv, 2), "spread") == 0;
	unsigned long stride = spread ? SPREAD_PAGES / TOUCHED : 1;
	char *memory = map_pages(spread ? SPREAD_PAGES : TOUCHED);

	for (unsigned long i = 0; i < TOUCHED; i++)
		touch(memory, i * stride);
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
