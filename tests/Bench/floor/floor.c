/*
 * The tightest ptrace loop a tracer in C can run on this machine: what one guest system call costs
 * before anybody has looked at it. `floor CALLS` prints nanoseconds per call; `floor CALLS FILE` also
 * serves each call with a pread of 64 KiB from FILE into memory that tracer and child share.
 */
#include "../programs/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK 65536L
#define WARM_UP 200

static int file = -1;
static long chunks;
static char *shared;

static void pin_to_this_cpu(void)
{
	cpu_set_t set;
	int cpu = sched_getcpu();

	if (cpu < 0)
		die("sched_getcpu");
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		die("sched_setaffinity");
}

static void child(void)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		_exit(1);
	raise(SIGSTOP);
	for (;;)
		syscall(SYS_getppid);
}

static void wait_for(pid_t pid, int signal)
{
	int status;

	if (waitpid(pid, &status, __WALL) != pid)
		die("waitpid");
	if (!WIFSTOPPED(status) || WSTOPSIG(status) != signal) {
		fprintf(stderr, "unexpected status %#x of the child\n", status);
		exit(1);
	}
}

static void serve(pid_t pid, long calls)
{
	struct user_regs_struct regs;

	for (long i = 0; i < calls; i++) {
		if (ptrace(PTRACE_SYSEMU, pid, NULL, NULL) != 0)
			die("PTRACE_SYSEMU");
		wait_for(pid, SIGTRAP | 0x80);
		if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) != 0)
			die("PTRACE_GETREGS");
		if (file < 0)
			regs.rax = 1;
		else
			regs.rax = pread(file, shared, CHUNK, i % chunks * CHUNK);
		/* Not in a system call as far as the host is concerned: nothing for it to restart. */
		regs.orig_rax = -1UL;
		if (ptrace(PTRACE_SETREGS, pid, NULL, &regs) != 0)
			die("PTRACE_SETREGS");
		if (file >= 0 && regs.rax != CHUNK)
			die("pread");
	}
}

int main(int argc, char **argv)
{
	long n = iterations(argc, argv);

	if (argc > 2) {
		file = open(argv[2], O_RDONLY);
		if (file < 0)
			die("open");
		chunks = lseek(file, 0, SEEK_END) / CHUNK;
		shared = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (chunks <= 0 || shared == MAP_FAILED)
			die("mmap");
	}
	pin_to_this_cpu();
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0)
		child();
	wait_for(pid, SIGSTOP);
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD) != 0)
		die("PTRACE_SETOPTIONS");
	serve(pid, WARM_UP);
	double start = now();

	serve(pid, n);
	print_ns(now() - start, n);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, __WALL);
	return 0;
}
