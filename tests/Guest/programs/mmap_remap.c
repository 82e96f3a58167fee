#include <sys/mman.h>
#include "check.h"

// mremap: growing, shrinking, moving, with every flag, and what it refuses.
#define PAGE 4096ul
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static char *area; // 64 pages of which nothing is mapped

static char *at(unsigned long page)
{
	return area + page * PAGE;
}

static char *map(unsigned long page, unsigned long pages, int prot, int flags)
{
	char *p = mmap(at(page), pages * PAGE, prot, flags | MAP_FIXED, -1, 0);
	CHECK(p == at(page));
	return p;
}

static void clear(void)
{
	OK(munmap(area, 64 * PAGE));
}

static void fill(unsigned long page, unsigned long pages)
{
	for (unsigned long i = 0; i < pages; i++)
		*(volatile unsigned long *)at(page + i) = 1000 + i;
}

static void expect(char *p, unsigned long pages)
{
	for (unsigned long i = 0; i < pages; i++)
		CHECK(*(volatile unsigned long *)(p + i * PAGE) == 1000 + i, "page %lu has %lu", i, *(volatile unsigned long *)(p + i * PAGE));
}

static long remap(unsigned long page, unsigned long old, unsigned long new, int flags, unsigned long to)
{
	long r = syscall(SYS_mremap, at(page), old * PAGE, new * PAGE, flags, at(to));
	return r == -1 ? -1 : (r - (long)area) / (long)PAGE;
}

static void show_map(void)
{
	for (unsigned long i = 0; i < 64; i++)
		putchar(kernel_writes(at(i) + 2048) ? 'w' : kernel_reads(at(i)) ? 'r' : '.');
	putchar('\n');
}

static void in_place(void)
{
	map(0, 8, RW, ANON);
	fill(0, 8);
	SHOW(remap(0, 8, 8, 0, 0));
	SHOW(remap(0, 8, 16, 0, 0));
	expect(at(0), 8);
	CHECK(*at(12) == 0);
	SHOW(remap(0, 16, 4, 0, 0));
	expect(at(0), 4);
	show_map();
	SHOW(remap(0, 4, 6, 0, 0));
	CHECK(*at(5) == 0);
	// Shrinking runs over what comes after.
	map(8, 4, PROT_READ, ANON);
	SHOW(remap(0, 12, 2, 0, 0));
	show_map();
	map(3, 1, RW, ANON);
	SHOW(remap(0, 2, 4, 0, 0));
	SHOW(remap(0, 1, 3, 0, 0));
	clear();
}

static void moving(void)
{
	map(0, 8, RW, ANON);
	fill(0, 8);
	map(8, 1, RW, ANON);
	SHOW(remap(0, 8, 12, MREMAP_MAYMOVE | MREMAP_FIXED, 20));
	expect(at(20), 8);
	CHECK(*at(31) == 0);
	show_map();
	// To a place that is in use.
	map(40, 8, PROT_READ, ANON);
	SHOW(remap(20, 8, 4, MREMAP_MAYMOVE | MREMAP_FIXED, 42));
	expect(at(42), 4);
	show_map();
	// Where it likes.
	char *p = mremap(at(42), 4 * PAGE, 600 * PAGE, MREMAP_MAYMOVE);
	CHECK(p != MAP_FAILED);
	expect(p, 4);
	for (unsigned long i = 4; i < 600; i++) {
		CHECK(p[i * PAGE] == 0);
		*(volatile unsigned long *)(p + i * PAGE) = 1000 + i;
	}
	char *q = mremap(p, 600 * PAGE, 5000 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED);
	expect(q, 600);
	CHECK(q[4999 * PAGE] == 0);
	if (p != q)
		CHECK(!kernel_reads(p + 300 * PAGE) || (p >= q && p < q + 5000 * PAGE));
	OK(munmap(q, 5000 * PAGE));
	// Protection goes with it.
	map(0, 4, RW, ANON);
	fill(0, 4);
	OK(mprotect(at(0), 4 * PAGE, PROT_READ));
	SHOW(remap(0, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, 10));
	expect(at(10), 4);
	show_map();
	// A part from the middle, and back again.
	map(20, 9, RW, ANON);
	fill(20, 9);
	SHOW(remap(23, 3, 3, MREMAP_MAYMOVE | MREMAP_FIXED, 50));
	CHECK(*(volatile unsigned long *)at(50) == 1003 && *(volatile unsigned long *)at(52) == 1005);
	show_map();
	SHOW(remap(50, 3, 3, MREMAP_MAYMOVE | MREMAP_FIXED, 23));
	expect(at(20), 9);
	show_map();
	clear();
}

static void several(void)
{
	map(0, 2, RW, ANON);
	fill(0, 2);
	map(2, 2, PROT_READ, ANON);
	map(6, 2, RW, ANON);
	*(volatile unsigned long *)at(6) = 6;
	SHOW(remap(0, 8, 8, MREMAP_MAYMOVE | MREMAP_FIXED, 30));
	show_map();
	SHOW(remap(30, 4, 6, MREMAP_MAYMOVE | MREMAP_FIXED, 10));
	SHOW(remap(30, 4, 6, MREMAP_MAYMOVE, 0));
	SHOW(remap(29, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, 10));
	show_map();
	clear();
}

static void dont_unmap(void)
{
	map(0, 6, RW, ANON);
	fill(0, 6);
	SHOW(remap(0, 6, 6, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, 20));
	expect(at(20), 6);
	CHECK(*at(0) == 0 && *at(5 * PAGE / PAGE) == 0);
	show_map();
	char *p = mremap(at(20), 6 * PAGE, 6 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	CHECK(p != MAP_FAILED);
	expect(p, 6);
	CHECK(*at(20) == 0);
	OK(munmap(p, 6 * PAGE));
	SHOW(remap(0, 6, 5, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, 30));
	SHOW(remap(0, 6, 6, MREMAP_FIXED | MREMAP_DONTUNMAP, 30));
	SHOW(remap(0, 6, 6, MREMAP_DONTUNMAP, 30));
	clear();
}

static void shared(void)
{
	map(0, 4, RW, MAP_SHARED | MAP_ANONYMOUS);
	fill(0, 4);
	// A second mapping of the same pages.
	SHOW(remap(0, 0, 4, MREMAP_MAYMOVE | MREMAP_FIXED, 10));
	expect(at(10), 4);
	*(volatile unsigned long *)at(11) = 77;
	CHECK(*(volatile unsigned long *)at(1) == 77);
	SHOW(remap(1, 0, 2, MREMAP_MAYMOVE | MREMAP_FIXED, 20));
	CHECK(*(volatile unsigned long *)at(20) == 77);
	SHOW(remap(10, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, 40));
	CHECK(*(volatile unsigned long *)at(41) == 77);
	show_map();
	clear();
	map(0, 4, RW, ANON);
	SHOW(remap(0, 0, 4, MREMAP_MAYMOVE | MREMAP_FIXED, 10));
	SHOW(remap(0, 0, 4, 0, 0));
	clear();
}

static void errors(void)
{
	map(0, 8, RW, ANON);
	SHOW(remap(0, 8, 8, 8, 0));
	SHOW(remap(0, 8, 0, MREMAP_MAYMOVE, 0));
	SHOW(remap(60, 1, 2, MREMAP_MAYMOVE, 0));
	SHOW(remap(0, 8, 16, MREMAP_FIXED, 20));
	SHOW(remap(0, 8, 8, MREMAP_MAYMOVE | MREMAP_FIXED, 4));
	SHOW(remap(0, 8, 8, MREMAP_MAYMOVE | MREMAP_FIXED, 0));
	SHOW(remap(4, 4, 8, MREMAP_MAYMOVE | MREMAP_FIXED, 2));
	SHOW(remap(4, 8, 12, MREMAP_MAYMOVE, 0));
	SHOW(syscall(SYS_mremap, at(0) + 1, PAGE, PAGE, 0, 0));
	SHOW(syscall(SYS_mremap, at(0), PAGE, 1ul << 62, MREMAP_MAYMOVE, 0));
	SHOW(syscall(SYS_mremap, at(0), 8 * PAGE, 1ul << 46, MREMAP_MAYMOVE, 0));
	SHOW(syscall(SYS_mremap, at(0), 8 * PAGE, ~0ul, MREMAP_MAYMOVE, 0));
	SHOW(syscall(SYS_mremap, at(0), PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(20) + 1));
	SHOW(syscall(SYS_mremap, at(0), PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, 0x7ffffffff000));
	SHOW(syscall(SYS_mremap, at(0), 8 * PAGE - 1, 8 * PAGE - 7, 0, 0) == (long)area);
	show_map();
	clear();
}

int main(void)
{
	area = mmap(NULL, 64 * PAGE, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
	CHECK(area != MAP_FAILED);
	clear();
	in_place();
	moving();
	several();
	dont_unmap();
	shared();
	errors();
	puts("ok");
	return 0;
}
