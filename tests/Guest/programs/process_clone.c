#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "check.h"

#define STACK (64 * 1024)

static void *volatile bad = (void *)16;
static volatile int shared_word;
static int status;

static char *stack_top(void)
{
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	CHECK(stack != MAP_FAILED);
	return stack + STACK;
}

static long clone3(struct clone_args *args, size_t size)
{
	return syscall(SYS_clone3, args, size);
}

static void errors(void)
{
	struct clone_args args = {0};
	SHOW(syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0));
	SHOW(syscall(SYS_clone, CLONE_SIGHAND, 0, 0, 0, 0));
	SHOW(syscall(SYS_clone, CLONE_THREAD | CLONE_SIGHAND, 0, 0, 0, 0));
	SHOW(syscall(SYS_clone, CLONE_NEWNS | CLONE_FS, 0, 0, 0, 0));
	SHOW(clone3(&args, 0));
	SHOW(clone3(&args, 63));
	SHOW(clone3(&args, 5000));
	SHOW(clone3(bad, 64));
	args.flags = 1;
	SHOW(clone3(&args, sizeof(args)));
	args.flags = 1ul << 40;
	SHOW(clone3(&args, sizeof(args)));
	args.flags = 0;
	args.exit_signal = 65;
	SHOW(clone3(&args, sizeof(args)));
	args.exit_signal = SIGCHLD;
	args.stack = 0x10000;
	SHOW(clone3(&args, sizeof(args)));
	args.stack = 0;
	args.stack_size = 4096;
	SHOW(clone3(&args, sizeof(args)));
	args.stack_size = 0;
	args.flags = CLONE_PARENT;
	SHOW(clone3(&args, sizeof(args)));
	struct {
		struct clone_args args;
		long more;
	} large = {.more = 1};
	SHOW(clone3(&large.args, sizeof(large)));
	SHOW(unshare(0));
	SHOW(unshare(0x10));
	SHOW(unshare(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM));
	SHOW(unshare(CLONE_VM));
	SHOW(unshare(CLONE_THREAD));
}

static void forks(void)
{
	int before = shared_word = 5;
	struct clone_args args = {.exit_signal = SIGCHLD};
	pid_t parent_tid = 0, child_tid = 0;
	args.flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID;
	args.parent_tid = (unsigned long)&parent_tid;
	args.child_tid = (unsigned long)&child_tid;
	fflush(stdout);
	pid_t pid = clone3(&args, sizeof(args));
	OK(pid);
	if (pid == 0) {
		shared_word = 6;
		_exit(child_tid == getpid() && getppid() != child_tid ? 21 : 22);
	}
	CHECK(parent_tid == pid && child_tid == 0);
	CHECK(waitpid(pid, &status, 0) == pid);
	printf("%x %d\n", status, before == shared_word);

	// The parent's parent is waited for by the parent.
	pid = fork();
	if (pid == 0) {
		pid_t parent = getppid();
		pid_t sibling = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
		if (sibling == 0)
			_exit(getppid() == parent ? 31 : 32);
		CHECK(waitpid(sibling, NULL, 0) == -1 && errno == ECHILD);
		_exit(0);
	}
	int sum = 0;
	for (int i = 0; i < 2; i++) {
		CHECK(wait(&status) > 0);
		sum += status;
	}
	printf("%x\n", sum);
}

static int child_vm(void *argument)
{
	shared_word += *(int *)argument;
	return 41;
}

static int child_slow(void *argument)
{
	(void)argument;
	while (shared_word == 100)
		sched_yield();
	shared_word = 200;
	return 0;
}

static void memory(void)
{
	int add = 37;
	shared_word = 5;
	pid_t pid = clone(child_vm, stack_top(), CLONE_VM | SIGCHLD, &add);
	OK(pid);
	CHECK(waitpid(pid, &status, 0) == pid);
	printf("%x %d\n", status, shared_word);

	// The process goes on with the memory; neither waits for the other.
	shared_word = 100;
	pid = clone(child_slow, stack_top(), CLONE_VM | SIGCHLD, NULL);
	OK(pid);
	CHECK(waitpid(pid, &status, WNOHANG) == 0);
	shared_word = 101;
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	printf("%d\n", shared_word);

	// CLONE_CHILD_CLEARTID, and the kernel's store at exit
	static volatile pid_t tid;
	tid = 12345;
	pid = clone(child_vm, stack_top(), CLONE_VM | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, &add, NULL, NULL, &tid);
	OK(pid);
	CHECK(waitpid(pid, &status, 0) == pid);
	SHOW(tid);
}

static int child_vfork(void *argument)
{
	int *hold = argument;
	for (int i = 0; i < 200; i++)
		sched_yield();
	shared_word = 300;
	close(hold[1]);
	return 7;
}

static void vforks(void)
{
	shared_word = 1;
	fflush(stdout);
	pid_t pid = vfork();
	if (pid == 0) {
		for (int i = 0; i < 100; i++)
			sched_yield();
		shared_word = 2;
		_exit(3);
	}
	// The parent stood still until here.
	SHOW(shared_word);
	CHECK(waitpid(pid, &status, 0) == pid);
	printf("%x\n", status);

	int hold[2];
	OK(pipe(hold));
	pid = clone(child_vfork, stack_top(), CLONE_VM | CLONE_VFORK | SIGCHLD, hold);
	SHOW(shared_word);
	CHECK(waitpid(pid, &status, 0) == pid);
	// Files were not shared.
	SHOW(fcntl(hold[1], F_GETFD));
	close(hold[0]);
	close(hold[1]);

	// vfork without shared memory waits as well.
	volatile int *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid = syscall(SYS_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		for (int i = 0; i < 100; i++)
			sched_yield();
		*page = 9;
		_exit(0);
	}
	SHOW(*page);
	CHECK(waitpid(pid, &status, 0) == pid);
	// Killed in the middle.
	pid = vfork();
	if (pid == 0) {
		kill(getpid(), SIGKILL);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	printf("%x\n", status);
}

static int open_zero(void *argument)
{
	*(int *)argument = open("/dev/zero", O_RDONLY);
	chdir("/") == 0 ? 0 : _exit(1);
	umask(0111);
	return 0;
}

static int unshare_then_close(void *argument)
{
	CHECK(unshare(CLONE_FILES | CLONE_FS) == 0);
	close(*(int *)argument);
	chdir("/dev") == 0 ? 0 : _exit(1);
	return 0;
}

static void sharing(void)
{
	char start[PATH_MAX], now[PATH_MAX];
	CHECK(getcwd(start, sizeof(start)));
	umask(022);
	int fd = -1;
	pid_t pid = clone(open_zero, stack_top(), CLONE_VM | SIGCHLD, &fd);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	SHOW(fcntl(fd, F_GETFD));
	CHECK(getcwd(now, sizeof(now)) && strcmp(start, now) == 0);

	pid = clone(open_zero, stack_top(), CLONE_VM | CLONE_FILES | SIGCHLD, &fd);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	SHOW(fcntl(fd, F_GETFD));
	CHECK(getcwd(now, sizeof(now)) && strcmp(start, now) == 0);

	pid = clone(unshare_then_close, stack_top(), CLONE_VM | CLONE_FILES | CLONE_FS | SIGCHLD, &fd);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	SHOW(fcntl(fd, F_GETFD));
	CHECK(getcwd(now, sizeof(now)) && strcmp(start, now) == 0);
	close(fd);

	pid = clone(open_zero, stack_top(), CLONE_VM | CLONE_FS | SIGCHLD, &fd);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	SHOW(fcntl(fd, F_GETFD));
	CHECK(getcwd(now, sizeof(now)));
	printf("%s %o\n", now, umask(022));
	OK(chdir(start));
}

// A tree of 2^depth processes; every one adds what its children counted.
static int tree(int depth)
{
	int sum = 0;
	for (int level = depth; level > 0; level--) {
		pid_t pid = fork();
		OK(pid);
		if (pid == 0)
			_exit(tree(level - 1));
	}
	while (wait(&status) > 0) {
		CHECK(WIFEXITED(status));
		sum += WEXITSTATUS(status);
	}
	CHECK(errno == ECHILD);
	return sum + 1;
}

static void pids(void)
{
	pid_t last = 0;
	fflush(stdout);
	for (int i = 0; i < 200; i++) {
		pid_t pid = fork();
		if (pid == 0)
			_exit(0);
		CHECK(pid != last && pid != getpid());
		last = pid;
		CHECK(waitpid(pid, &status, 0) == pid && status == 0);
		CHECK(kill(pid, 0) == -1 && errno == ESRCH);
	}
	pid_t zombie = fork();
	if (zombie == 0)
		_exit(0);
	siginfo_t info;
	OK(waitid(P_PID, zombie, &info, WEXITED | WNOWAIT));
	SHOW(kill(zombie, 0));
	SHOW(kill(zombie, SIGKILL));
	CHECK(waitpid(zombie, &status, 0) == zombie && status == 0);
	SHOW(kill(zombie, 0));
}

int main(void)
{
	errors();
	forks();
	memory();
	vforks();
	sharing();
	printf("%d processes\n", tree(6));
	pids();
	return 0;
}
