#include <sys/mman.h>
#include "check.h"

int main(void)
{
	const unsigned long size = 1ul << 30;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK(p != MAP_FAILED);
	unsigned long x = 1;
	for (int i = 0; i < 1000; i++) {
		x = x * 6364136223846793005 + 1442695040888963407;
		unsigned long at = (x >> 33) % (size / 4096) * 4096;
		*(unsigned long *)(p + at) = at + 1;
	}
	unsigned long touched = 0;
	x = 1;
	for (int i = 0; i < 1000; i++) {
		x = x * 6364136223846793005 + 1442695040888963407;
		unsigned long at = (x >> 33) % (size / 4096) * 4096;
		CHECK(*(unsigned long *)(p + at) == at + 1);
		touched += at >> 12;
	}
	printf("%lu\n", touched);
	OK(munmap(p, size));

	// Reserved and never touched: as large as address space allows.
	p = mmap(NULL, 1ul << 42, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK(p != MAP_FAILED);
	OK(mprotect(p + (1ul << 41), 8192, PROT_READ | PROT_WRITE));
	p[(1ul << 41) + 5000] = 1;
	OK(munmap(p, 1ul << 42));
	printf("ok\n");
	return 0;
}
