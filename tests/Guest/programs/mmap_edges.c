#include <sys/mman.h>
#include "check.h"

#define PAGE 4096ul
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)

static char *map(void *at, unsigned long length, int prot, int flags)
{
	char *p = mmap(at, length, prot, flags, -1, 0);
	CHECK(p != MAP_FAILED);
	CHECK(((unsigned long)p & (PAGE - 1)) == 0);
	return p;
}

static void plain(void)
{
	char *p = map(NULL, 5 * PAGE, RW, ANON);
	for (unsigned long i = 0; i < 5 * PAGE; i++)
		CHECK(p[i] == 0);
	memset(p, 0x11, 5 * PAGE);
	OK(munmap(p, 5 * PAGE));
	CHECK(!kernel_reads(p) && !kernel_reads(p + 5 * PAGE - 1));

	// The same place again is zero again.
	CHECK(map(p, 5 * PAGE, RW, ANON | MAP_FIXED) == p);
	for (unsigned long i = 0; i < 5 * PAGE; i++)
		CHECK(p[i] == 0);

	// A free hint is taken; rounded down; a busy one is not, and harms nothing.
	OK(munmap(p, 5 * PAGE));
	CHECK(map(p, 5 * PAGE, RW, ANON) == p);
	p[0] = 1;
	char *q = map(p, PAGE, RW, ANON);
	CHECK(q != p && p[0] == 1);
	OK(munmap(q, PAGE));
	OK(munmap(p, 5 * PAGE));
	CHECK(map(p + 100, PAGE, RW, ANON) == p);
	OK(munmap(p, PAGE));

	// A length that is no multiple of a page is rounded up.
	p = map(NULL, 1, RW, ANON);
	p[PAGE - 1] = 1;
	OK(munmap(p, 1));
	CHECK(!kernel_reads(p));

	// Two mappings in a row do not overlap.
	p = map(NULL, 3 * PAGE, RW, ANON);
	q = map(NULL, 3 * PAGE, RW, ANON);
	CHECK(p + 3 * PAGE <= q || q + 3 * PAGE <= p);
	OK(munmap(p, 3 * PAGE));
	OK(munmap(q, 3 * PAGE));
}

static void fixed_over(void)
{
	char *p = map(NULL, 8 * PAGE, RW, ANON);
	memset(p, 0x22, 8 * PAGE);
	CHECK(map(p + 4 * PAGE, 4 * PAGE, RW, ANON | MAP_FIXED) == p + 4 * PAGE);
	for (unsigned long i = 0; i < 8 * PAGE; i++)
		CHECK(p[i] == (i < 4 * PAGE ? 0x22 : 0));
	memset(p + 4 * PAGE, 0x33, 4 * PAGE);
	CHECK(map(p + 2 * PAGE, 4 * PAGE, PROT_READ, ANON | MAP_FIXED) == p + 2 * PAGE);
	for (unsigned long i = 0; i < 8 * PAGE; i++)
		CHECK(p[i] == (i < 2 * PAGE ? 0x22 : i < 6 * PAGE ? 0 : 0x33));
	CHECK(!kernel_writes(p + 2 * PAGE) && kernel_writes(p + 6 * PAGE));

	errno = 0;
	CHECK(mmap(p + 7 * PAGE, 2 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED && errno == EEXIST);
	OK(munmap(p + 6 * PAGE, PAGE));
	CHECK(mmap(p + 6 * PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == p + 6 * PAGE);
	CHECK(p[6 * PAGE] == 0 && p[7 * PAGE] == 0x33);
	OK(munmap(p, 8 * PAGE));
}

static void unmap_middle(void)
{
	char *p = map(NULL, 9 * PAGE, RW, ANON);
	for (int i = 0; i < 9; i++)
		p[i * PAGE] = i + 1;
	OK(munmap(p + 3 * PAGE, 3 * PAGE));
	for (int i = 0; i < 9; i++) {
		CHECK(kernel_reads(p + i * PAGE + PAGE - 1) == (i < 3 || i > 5));
		if (i < 3 || i > 5)
			CHECK(p[i * PAGE] == i + 1);
	}
	// Over the hole and both neighbours; nothing mapped there at all is no error.
	OK(munmap(p + 2 * PAGE, 5 * PAGE));
	OK(munmap(p + 2 * PAGE, 5 * PAGE));
	CHECK(p[0] == 1 && p[8 * PAGE] == 9 && kernel_reads(p + PAGE) && !kernel_reads(p + 6 * PAGE));
	OK(munmap(p, 9 * PAGE));
}

static void errors(void)
{
	char *p = map(NULL, 4 * PAGE, RW, ANON);
	SHOW(mmap(NULL, 0, RW, ANON, -1, 0));
	SHOW(mmap(p + 1, PAGE, RW, ANON | MAP_FIXED, -1, 0));
	SHOW(mmap(p + 1, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
	SHOW(mmap(NULL, 1ul << 47, RW, ANON, -1, 0));
	SHOW(mmap(NULL, -1ul, RW, ANON, -1, 0));
	SHOW(mmap(NULL, -PAGE, RW, ANON, -1, 0));
	SHOW(mmap((void *)(1ul << 47), PAGE, RW, ANON | MAP_FIXED, -1, 0));
	SHOW(mmap((void *)((1ul << 47) - PAGE), PAGE, RW, ANON | MAP_FIXED, -1, 0));
	SHOW(mmap((void *)-PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0));
	SHOW(mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0));
	SHOW(mmap(NULL, PAGE, RW, MAP_ANONYMOUS | 0x0c, -1, 0));
	SHOW(mmap(NULL, PAGE, RW, MAP_PRIVATE, -1, 0));
	SHOW(mmap(NULL, PAGE, RW, MAP_PRIVATE, 99, 0));
	SHOW(syscall(SYS_mmap, NULL, PAGE, RW, ANON, -1, 1));
	SHOW(syscall(SYS_mmap, NULL, 0, RW, MAP_PRIVATE, 99, 1));
	SHOW(munmap(p, 0));
	SHOW(munmap(p + 1, PAGE));
	SHOW(munmap((void *)(1ul << 47), PAGE));
	SHOW(munmap(p, 1ul << 47));
	SHOW(munmap((void *)-PAGE, 2 * PAGE));
	SHOW(mprotect(p, 0, PROT_READ));
	SHOW(mprotect(p + 1, PAGE, PROT_READ));
	SHOW(mprotect(p, PAGE, 0x100));
	SHOW(mprotect(p, PAGE, PROT_READ | PROT_GROWSDOWN | PROT_GROWSUP));
	SHOW(mprotect(p, PAGE, PROT_READ | PROT_GROWSDOWN));
	SHOW(mprotect(p, -1ul, PROT_READ));
	SHOW(mprotect((void *)(1ul << 47), PAGE, PROT_READ));
	SHOW(madvise(p + 1, PAGE, MADV_DONTNEED));
	SHOW(madvise(p, PAGE, 12345));
	SHOW(madvise(p, 0, MADV_DONTNEED));
	SHOW(madvise(p, -1ul, MADV_DONTNEED));
	CHECK(kernel_writes(p) && kernel_writes(p + 3 * PAGE), "errors leave the mapping alone");
	OK(munmap(p, 4 * PAGE));
}

static void protect(void)
{
	char *p = map(NULL, 8 * PAGE, RW, ANON);
	memset(p, 0x44, 8 * PAGE);
	OK(mprotect(p + 2 * PAGE, 2 * PAGE, PROT_READ));
	OK(mprotect(p + 3 * PAGE, 2 * PAGE, PROT_NONE));
	static const int writable[] = {1, 1, 0, 0, 0, 1, 1, 1}, readable[] = {1, 1, 1, 0, 0, 1, 1, 1};
	for (int i = 0; i < 8; i++) {
		CHECK(kernel_reads(p + i * PAGE) == readable[i], "page %d", i);
		CHECK(kernel_writes(p + i * PAGE) == writable[i], "page %d", i);
	}
	OK(mprotect(p, 8 * PAGE, RW));
	for (unsigned long i = 0; i < 8 * PAGE; i++)
		CHECK((i & (PAGE - 1)) == 0 || p[i] == 0x44, "content survives PROT_NONE");

	// Over a hole: what comes before it has changed, what comes after has not.
	OK(munmap(p + 4 * PAGE, PAGE));
	FAILS(mprotect(p + 2 * PAGE, 5 * PAGE, PROT_READ), ENOMEM);
	for (int i = 0; i < 8; i++)
		CHECK(kernel_writes(p + i * PAGE) == (i != 2 && i != 3 && i != 4), "page %d", i);
	FAILS(mprotect(p + 4 * PAGE, 2 * PAGE, PROT_READ), ENOMEM);
	CHECK(kernel_writes(p + 5 * PAGE));

	// Code: written, made executable, called.
	OK(mprotect(p, PAGE, RW));
	memcpy(p, "\xb8\x2a\0\0\0\xc3", 6);
	OK(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	CHECK(((int (*)(void))(void *)p)() == 42);
	CHECK(!kernel_writes(p));
	OK(mprotect(p, PAGE, RW));
	p[1] = 43;
	OK(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	CHECK(((int (*)(void))(void *)p)() == 43);
	OK(munmap(p, 8 * PAGE));
}

static void advise(void)
{
	char *p = map(NULL, 6 * PAGE, RW, ANON);
	memset(p, 0x55, 6 * PAGE);
	OK(madvise(p + PAGE, 2 * PAGE, MADV_DONTNEED));
	for (unsigned long i = 0; i < 6 * PAGE; i++)
		CHECK(p[i] == (i >= PAGE && i < 3 * PAGE ? 0 : 0x55));
	memset(p, 0x66, 6 * PAGE);
	OK(mprotect(p, PAGE, PROT_NONE));
	OK(madvise(p, PAGE, MADV_DONTNEED));
	OK(mprotect(p, PAGE, RW));
	CHECK(p[0] == 0);

	// A hole is reported, after everything else has been done.
	OK(munmap(p + 2 * PAGE, PAGE));
	FAILS(madvise(p, 6 * PAGE, MADV_DONTNEED), ENOMEM);
	CHECK(p[PAGE] == 0 && p[3 * PAGE] == 0 && p[5 * PAGE] == 0);
	SHOW(madvise(p, PAGE, MADV_NORMAL));
	SHOW(madvise(p, PAGE, MADV_RANDOM));
	SHOW(madvise(p, PAGE, MADV_SEQUENTIAL));
	SHOW(madvise(p, PAGE, MADV_WILLNEED));
	OK(munmap(p, 6 * PAGE));
}

static void populate(void)
{
	char *p = map(NULL, 64 * PAGE, RW, ANON | MAP_POPULATE);
	for (unsigned long i = 0; i < 64 * PAGE; i += 512)
		CHECK(p[i] == 0);
	memset(p, 1, 64 * PAGE);
	OK(munmap(p, 64 * PAGE));
	p = map(NULL, 4 * PAGE, PROT_NONE, ANON | MAP_POPULATE);
	CHECK(!kernel_reads(p));
	OK(munmap(p, 4 * PAGE));
}

int main(void)
{
	plain();
	fixed_over();
	unmap_middle();
	errors();
	protect();
	advise();
	populate();
	printf("ok\n");
	return 0;
}
