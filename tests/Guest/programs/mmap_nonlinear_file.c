#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "check.h"

// remap_file_pages on a file: as mmap_nonlinear, and truncation.
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

int main(void)
{
	signal(SIGSEGV, on_signal);
	signal(SIGBUS, on_signal);
	int fd = open("nonlinear", O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0);
	for (long i = 0; i < PAGES; i++) {
		content[i] = 100 + i;
		CHECK(pwrite(fd, &content[i], sizeof(long), i * PAGE) == sizeof(long));
	}
	OK(ftruncate(fd, PAGES * PAGE));
	char *p = mmap(NULL, PAGES * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	window(p);
	*word(p, 0) = 4711;
	OK(msync(p, PAGES * PAGE, MS_SYNC));
	long value;
	CHECK(pread(fd, &value, sizeof(value), (PAGES - 2) * PAGE) == sizeof(value) && value == 4711);
	// Pages beyond the end of the file are gone, wherever they are in the window.
	OK(ftruncate(fd, 8 * PAGE));
	for (int i = 0; i < PAGES; i++)
		SHOW(reads(p + i * PAGE));
	OK(remap_file_pages(p, 2 * PAGE, 0, 7, 0));
	SHOW(reads(p));
	SHOW(reads(p + PAGE));
	OK(unlink("nonlinear"));
	puts("ok");
	return 0;
}
