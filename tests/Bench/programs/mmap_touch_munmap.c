/* mmap of one page, a touch, munmap. */
#include "memory.h"

int main(int argc, char **argv)
{
	long n = iterations(argc, argv);
	double start = now();

	for (long i = 0; i < n; i++) {
		char *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (memory == MAP_FAILED)
			die("mmap");
		touch(memory, 0);
		if (munmap(memory, PAGE) != 0)
			die("munmap");
	}
	print_ns(now() - start, n);
	return 0;
}
