#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "check.h"

// remap_file_pages without a protection of its own: a window in another order than the file's.
#define PAGE 4096ul
#define PAGES 16
#define RW (PROT_READ | PROT_WRITE)

static sigjmp_buf back;
static long content[PAGES];	// the first word of each page of what is mapped

static void on_signal(int signal)
{
	siglongjmp(back, signal);
}

static int reads(volatile char *p)
{
	int signal = sigsetjmp(back, 1);
	if (signal == 0)
		(void)*p;
	return signal;
}

static int writes(volatile char *p)
{
	int signal = sigsetjmp(back, 1);
	if (signal == 0)
		*p = *p;
	return signal;
}

static volatile long *word(char *window, int page)
{
	return (volatile long *)(window + page * PAGE);
}

static void expect_reversed(char *window)
{
	for (int i = 0; i < PAGES; i++)
		CHECK(*word(window, i) == content[PAGES - 2 - (i & ~1) + (i & 1)], "page %d has %ld", i, *word(window, i));
}

static void reverse(char *window)
{
	for (int i = 0; i < PAGES; i += 2)
		OK(remap_file_pages(window + i * PAGE, 2 * PAGE, 0, PAGES - 2 - i, 0));
}

static void window(char *p)
{
	for (int round = 0; round < 2; round++) {
		reverse(p);
		expect_reversed(p);
	}
	*word(p, 0) = 1;
	CHECK(*word(p, 0) == 1);
	OK(remap_file_pages(p, PAGES * PAGE, 0, 0, 0));
	CHECK(*word(p, PAGES - 2) == 1);
	*word(p, PAGES - 2) = content[PAGES - 2];
	reverse(p);
	expect_reversed(p);
	OK(madvise(p, PAGES * PAGE, MADV_DONTNEED));
	expect_reversed(p);

	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		expect_reversed(p);
		OK(remap_file_pages(p, 2 * PAGE, 0, 0, MAP_NONBLOCK));
		CHECK(*word(p, 0) == content[0] && *word(p, 1) == content[1]);
		_exit(0);
	}
	int status;
	OK(waitpid(pid, &status, 0));
	CHECK(status == 0);
	expect_reversed(p);

	OK(mprotect(p + 4 * PAGE, 4 * PAGE, PROT_NONE));
	CHECK(reads(p + 5 * PAGE) == SIGSEGV && reads(p + 8 * PAGE) == 0);
	OK(mprotect(p + 4 * PAGE, 4 * PAGE, PROT_READ));
	expect_reversed(p);
	CHECK(writes(p + 5 * PAGE) == SIGSEGV);
	OK(mprotect(p + 4 * PAGE, 4 * PAGE, RW));
	CHECK(writes(p + 5 * PAGE) == 0);
	expect_reversed(p);
}

static void errors(char *p)
{
	char *private = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	SHOW(remap_file_pages(private, PAGE, 0, 0, 0));
	SHOW(remap_file_pages(p, 0, 0, 0, 0));
	SHOW(remap_file_pages(p, -PAGE, 0, 0, 0));
	SHOW(remap_file_pages(p, PAGE, 0, -1, 0));
	SHOW(remap_file_pages(p, 17 * PAGE, 0, 0, 0));
	SHOW(remap_file_pages(p - PAGE, PAGE, 0, 0, 0));
	SHOW(remap_file_pages(p + 100, PAGE + 100, 0, 0, 0));
	SHOW(remap_file_pages(p, PAGE, 8, 0, 0));
	OK(munmap(private, 4 * PAGE));
}

int main(int argc, char **argv)
{
	(void)argc;
	signal(SIGSEGV, on_signal);
	signal(SIGBUS, on_signal);
	// A free page on both sides.
	char *p = mmap(NULL, (PAGES + 100) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	OK(munmap(p, (PAGES + 100) * PAGE));
	p = mmap(p + PAGE, PAGES * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	for (int i = 0; i < PAGES; i++)
		*word(p, i) = content[i] = 100 + i;
	window(p);
	errors(p);
	// Moved, and cut.
	reverse(p);
	char *q = mremap(p, PAGES * PAGE, PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + 64 * PAGE);
	CHECK(q == p + 64 * PAGE);
	OK(munmap(q + 2 * PAGE, PAGE));
	CHECK(*word(q, 1) == 100 + PAGES - 1 && *word(q, 3) == 100 + PAGES - 3);
	OK(munmap(q, PAGES * PAGE));

	// A file that cannot be written does not count as shared.
	int fd = open(argv[0], O_RDONLY);
	p = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	SHOW(remap_file_pages(p, PAGE, 0, 1, 0));
	puts("ok");
	return 0;
}
