#include <sys/mman.h>
#include <sys/resource.h>
#include "check.h"

static unsigned long set(unsigned long to)
{
	return syscall(SYS_brk, to);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	unsigned long start = set(0);
	CHECK(start != 0);
	CHECK(set(1) == start, "below the start: unchanged");
	CHECK(set(-1ul) == start, "beyond everything: unchanged");
	CHECK(set(start) == start);

	// Odd ends are kept as they are; the page is there to its end.
	unsigned long base = (start + 4095) & ~4095ul;
	CHECK(set(base) == base);
	CHECK(set(base + 10001) == base + 10001);
	char *p = (char *)base;
	for (int i = 0; i < 12288; i++)
		CHECK(p[i] == 0);
	memset(p, 0x77, 12288);
	CHECK(!kernel_reads(p + 12288));

	// Shrink and grow: what was given back is zero again, what was kept is kept.
	CHECK(set(base + 4097) == base + 4097);
	CHECK(kernel_reads(p + 8191) && !kernel_reads(p + 8192));
	CHECK(set(base + 20480) == base + 20480);
	for (int i = 0; i < 20480; i++)
		CHECK(p[i] == (i < 8192 ? 0x77 : 0));

	// Up to 64 MiB in steps, every page touched, and back.
	for (unsigned long size = 0; size < 64ul << 20; size += 1 << 20) {
		CHECK(set(base + size + (1 << 20)) == base + size + (1 << 20));
		for (unsigned long i = 20480; i < 1 << 20; i += 4096)
			p[size + i] = 1;
	}
	CHECK(set(base) == base);
	CHECK(!kernel_reads(p));

	// A mapping in the way stops it.
	CHECK(mmap(p + 16 * 4096, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p + 16 * 4096);
	CHECK(set(base + 15 * 4096) == base + 15 * 4096);
	CHECK(set(base + 32 * 4096) == base + 15 * 4096);
	p[15 * 4096 - 1] = 1;

	// RLIMIT_DATA stops it too.
	OK(munmap(p + 16 * 4096, 4096));
	struct rlimit limit = {32 << 20, 32 << 20};
	OK(setrlimit(RLIMIT_DATA, &limit));
	CHECK(set(base + (16ul << 20)) == base + (16ul << 20));
	CHECK(set(base + (64ul << 20)) == base + (16ul << 20));
	CHECK(set(base) == base);
	printf("ok\n");
	return 0;
}
