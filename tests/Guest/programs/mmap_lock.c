#include <sys/mman.h>
#include <sys/resource.h>
#include "check.h"

// mlock and its family, with and without privilege, msync and mincore.
#define PAGE 4096ul
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static unsigned char vec[64];

static int resident(char *p, unsigned long pages)
{
	int count = 0;
	OK(mincore(p, pages * PAGE, vec));
	for (unsigned long i = 0; i < pages; i++)
		count += vec[i] & 1;
	return count;
}

static void locking(void)
{
	char *p = mmap(NULL, 16 * PAGE, RW, ANON, -1, 0);
	SHOW(resident(p, 16));
	p[3 * PAGE] = 1;
	SHOW(resident(p, 16));
	SHOW(mlock(p + 100, 4 * PAGE));
	SHOW(resident(p, 16));
	SHOW(mlock2(p + 8 * PAGE, 4 * PAGE, MLOCK_ONFAULT));
	SHOW(resident(p, 16));
	SHOW(mlock2(p, PAGE, 2));
	SHOW(mlock(p, 0));
	SHOW(madvise(p, PAGE, MADV_DONTNEED));
	SHOW(madvise(p, PAGE, MADV_FREE));
	SHOW(madvise(p, PAGE, MADV_COLD));
	SHOW(madvise(p, PAGE, 24 /* DONTNEED_LOCKED */));
	SHOW(msync(p, PAGE, MS_INVALIDATE));
	SHOW(munlock(p, 16 * PAGE));
	SHOW(msync(p, PAGE, MS_INVALIDATE));
	SHOW(madvise(p, PAGE, MADV_DONTNEED));
	OK(munmap(p + 8 * PAGE, PAGE));
	SHOW(mlock(p, 16 * PAGE));
	SHOW(munlock(p, 16 * PAGE));
	SHOW(munlock(p, ~0ul));
	SHOW(mlock(p, ~0ul - 8000));
	OK(mprotect(p, PAGE, PROT_NONE));
	SHOW(mlock(p, 2 * PAGE));
	OK(munmap(p, 16 * PAGE));
	SHOW(mlock(p, PAGE));
	p = mmap(NULL, 8 * PAGE, RW, ANON | MAP_LOCKED, -1, 0);
	SHOW(resident(p, 8));
	OK(munmap(p, 8 * PAGE));
	p = mmap(NULL, 8 * PAGE, RW, ANON | MAP_POPULATE, -1, 0);
	SHOW(resident(p, 8));
	OK(munmap(p, 8 * PAGE));
	SHOW(mlockall(0));
	SHOW(mlockall(MCL_ONFAULT));
	SHOW(mlockall(8));
	SHOW(mlockall(MCL_FUTURE));
	p = mmap(NULL, 8 * PAGE, RW, ANON, -1, 0);
	SHOW(resident(p, 8));
	p = mremap(p, 8 * PAGE, 12 * PAGE, MREMAP_MAYMOVE);
	SHOW(resident(p, 12));
	SHOW(munlockall());
	SHOW(madvise(p, PAGE, MADV_DONTNEED));
	SHOW(resident(p, 12));
	OK(munmap(p, 12 * PAGE));
}

static void limits(void)
{
	struct rlimit limit = {16 * PAGE, 16 * PAGE};
	OK(setrlimit(RLIMIT_MEMLOCK, &limit));
	OK(setresuid(65534, 65534, 65534));
	char *p = mmap(NULL, 32 * PAGE, RW, ANON, -1, 0);
	SHOW(mlock(p, 17 * PAGE));
	SHOW(mlock(p, 16 * PAGE));
	SHOW(mlock(p, 16 * PAGE));
	SHOW(mlock(p + 16 * PAGE, PAGE));
	SHOW(munlock(p, PAGE));
	SHOW(mlock(p + 16 * PAGE, PAGE));
	errno = 0;
	SHOW((long)mmap(NULL, PAGE, RW, ANON | MAP_LOCKED, -1, 0));
	OK(munmap(p, 32 * PAGE));
	SHOW(mlockall(MCL_CURRENT));
	SHOW(mlockall(MCL_FUTURE));
	p = mmap(NULL, 10 * PAGE, RW, ANON, -1, 0);
	CHECK(p != MAP_FAILED);
	SHOW((long)mmap(NULL, 10 * PAGE, RW, ANON, -1, 0));
	char *q = mmap(NULL, 2 * PAGE, RW, ANON, -1, 0);
	CHECK(q != MAP_FAILED);
	SHOW((long)mremap(p, 10 * PAGE, 20 * PAGE, MREMAP_MAYMOVE));
	OK(munmap(p, 10 * PAGE));
	OK(munmap(q, 2 * PAGE));
	munlockall();
	limit.rlim_cur = 0;
	OK(setrlimit(RLIMIT_MEMLOCK, &limit));
	SHOW(mlock(vec, 1));
	SHOW(mlock2(vec, 1, 0));
	SHOW(mlockall(MCL_CURRENT));
	SHOW((long)mmap(NULL, PAGE, RW, ANON | MAP_LOCKED, -1, 0));
}

static void errors(void)
{
	char *p = mmap(NULL, 8 * PAGE, RW, ANON, -1, 0);
	SHOW(mincore(p + 1, PAGE, vec));
	SHOW(mincore(p, PAGE, NULL));
	SHOW(mincore(p, PAGE, (void *)(1ul << 63)));
	SHOW(mincore((void *)(1ul << 63), PAGE, vec));
	SHOW(mincore(p, 0, vec));
	SHOW(mincore(p, 8 * PAGE - 5, vec));
	SHOW(msync(p + 1, PAGE, MS_SYNC));
	SHOW(msync(p, PAGE, MS_SYNC | MS_ASYNC));
	SHOW(msync(p, PAGE, 8));
	SHOW(msync(p, 0, MS_SYNC));
	SHOW(msync(p, 8 * PAGE, MS_SYNC));
	SHOW(msync(p, 8 * PAGE, 0));
	OK(munmap(p + 4 * PAGE, PAGE));
	SHOW(msync(p, 8 * PAGE, MS_ASYNC));
	SHOW(mincore(p, 8 * PAGE, vec));
	OK(munmap(p, 8 * PAGE));
	SHOW(msync(p, PAGE, MS_ASYNC));
	SHOW(mincore(p, PAGE, vec));
}

int main(void)
{
	errors();
	locking();
	limits();
	return 0;
}
