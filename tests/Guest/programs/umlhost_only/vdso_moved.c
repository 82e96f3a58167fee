// The vDSO can be moved, with its data page: its functions and the signal trampoline work where it is then. Without it,
// a handler that names no way back has none.
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include "check.h"
#include "vdso_parse.h"

static volatile int handled;

static void handler(int signal)
{
	handled = signal;
}

int main(void)
{
	struct vdso vdso;
	char *image = (char *)getauxval(AT_SYSINFO_EHDR);
	CHECK(vdso_open(&vdso, image));
	size_t size = 2 * 4096;

	char *place = mmap(NULL, size + 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(place != MAP_FAILED);
	CHECK(mremap(image - 4096, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, place) == place);
	CHECK(mremap(image, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, place + 4096) == place + 4096);
	CHECK(!kernel_reads(image), "the old place is still there");
	FAILS(mprotect(place, 4096, PROT_READ | PROT_WRITE), EACCES);

	CHECK(vdso_open(&vdso, place + 4096));
	int (*vdso_clock_gettime)(clockid_t, struct timespec *) = vdso_symbol(&vdso, "__vdso_clock_gettime", "LINUX_2.6");
	struct timespec before, now, after;
	OK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &before));
	CHECK(vdso_clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	OK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &after));
	CHECK(now.tv_sec * 1000000000 + now.tv_nsec >= before.tv_sec * 1000000000 + before.tv_nsec
	      && now.tv_sec * 1000000000 + now.tv_nsec <= after.tv_sec * 1000000000 + after.tv_nsec);

	struct { void (*handler)(int); unsigned long flags; void *restorer; unsigned long mask; } action = {handler, 0, 0, 0};
	OK(syscall(SYS_rt_sigaction, SIGUSR1, &action, NULL, 8));
	OK(syscall(SYS_kill, getpid(), SIGUSR1));
	CHECK(handled == SIGUSR1);
	printf("moved\n");
	fflush(stdout);

	pid_t child = fork();
	if (child == 0) {
		OK(munmap(place, size + 4096));
		syscall(SYS_kill, getpid(), SIGUSR1);
		_exit(0);
	}
	int status;
	CHECK(waitpid(child, &status, 0) == child);
	printf("unmapped: signal %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	return 0;
}
