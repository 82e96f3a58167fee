// native-only-if: cpu cpuid_fault
#include <asm/prctl.h>
#include <cpuid.h>
#include <signal.h>
#include <sys/wait.h>
#include "check.h"

static void report(pid_t pid)
{
	int status;
	CHECK(waitpid(pid, &status, 0) == pid);
	printf("status %x\n", status);
}

static void use(void)
{
	unsigned a, b, c, d;
	__cpuid(0, a, b, c, d);
	__asm__ volatile("" : : "r"(a), "r"(b), "r"(c), "r"(d));
}

int main(int argc, char **argv)
{
	use();
	if (argc > 1) {
		SHOW(syscall(SYS_arch_prctl, ARCH_GET_CPUID, 0));
		return 0;
	}
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		SHOW(syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0));
		SHOW(syscall(SYS_arch_prctl, ARCH_GET_CPUID, 0));
		fflush(stdout);
		if (fork() == 0) {
			use();
			_exit(7);
		}
		int status;
		wait(&status);
		printf("inner %x\n", status);
		fflush(stdout);
		// A new program has it again.
		execl(argv[0], argv[0], "exec", NULL);
		_exit(1);
	}
	report(pid);
	for (int i = 0; i < 3; i++) {
		pid = fork();
		if (pid == 0) {
			use();
			_exit(0);
		}
		report(pid);
	}
	SHOW(syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0));
	SHOW(syscall(SYS_arch_prctl, ARCH_SET_CPUID, 1));
	use();
	SHOW(syscall(SYS_arch_prctl, ARCH_GET_CPUID, 0));
	return 0;
}
