#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include "check.h"

static int result[2];

static void tell(const char *text)
{
	CHECK(write(result[1], text, strlen(text)) == (ssize_t)strlen(text));
}

static void hear(size_t length)
{
	char text[64] = "";
	for (size_t got = 0; got < length;) {
		ssize_t n = read(result[0], text + got, length - got);
		CHECK(n > 0);
		got += n;
	}
	puts(text);
}

// Waits until the parent is gone; the new one is what matters.
static pid_t parent_after(pid_t old)
{
	while (getppid() == old)
		sched_yield();
	return getppid();
}

int main(void)
{
	pid_t top = getpid();
	OK(pipe(result));
	OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
	fflush(stdout);

	// The grandchild comes to the subreaper, skips one that is none, and is waited for there.
	pid_t middle = fork();
	if (middle == 0) {
		pid_t own = getpid();
		if (fork() == 0) {
			tell(parent_after(own) == top ? "reaper is top" : "reaper is not!");
			_exit(9);
		}
		_exit(0);
	}
	int status;
	CHECK(waitpid(middle, &status, 0) == middle && status == 0);
	hear(13);
	pid_t orphan = wait(&status);
	printf("%d %x\n", orphan > 0 && orphan != middle, status);
	SHOW(wait(&status));

	// A nearer subreaper takes it.
	fflush(stdout);
	pid_t near = fork();
	if (near == 0) {
		near = getpid();
		int word;
		CHECK(prctl(PR_GET_CHILD_SUBREAPER, &word) == 0 && word == 0, "not inherited");
		OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
		pid_t inner = fork();
		if (inner == 0) {
			pid_t own = getpid();
			if (fork() == 0) {
				tell(parent_after(own) == near ? "reaper is near" : "reaper is not!!");
				_exit(10);
			}
			_exit(0);
		}
		CHECK(waitpid(inner, &status, 0) == inner);
		CHECK(wait(&status) > 0 && status == 10 << 8);
		_exit(0);
	}
	hear(14);
	CHECK(waitpid(near, &status, 0) == near && status == 0, "%x", status);

	// A zombie nobody waited for goes to the reaper with its parent's end.
	middle = fork();
	if (middle == 0) {
		pid_t zombie = fork();
		if (zombie == 0)
			_exit(11);
		siginfo_t info;
		OK(waitid(P_PID, zombie, &info, WEXITED | WNOWAIT));
		_exit(12);
	}
	CHECK(waitpid(middle, &status, 0) == middle && status == 12 << 8);
	CHECK(wait(&status) > 0 && status == 11 << 8);
	SHOW(wait(&status));

	// PR_SET_PDEATHSIG
	fflush(stdout);
	middle = fork();
	if (middle == 0) {
		int ready[2];
		OK(pipe(ready));
		if (fork() == 0) {
			OK(prctl(PR_SET_PDEATHSIG, SIGTERM));
			OK(write(ready[1], "x", 1));
			for (;;)
				pause();
		}
		char c;
		CHECK(read(ready[0], &c, 1) == 1);
		_exit(0);
	}
	CHECK(waitpid(middle, &status, 0) == middle && status == 0);
	CHECK(wait(&status) > 0);
	printf("%x\n", status);

	// Without a subreaper: the first process.
	OK(prctl(PR_SET_CHILD_SUBREAPER, 0));
	fflush(stdout);
	middle = fork();
	if (middle == 0) {
		pid_t own = getpid();
		if (fork() == 0) {
			pid_t now = parent_after(own);
			tell(now != own && now != 0 ? "adopted" : "orphan!");
			_exit(0);
		}
		_exit(0);
	}
	CHECK(waitpid(middle, &status, 0) == middle && status == 0);
	hear(7);
	return 0;
}
