#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "check.h"

// madvise: what each advice does, and what it refuses.
#define PAGE 4096ul
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static const char *program;

static void each(void)
{
	static const int advices[] = {MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED, MADV_FREE, MADV_REMOVE,
		MADV_DONTFORK, MADV_DOFORK, MADV_DONTDUMP, MADV_DODUMP, MADV_WIPEONFORK, MADV_KEEPONFORK, MADV_COLD, MADV_PAGEOUT,
		MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_MERGEABLE, MADV_UNMERGEABLE, 5, 26, 99, -1};
	int fd = open(program, O_RDONLY);
	for (unsigned i = 0; i < sizeof(advices) / sizeof(*advices); i++) {
		char *private = mmap(NULL, 4 * PAGE, RW, ANON, -1, 0);
		char *shared = mmap(NULL, 4 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		char *file = mmap(NULL, 4 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
		printf("advice %d\n", advices[i]);
		SHOW(madvise(private, 4 * PAGE, advices[i]));
		SHOW(madvise(shared, 4 * PAGE, advices[i]));
		SHOW(madvise(file, 4 * PAGE, advices[i]));
		SHOW(madvise(private + 1, PAGE, advices[i]));
		SHOW(madvise(private, 0, advices[i]));
		SHOW(madvise(private, ~0ul, advices[i]));
		OK(munmap(private + PAGE, PAGE));
		SHOW(madvise(private, 4 * PAGE, advices[i]));
		munmap(private, 4 * PAGE);
		munmap(shared, 4 * PAGE);
		munmap(file, 4 * PAGE);
	}
	close(fd);
}

static void contents(void)
{
	char *p = mmap(NULL, 8 * PAGE, RW, ANON, -1, 0);
	memset(p, 1, 8 * PAGE);
	OK(madvise(p + 2 * PAGE, 3 * PAGE, MADV_DONTNEED));
	CHECK(p[PAGE] == 1 && p[2 * PAGE] == 0 && p[4 * PAGE] == 0 && p[5 * PAGE] == 1);
	char *s = mmap(NULL, 8 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(s, 1, 8 * PAGE);
	OK(madvise(s + 2 * PAGE, 3 * PAGE, MADV_DONTNEED));
	CHECK(s[2 * PAGE] == 1);
	OK(madvise(s + 2 * PAGE, 3 * PAGE, MADV_REMOVE));
	CHECK(s[PAGE] == 1 && s[2 * PAGE] == 0 && s[4 * PAGE] == 0 && s[5 * PAGE] == 1);
	OK(madvise(p, 8 * PAGE, MADV_FREE));
	p[0] = 5;
	CHECK(p[0] == 5 && p[1] == p[2] && (p[1] == 1 || p[1] == 0));

	OK(mprotect(p, 4 * PAGE, PROT_READ));
	SHOW(madvise(p, 8 * PAGE, MADV_POPULATE_READ));
	SHOW(madvise(p, 8 * PAGE, MADV_POPULATE_WRITE));
	OK(mprotect(p, 4 * PAGE, PROT_NONE));
	SHOW(madvise(p, 8 * PAGE, MADV_POPULATE_READ));
	OK(mprotect(s, PAGE, PROT_READ));
	SHOW(madvise(s, PAGE, MADV_REMOVE));

	unsigned char vec[64];
	char *fresh = mmap(NULL, 64 * PAGE, RW, ANON, -1, 0);
	OK(madvise(fresh + PAGE, 10 * PAGE, MADV_POPULATE_WRITE));
	OK(mincore(fresh, 64 * PAGE, vec));
	int count = 0;
	for (int i = 0; i < 64; i++)
		count += vec[i] & 1;
	SHOW(count);
}

static void in_a_fork(void)
{
	char *p = mmap(NULL, 4 * PAGE, RW, ANON, -1, 0);
	memset(p, 7, 4 * PAGE);
	OK(madvise(p, PAGE, MADV_DONTFORK));
	OK(madvise(p + PAGE, PAGE, MADV_WIPEONFORK));
	OK(madvise(p + 2 * PAGE, PAGE, MADV_WIPEONFORK));
	OK(madvise(p + 2 * PAGE, PAGE, MADV_KEEPONFORK));
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK(!kernel_reads(p));
		CHECK(p[PAGE] == 0 && p[2 * PAGE] == 7 && p[3 * PAGE] == 7);
		_exit(0);
	}
	int status;
	OK(waitpid(pid, &status, 0));
	CHECK(status == 0 && p[0] == 7 && p[PAGE] == 7);
}

static void sealed(void)
{
	char *p = mmap(NULL, 8 * PAGE, RW, ANON, -1, 0);
	SHOW(syscall(462, p + 2 * PAGE, 2 * PAGE, 1));
	SHOW(syscall(462, p + 1, PAGE, 0));
	SHOW(syscall(462, p, 0, 0));
	SHOW(syscall(462, p, ~0ul, 0));
	SHOW(syscall(462, p + 2 * PAGE, 2 * PAGE, 0));
	SHOW(munmap(p, 8 * PAGE));
	SHOW(mprotect(p + 3 * PAGE, PAGE, PROT_READ));
	SHOW((long)mmap(p + 2 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0));
	SHOW((long)mremap(p + 2 * PAGE, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE));
	SHOW((long)mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + 3 * PAGE));
	SHOW((long)mremap(p + 2 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p));
	SHOW(madvise(p + 2 * PAGE, PAGE, MADV_DONTNEED));
	p[2 * PAGE] = 1;
	SHOW(munmap(p, 2 * PAGE));
	SHOW(syscall(462, p, 4 * PAGE, 0));
	SHOW(munmap(p + 4 * PAGE, 4 * PAGE));
}

static void keys(void)
{
	char *p = mmap(NULL, PAGE, RW, ANON, -1, 0);
	SHOW(syscall(SYS_pkey_mprotect, p, PAGE, PROT_READ, -1));
	SHOW(syscall(SYS_pkey_mprotect, p, PAGE, PROT_READ, 15));
	SHOW(syscall(SYS_pkey_alloc, 1, 0));
	SHOW(syscall(SYS_pkey_alloc, 0, 4));
	SHOW(syscall(SYS_pkey_free, 9));
}

int main(int argc, char **argv)
{
	(void)argc;
	program = argv[0];
	each();
	contents();
	in_a_fork();
	sealed();
	keys();
	return 0;
}
