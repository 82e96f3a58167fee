#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "check.h"

static void *volatile bad = (void *)16;

// A child that ends at once with this code, and is a zombie when this returns.
static pid_t ended(int code)
{
	fflush(stdout);
	pid_t pid = fork();
	OK(pid);
	if (pid == 0)
		_exit(code);
	OK(waitid(P_PID, pid, NULL, WEXITED | WNOWAIT));
	return pid;
}

static pid_t held(int hold[2])
{
	fflush(stdout);
	OK(pipe(hold));
	pid_t pid = fork();
	OK(pid);
	if (pid == 0) {
		char c;
		close(hold[1]);
		(void)!read(hold[0], &c, 1);
		_exit(0);
	}
	close(hold[0]);
	return pid;
}

static void errors(void)
{
	siginfo_t info;
	int hold[2];
	SHOW(wait(NULL));
	SHOW(waitpid(-1, NULL, WNOHANG));
	SHOW(waitpid(1 << 30, NULL, 0));
	SHOW(waitpid(INT_MIN, NULL, 0));
	SHOW(waitpid(-1, NULL, 0x100));
	SHOW(wait4(-1, NULL, WNOWAIT, NULL));
	SHOW(waitid(P_ALL, 0, &info, WEXITED));
	SHOW(waitid(P_ALL, 0, &info, 0));
	SHOW(waitid(P_ALL, 0, &info, WNOHANG));
	SHOW(waitid(P_ALL, 0, &info, WEXITED | 0x100));
	SHOW(waitid(17, 0, &info, WEXITED));
	SHOW(waitid(P_PID, 0, &info, WEXITED));
	SHOW(waitid(P_PID, -1, &info, WEXITED));
	SHOW(waitid(P_PGID, -1, &info, WEXITED));
	SHOW(waitid(P_PGID, 0, &info, WEXITED));
	SHOW(waitid(P_PIDFD, -1, &info, WEXITED));
	SHOW(waitid(P_PIDFD, 99, &info, WEXITED));

	pid_t pid = held(hold);
	int status = 0x5555;
	SHOW(waitpid(pid, &status, WNOHANG));
	SHOW(waitpid(-1, &status, WNOHANG));
	CHECK(status == 0x5555, "not written");
	SHOW(waitpid(0, bad, WNOHANG));
	SHOW(waitpid(getpid(), NULL, WNOHANG));
	SHOW(waitpid(-getpgrp(), NULL, WNOHANG));
	SHOW(waitpid(-pid, NULL, WNOHANG));
	SHOW(waitpid(pid, NULL, WNOHANG | __WCLONE));
	SHOW(waitpid(pid, NULL, WNOHANG | __WALL));
	SHOW(waitpid(pid, NULL, WNOHANG | __WNOTHREAD));
	memset(&info, 0x55, sizeof(info));
	SHOW(waitid(P_ALL, 0, &info, WEXITED | WNOHANG));
	printf("%d %d\n", info.si_pid, info.si_signo);
	SHOW(waitid(P_PID, pid, &info, WSTOPPED | WNOHANG));
	SHOW(waitid(P_PID, pid, &info, WCONTINUED | WNOHANG));
	SHOW(waitid(P_ALL, 0, bad, WEXITED | WNOHANG));
	close(hold[1]);
	CHECK(waitpid(pid, NULL, 0) == pid);

	// Taken even if it cannot be told.
	pid = ended(1);
	SHOW(waitpid(pid, bad, 0));
	SHOW(waitpid(pid, NULL, 0));
	pid = ended(1);
	SHOW(wait4(pid, NULL, 0, bad));
	SHOW(waitpid(pid, NULL, 0));
	pid = ended(1);
	SHOW(waitid(P_PID, pid, bad, WEXITED));
	SHOW(waitpid(pid, NULL, 0));
}

static void statuses(void)
{
	int codes[] = {0, 1, 127, 128, 255, 256, 0x1234, -1};
	for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		int status;
		pid_t pid = ended(codes[i]);
		OK(waitpid(pid, &status, 0));
		printf("%d: %x\n", codes[i], status);
	}
	int signals[] = {SIGKILL, SIGTERM, SIGUSR1, SIGHUP, 34, 64, SIGABRT, SIGSEGV};
	struct rlimit none = {0, 0};
	OK(setrlimit(RLIMIT_CORE, &none));
	for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		fflush(stdout);
		pid_t pid = fork();
		if (pid == 0) {
			kill(getpid(), signals[i]);
			_exit(1);
		}
		siginfo_t info;
		int status;
		OK(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
		CHECK(info.si_pid == pid && info.si_signo == SIGCHLD && info.si_uid == getuid());
		printf("%d: code %d status %d", signals[i], info.si_code, info.si_status);
		OK(waitpid(pid, &status, 0));
		printf(" %x\n", status);
	}
}

static void selection(void)
{
	siginfo_t info;
	int status;
	pid_t a = ended(1), b = ended(2), c = ended(3);
	// The oldest child first.
	CHECK(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0 && info.si_pid == a);
	CHECK(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0 && info.si_pid == a);
	CHECK(waitpid(b, &status, 0) == b && status == 0x200);
	CHECK(waitpid(-1, &status, 0) == a && status == 0x100);
	CHECK(wait(&status) == c && status == 0x300);
	SHOW(wait(&status));

	// By process group.
	int hold[2];
	a = held(hold);
	OK(setpgid(a, a));
	b = ended(5);
	CHECK(waitpid(0, &status, 0) == b);
	SHOW(waitpid(0, &status, 0));
	SHOW(waitpid(-a, &status, WNOHANG));
	SHOW(waitid(P_PGID, a, &info, WEXITED | WNOHANG));
	SHOW(waitid(P_PGID, 0, &info, WEXITED | WNOHANG));
	close(hold[1]);
	CHECK(waitid(P_PGID, a, &info, WEXITED) == 0 && info.si_pid == a && info.si_code == CLD_EXITED && info.si_status == 0);

	// A clone that sends nothing, or another signal, is for __WCLONE.
	for (int signal = 0; signal <= SIGUSR1; signal += SIGUSR1) {
		OK(signal == 0 ? 0 : sigaction(SIGUSR1, &(struct sigaction){.sa_handler = SIG_IGN}, NULL));
		fflush(stdout);
		a = syscall(SYS_clone, signal, 0, 0, 0, 0);
		if (a == 0)
			_exit(6);
		SHOW(waitpid(a, &status, 0));
		SHOW(waitpid(-1, &status, WNOHANG));
		SHOW(waitpid(a, &status, __WCLONE) == a);
		printf("%x\n", status);
		a = syscall(SYS_clone, signal, 0, 0, 0, 0);
		if (a == 0)
			_exit(7);
		SHOW(waitpid(-1, &status, __WALL) == a);
		printf("%x\n", status);
	}
	a = ended(1);
	SHOW(waitpid(a, &status, __WCLONE));
	SHOW(waitpid(a, &status, __WALL) == a);
}

static void stops(void)
{
	siginfo_t info;
	int status;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		for (;;)
			pause();
	}
	// A process group of its own, which its parent keeps from being orphaned: SIGTSTP does not stop an orphaned one,
	// which ours is where we lead the session.
	OK(setpgid(pid, pid));
	OK(kill(pid, SIGSTOP));
	CHECK(waitpid(pid, &status, WUNTRACED) == pid);
	printf("%x\n", status);
	SHOW(waitpid(pid, &status, WUNTRACED | WNOHANG));
	OK(kill(pid, SIGCONT));
	SHOW(waitid(P_PID, pid, &info, WCONTINUED | WNOWAIT));
	printf("%d %d\n", info.si_code, info.si_status);
	CHECK(waitpid(pid, &status, WCONTINUED) == pid);
	printf("%x\n", status);
	SHOW(waitpid(pid, &status, WCONTINUED | WNOHANG));
	OK(kill(pid, SIGTSTP));
	SHOW(waitid(P_PID, pid, &info, WSTOPPED | WEXITED));
	printf("%d %d\n", info.si_code, info.si_status);
	SHOW(waitid(P_PID, pid, &info, WEXITED | WNOHANG));
	OK(kill(pid, SIGKILL));
	SHOW(waitid(P_PID, pid, &info, WEXITED));
	printf("%d %d\n", info.si_code, info.si_status);
}

static void usage(void)
{
	struct rusage usage;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		static volatile char room[4 << 20];
		for (unsigned i = 0; i < sizeof(room); i += 4096)
			room[i] = 1;
		for (volatile unsigned i = 0; i < 50000000; i++)
			;
		_exit(0);
	}
	memset(&usage, 0, sizeof(usage));
	CHECK(wait4(pid, NULL, 0, &usage) == pid);
	CHECK(usage.ru_utime.tv_sec > 0 || usage.ru_utime.tv_usec > 1000, "user time");
	CHECK(usage.ru_minflt > 0 && usage.ru_maxrss >= 4096, "%ld %ld", usage.ru_minflt, usage.ru_maxrss);
	OK(getrusage(RUSAGE_CHILDREN, &usage));
	CHECK(usage.ru_utime.tv_sec > 0 || usage.ru_utime.tv_usec > 1000, "user time of children");
}

static void ignored(void)
{
	int hold[2];
	OK(sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_IGN}, NULL));
	fflush(stdout);
	if (fork() == 0)
		_exit(0);
	SHOW(wait(NULL));
	OK(sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT}, NULL));
	pid_t pid = held(hold);
	close(hold[1]);
	SHOW(waitpid(pid, NULL, 0));
	OK(sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, NULL));
	SHOW(waitpid(ended(1), NULL, 0) > 0);
}

int main(void)
{
	errors();
	statuses();
	selection();
	stops();
	ignored();
	usage();
	puts("done");
	return 0;
}
