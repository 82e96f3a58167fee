/* A present page made read-only and writable again, then written. */
#include "memory.h"

int main(int argc, char **argv)
{
	long n = iterations(argc, argv);
	char *memory = map_pages(1);

	touch(memory, 0);
	double start = now();

	for (long i = 0; i < n; i++) {
		if (mprotect(memory, PAGE, PROT_READ) != 0 || mprotect(memory, PAGE, PROT_READ | PROT_WRITE) != 0)
			die("mprotect");
		touch(memory, 0);
	}
	print_ns(now() - start, n);
	return 0;
}
