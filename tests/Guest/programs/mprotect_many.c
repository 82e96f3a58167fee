// timeout: 60
#include <sys/mman.h>
#include "check.h"

#define PAGES 10000

// Every second page of its own protection, one call each, then all alike again.
int main(void)
{
	char *p = mmap(NULL, PAGES * 4096l, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED);
	for (long i = 0; i < PAGES; i++)
		p[i * 4096] = (char)i;
	for (long i = 0; i < PAGES; i += 2)
		OK(mprotect(p + i * 4096, 4096, PROT_READ));
	long sum = 0;
	for (long i = 0; i < PAGES; i++)
		sum += p[i * 4096];
	for (long i = 0; i < PAGES; i += 97) {
		CHECK(p[i * 4096] == (char)i);
		CHECK(kernel_writes(p + i * 4096 + 1) == (i & 1), "page %ld", i);
	}
	for (long i = 1; i < PAGES; i += 2)
		OK(mprotect(p + i * 4096, 4096, PROT_NONE));
	for (long i = 0; i < PAGES; i += 89)
		CHECK(kernel_reads(p + i * 4096) == !(i & 1), "page %ld", i);
	OK(mprotect(p, PAGES * 4096l, PROT_READ | PROT_WRITE));
	for (long i = 0; i < PAGES; i++) {
		CHECK(p[i * 4096] == (char)i);
		p[i * 4096] = 1;
	}
	printf("%ld\n", sum);
	return 0;
}
