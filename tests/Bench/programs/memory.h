/* Private anonymous memory that takes one host fault per 4 KiB page, natively too. */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <sys/mman.h>

#include "bench.h"

static inline char *map_pages(unsigned long pages)
{
	char *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap");
	/* Only advice: a kernel without huge pages refuses it, and needs it not. */
	madvise(memory, pages * PAGE, MADV_NOHUGEPAGE);
	return memory;
}

static inline void touch(char *memory, unsigned long page)
{
	*(volatile char *)(memory + page * PAGE) = 1;
}

#endif
