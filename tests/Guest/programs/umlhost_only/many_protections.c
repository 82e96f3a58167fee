// timeout: 120
#include <sys/mman.h>
#include "check.h"

// Protections that alternate over 200,000 pages: many times the mappings that the host lets a process have.
#define PAGE 4096ul
#define PAGES 200000ul

int main(void)
{
	char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED);
	for (unsigned long i = 0; i < PAGES; i++)
		*(unsigned long *)(p + i * PAGE) = i;
	for (unsigned long i = 0; i < PAGES; i += 2)
		OK(mprotect(p + i * PAGE, PAGE, PROT_READ));
	for (int round = 0; round < 2; round++)
		for (unsigned long i = 0; i < PAGES; i++) {
			CHECK(*(unsigned long *)(p + i * PAGE) == i);
			if (i % 1000 == 0)
				CHECK(!kernel_writes(p + i * PAGE + 100));
			if (i % 2 == 1)
				*(unsigned long *)(p + i * PAGE + 200) = i;
		}
	// All at once.
	OK(mprotect(p, PAGES * PAGE, PROT_READ | PROT_WRITE));
	for (unsigned long i = 0; i < PAGES; i++)
		*(unsigned long *)(p + i * PAGE + 8) = 1;
	OK(munmap(p, PAGES * PAGE));
	puts("ok");
	return 0;
}
