#include <fcntl.h>
#include <sys/wait.h>
#include "check.h"

// Ids relative to the processes of the test.
static pid_t first, self_pid, child_pid, third;

static const char *name(pid_t pid)
{
	static char text[16];
	if (pid == -1)
		return errno_name(errno);
	if (pid == first)
		return "first";
	if (pid == self_pid)
		return "self";
	if (pid == child_pid)
		return "child";
	if (pid == third)
		return "third";
	snprintf(text, sizeof(text), "%d?", pid);
	return text;
}

#define NAME(call)                                                                                                                                   \
	do {                                                                                                                                         \
		errno = 0;                                                                                                                           \
		pid_t named_ = (call);                                                                                                               \
		printf("%s = %s\n", #call, name(named_));                                                                                            \
	} while (0)

static pid_t waiting_child(int hold[2])
{
	fflush(stdout);
	OK(pipe(hold));
	pid_t pid = fork();
	OK(pid);
	if (pid == 0) {
		// None but the parent keeps the pipes of other children open.
		char c;
		for (int fd = 3; fd < 64; fd++)
			if (fd != hold[0])
				close(fd);
		(void)!read(hold[0], &c, 1);
		_exit(0);
	}
	close(hold[0]);
	return pid;
}

static void end(int hold[2], pid_t pid)
{
	close(hold[1]);
	OK(waitpid(pid, NULL, 0));
}

static int test(void)
{
	int hold[2], hold2[2];
	self_pid = getpid();
	SHOW(getpgid(0) == getpgrp() && getpgid(self_pid) == getpgrp());
	NAME(setsid());
	NAME(setsid());
	NAME(getpgrp());
	NAME(getsid(0));
	SHOW(setpgid(0, 0));
	SHOW(setpgid(self_pid, first));
	SHOW(getpgid(4000000));
	SHOW(getsid(4000000));
	SHOW(getpgid(-1));
	SHOW(setpgid(4000000, 0));
	SHOW(setpgid(0, -1));
	SHOW(setpgid(-1, 0));
	SHOW(setpgid(first, 0));

	child_pid = waiting_child(hold);
	NAME(getpgid(child_pid));
	NAME(getsid(child_pid));
	SHOW(setpgid(child_pid, 4000000));
	SHOW(setpgid(child_pid, first));
	SHOW(setpgid(child_pid, 0));
	NAME(getpgid(child_pid));
	third = waiting_child(hold2);
	SHOW(setpgid(third, child_pid));
	NAME(getpgid(third));
	SHOW(setpgid(third, self_pid));
	NAME(getpgid(third));
	SHOW(setpgid(third, child_pid));
	NAME(waitpid(-self_pid, NULL, WNOHANG));
	SHOW(waitpid(-child_pid, NULL, WNOHANG));
	SHOW(waitpid(0, NULL, WNOHANG));
	end(hold, child_pid);
	// The group outlives its leader.
	NAME(getpgid(third));
	SHOW(setpgid(third, self_pid));
	SHOW(setpgid(third, child_pid));
	SHOW(getpgid(child_pid));
	end(hold2, third);

	// A child in a session of its own.
	fflush(stdout);
	int ready[2];
	char c;
	OK(pipe(ready));
	OK(pipe(hold));
	child_pid = fork();
	OK(child_pid);
	if (child_pid == 0) {
		close(hold[1]);
		setsid();
		(void)!write(ready[1], "x", 1);
		(void)!read(hold[0], &c, 1);
		_exit(0);
	}
	CHECK(read(ready[0], &c, 1) == 1);
	SHOW(setpgid(child_pid, 0));
	SHOW(setpgid(child_pid, self_pid));
	NAME(getsid(child_pid));
	end(hold, child_pid);

	// A zombie still has its place.
	fflush(stdout);
	child_pid = fork();
	if (child_pid == 0)
		_exit(0);
	OK(waitid(P_PID, child_pid, &(siginfo_t){0}, WEXITED | WNOWAIT));
	NAME(getpgid(child_pid));
	NAME(getsid(child_pid));
	SHOW(setpgid(child_pid, child_pid));
	NAME(getpgid(child_pid));
	NAME(waitpid(-child_pid, NULL, 0));
	SHOW(getpgid(child_pid));

	fflush(stdout);
	int closed[2];
	OK(pipe2(closed, O_CLOEXEC));
	int go[2];
	OK(pipe(go));
	child_pid = fork();
	if (child_pid == 0) {
		close(go[1]);
		dup2(go[0], 0);
		execl("/bin/cat", "cat", NULL);
		_exit(9);
	}
	close(closed[1]);
	CHECK(read(closed[0], &c, 1) == 0, "closed by execve");
	SHOW(setpgid(child_pid, 0));
	NAME(getpgid(child_pid));
	close(go[1]);
	OK(waitpid(child_pid, NULL, 0));

	// A group leader cannot start a session; its child can.
	fflush(stdout);
	child_pid = fork();
	if (child_pid == 0) {
		child_pid = getpid();
		SHOW(setpgid(0, 0));
		NAME(setsid());
		fflush(stdout);
		pid_t inner = fork();
		if (inner == 0) {
			CHECK(setsid() == getpid() && getsid(0) == getpid() && getpgrp() == getpid());
			NAME(getsid(getppid()));
			fflush(stdout);
			_exit(0);
		}
		OK(waitpid(inner, NULL, 0));
		NAME(getsid(0));
		fflush(stdout);
		_exit(0);
	}
	OK(waitpid(child_pid, NULL, 0));
	SHOW(waitpid(-1, NULL, 0));
	return 0;
}

int main(void)
{
	first = getpid();
	pid_t child = fork();
	OK(child);
	if (child == 0) {
		int status = test();
		fflush(stdout);
		_exit(status);
	}
	int status;
	CHECK(waitpid(child, &status, 0) == child && status == 0, "%x", status);
	return 0;
}
