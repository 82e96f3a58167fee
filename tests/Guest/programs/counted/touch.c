#include <sys/mman.h>
#include "check.h"

// touch SIZE: writes to every page of so many MiB.


int main(int argc, char **argv)
{
	CHECK(argc == 2);
	unsigned long size = strtoul(argv[1], NULL, 0) << 20;
	for (unsigned long done = 0, piece; done < size; done += piece) {
		piece = size - done < 32 << 20 ? size - done : 32 << 20;
		char *at = mmap(NULL, piece, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(at != MAP_FAILED);
		for (unsigned long i = 0; i < piece; i += 4096)
			at[i] = 1;
	}
	printf("%lu MiB\n", size >> 20);
	return 0;
}
