#include <fcntl.h>
#include <signal.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include "check.h"

// mmap's rarer flags, limits on address space and data, and stacks made with MAP_GROWSDOWN.
#define PAGE 4096ul
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#ifndef MAP_SHARED_VALIDATE
#define MAP_SHARED_VALIDATE 3
#endif

static const char *program;

static long map(void *p, unsigned long length, int prot, int flags, int fd)
{
	char *q = mmap(p, length, prot, flags, fd, 0);
	if (q == MAP_FAILED)
		return -1;
	OK(munmap(q, length));
	return 0;
}

static void flags(void)
{
	int fd = open(program, O_RDONLY);
	char *p = mmap(NULL, 8 * PAGE, RW, ANON, -1, 0);
	SHOW((long)mmap(p, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
	OK(munmap(p + 2 * PAGE, PAGE));
	SHOW((char *)mmap(p + 2 * PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) - p);
	SHOW(map(p + 100, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1));
	SHOW(map(NULL, PAGE, RW, MAP_ANONYMOUS | MAP_SHARED_VALIDATE, -1));
	SHOW(map(NULL, PAGE, PROT_READ, MAP_SHARED_VALIDATE, fd));
	SHOW(map(NULL, PAGE, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC, fd));
	SHOW(map(NULL, PAGE, PROT_READ, MAP_SHARED_VALIDATE | (1 << 24), fd));
	SHOW(map(NULL, PAGE, RW, MAP_SHARED, fd));
	SHOW(map(NULL, PAGE, RW, MAP_PRIVATE, fd));
	SHOW(map(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, fd));
	SHOW(map(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, fd));
	SHOW(map(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_HUGETLB, fd));
	SHOW(map(NULL, 2 << 20, RW, ANON | MAP_HUGETLB, -1));
	SHOW(map(NULL, 2 << 20, RW, ANON | MAP_HUGETLB | (22 << MAP_HUGE_SHIFT), -1));
	SHOW(map(NULL, 0, RW, ANON | MAP_HUGETLB, -1));
	SHOW(map(NULL, PAGE, RW, 0, fd));
	SHOW(map(NULL, 0, RW, MAP_PRIVATE, fd));
	SHOW(map(NULL, PAGE, RW, MAP_PRIVATE, 99));
	SHOW(map(NULL, 1ul << 40, RW, ANON, -1));
	SHOW(map(NULL, 1ul << 40, RW, ANON | MAP_NORESERVE, -1));
	SHOW(map(NULL, 1ul << 40, PROT_READ, ANON, -1));
	char *low = mmap((void *)(1ul << 40), PAGE, RW, ANON | MAP_32BIT, -1, 0);
	CHECK((unsigned long)low < 1ul << 31);
	OK(munmap(low, PAGE));
	low = mmap((void *)PAGE, PAGE, RW, ANON, -1, 0);
	CHECK(low != MAP_FAILED && (unsigned long)low >= 0x10000);
	OK(munmap(low, PAGE));
	OK(munmap(p, 8 * PAGE));
	close(fd);
}

static void limits(void)
{
	struct rlimit old, limit;
	OK(getrlimit(RLIMIT_AS, &old));
	limit = old;
	limit.rlim_cur = 200ul << 20;
	OK(setrlimit(RLIMIT_AS, &limit));
	SHOW(map(NULL, 300ul << 20, PROT_NONE, ANON | MAP_NORESERVE, -1));
	char *p = mmap(NULL, 100ul << 20, RW, ANON, -1, 0);
	CHECK(p != MAP_FAILED);
	SHOW(map(NULL, 150ul << 20, PROT_READ, ANON, -1));
	SHOW((char *)mmap(p, 100ul << 20, RW, ANON | MAP_FIXED, -1, 0) - p);
	SHOW((long)mremap(p, 100ul << 20, 300ul << 20, MREMAP_MAYMOVE));
	OK(munmap(p, 100ul << 20));
	OK(setrlimit(RLIMIT_AS, &old));

	OK(getrlimit(RLIMIT_DATA, &old));
	limit = old;
	limit.rlim_cur = 64ul << 20;
	OK(setrlimit(RLIMIT_DATA, &limit));
	SHOW(map(NULL, 80ul << 20, RW, ANON, -1));
	SHOW(map(NULL, 80ul << 20, RW, MAP_SHARED | MAP_ANONYMOUS, -1));
	SHOW(map(NULL, 80ul << 20, PROT_READ, ANON, -1));
	p = mmap(NULL, 80ul << 20, PROT_READ, ANON, -1, 0);
	SHOW(mprotect(p, 80ul << 20, RW));
	SHOW(mprotect(p, 8ul << 20, RW));
	SHOW(sbrk(100 << 20) == (void *)-1);
	OK(munmap(p, 80ul << 20));
	OK(setrlimit(RLIMIT_DATA, &old));
}

static sigjmp_buf back;

static void on_signal(int signal)
{
	siglongjmp(back, signal);
}

static int touch(volatile char *p)
{
	int signal = sigsetjmp(back, 1);
	if (signal == 0)
		*p = 1;
	return signal;
}

static void grows_down(void)
{
	signal(SIGSEGV, on_signal);
	signal(SIGBUS, on_signal);
	char *area = mmap(NULL, 1024 * PAGE, PROT_NONE, ANON, -1, 0);
	OK(munmap(area, 1024 * PAGE));
	char *top = mmap(area + 1000 * PAGE, 4 * PAGE, RW, ANON | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
	CHECK(top == area + 1000 * PAGE);
	SHOW(touch(top));
	SHOW(touch(top - 1));
	SHOW(touch(top - 100 * PAGE));
	SHOW(touch(top - 50 * PAGE));
	// The guard: no nearer than 256 pages to something that can be touched, but up to what cannot.
	char *below = mmap(area + 500 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0);
	CHECK(below == area + 500 * PAGE);
	SHOW(touch(area + 760 * PAGE));
	SHOW(touch(area + 756 * PAGE));
	OK(mprotect(below, PAGE, PROT_NONE));
	SHOW(touch(area + 600 * PAGE));
	// A new mapping stays out of the guard as well, unless it is told to go there.
	char *hint = area + 450 * PAGE;
	OK(munmap(below, PAGE));
	CHECK(mmap(hint, PAGE, RW, ANON, -1, 0) != hint);
	CHECK(mmap(hint, PAGE, RW, ANON | MAP_FIXED, -1, 0) == hint);

	struct rlimit limit;
	OK(getrlimit(RLIMIT_STACK, &limit));
	limit.rlim_cur = 256 * PAGE;
	OK(setrlimit(RLIMIT_STACK, &limit));
	OK(munmap(area, 1024 * PAGE));
	top = mmap(area + 1000 * PAGE, 4 * PAGE, RW, ANON | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
	SHOW(touch(area + 748 * PAGE));
	SHOW(touch(area + 747 * PAGE));
	// PROT_GROWSDOWN changes the whole of it.
	SHOW(mprotect(area + 900 * PAGE, PAGE, PROT_READ | PROT_GROWSDOWN));
	SHOW(touch(area + 800 * PAGE));
	SHOW(mprotect(area + 900 * PAGE, PAGE, PROT_READ | PROT_GROWSUP));
	SHOW(mprotect(area + 900 * PAGE, PAGE, PROT_READ | PROT_GROWSUP | PROT_GROWSDOWN));
	char *plain = mmap(NULL, PAGE, RW, ANON, -1, 0);
	SHOW(mprotect(plain, PAGE, PROT_READ | PROT_GROWSDOWN));
	SHOW(mprotect(plain + 1, PAGE, PROT_READ));
	SHOW(mprotect(plain, PAGE, 0x100));
}

int main(int argc, char **argv)
{
	(void)argc;
	program = argv[0];
	flags();
	limits();
	grows_down();
	return 0;
}
