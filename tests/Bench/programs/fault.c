/*
 * First touch of up to 64 MiB: `fault PAGES sequential|random`, nanoseconds per page. The mapping is
 * 64 MiB whatever PAGES is, so a run with 0 pages takes every fault but the measured ones.
 */
#include "memory.h"

#define ORDER_BITS 14
#define PAGES (1UL << ORDER_BITS)

/* A fixed shuffle of 0..PAGES-1: each step is a bijection, and there is no table to fault on. */
static unsigned long scatter(unsigned long index)
{
	unsigned long mask = PAGES - 1;

	index = (index * 0x2c1b + 0x1f3) & mask;
	index ^= index >> (ORDER_BITS / 2);
	index = (index * 0x297d) & mask;
	index ^= index >> (ORDER_BITS / 2);
	return (index * 0x1a35) & mask;
}

int main(int argc, char **argv)
{
	long n = iterations(argc, argv);
	int random = strcmp(argument(argc, argv, 2), "random") == 0;

	if (n < 0 || (unsigned long)n > PAGES) {
		fprintf(stderr, "at most %lu pages\n", PAGES);
		return 2;
	}
	char *memory = map_pages(PAGES);
	double start = now();

	if (random)
		for (long i = 0; i < n; i++)
			touch(memory, scatter(i));
	else
		for (long i = 0; i < n; i++)
			touch(memory, i);
	print_ns(now() - start, n);
	return 0;
}
