#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "check.h"

// remap_file_pages with a protection: one mapping whose pages are protected one by one. Linux has never had it.
#define PAGE 4096ul
#define RW (PROT_READ | PROT_WRITE)

static sigjmp_buf back;

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

static void show(const char *when, char *p)
{
	printf("%-20s", when);
	for (int i = 0; i < 16; i++)
		putchar(writes(p + i * PAGE) == 0 ? 'w' : reads(p + i * PAGE) == 0 ? 'r' : '-');
	putchar('\n');
	// The kernel must see the same.
	for (int i = 0; i < 16; i++) {
		CHECK(kernel_writes(p + i * PAGE + 100) == (writes(p + i * PAGE) == 0));
		CHECK(kernel_reads(p + i * PAGE) == (reads(p + i * PAGE) == 0));
	}
}

int main(void)
{
	signal(SIGSEGV, on_signal);
	signal(SIGBUS, on_signal);
	char *p = mmap(NULL, 16 * PAGE, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	show("nothing", p);
	OK(remap_file_pages(p, 4 * PAGE, PROT_READ, 12, 0));
	OK(remap_file_pages(p + 4 * PAGE, 4 * PAGE, RW, 8, 0));
	OK(remap_file_pages(p + 8 * PAGE, 2 * PAGE, PROT_WRITE, 8, MAP_NONBLOCK));
	OK(remap_file_pages(p + 10 * PAGE, PAGE, PROT_READ | PROT_EXEC, 8, MAP_NONBLOCK));
	show("remapped", p);
	volatile char *bytes = p;
	bytes[4 * PAGE + 1] = 7;
	CHECK(bytes[8 * PAGE + 1] == 7 && bytes[10 * PAGE + 1] == 7);
	OK(madvise(p, 16 * PAGE, MADV_DONTNEED));
	show("dropped", p);
	CHECK(bytes[8 * PAGE + 1] == 7);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		show("forked", p);
		OK(remap_file_pages(p, PAGE, RW, 0, 0));
		show("forked and changed", p);
		fflush(stdout);
		_exit(0);
	}
	int status;
	OK(waitpid(pid, &status, 0));
	CHECK(status == 0);
	show("the parent", p);
	OK(mprotect(p + 2 * PAGE, 4 * PAGE, PROT_READ));
	show("mprotect", p);
	OK(mprotect(p, 16 * PAGE, RW));
	show("mprotect all", p);
	OK(remap_file_pages(p + PAGE, PAGE, PROT_READ, 1, 0));
	show("linear", p);
	OK(remap_file_pages(p + PAGE, PAGE, 0, 1, 0));
	show("as the area", p);
	SHOW(remap_file_pages(p, PAGE, 16, 0, 0));
	return 0;
}
