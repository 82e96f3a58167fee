#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include "check.h"

static int status;
static pid_t leader;
static int up[2], ready[2];

static pid_t begin(void)
{
	fflush(stdout);
	pid_t pid = fork();
	OK(pid);
	leader = getpid();
	return pid;
}

static void end(pid_t pid)
{
	CHECK(waitpid(pid, &status, 0) == pid);
	printf("status %x\n", status);
}

static void *spin(void *unused)
{
	OK(write(up[1], "x", 1));
	for (volatile long i = 0;; i++)
		;
	return unused;
}

static void *sleeping(void *unused)
{
	OK(write(up[1], "x", 1));
	for (;;)
		pause();
	return unused;
}

static void *reading(void *unused)
{
	int p[2];
	char c;
	OK(pipe(p));
	OK(write(up[1], "x", 1));
	(void)!read(p[0], &c, 1);
	return unused;
}

static void start(int count, void *(*function)(void *))
{
	pthread_t thread;
	for (int i = 0; i < count; i++) {
		char c;
		CHECK(pthread_create(&thread, NULL, function, NULL) == 0);
		CHECK(read(up[0], &c, 1) == 1);
	}
}

static void *last(void *code)
{
	// The leader is a zombie by now, but the process is not.
	while (syscall(SYS_tgkill, leader, leader, 0) == 0 && sched_yield() == 0 && kill(leader, 0) != 0)
		;
	CHECK(getpid() == leader && gettid() != leader);
	CHECK(kill(leader, 0) == 0);
	exit((int)(long)code);
	return NULL;
}

// Ends alone, after a while.
static void *late(void *code)
{
	poll(NULL, 0, 100);
	syscall(SYS_exit, (long)code);
	return NULL;
}

static void *exits_group(void *code)
{
	_exit((int)(long)code);
	return NULL;
}

static void *forks(void *unused)
{
	pid_t pid = fork();
	OK(pid);
	if (pid == 0) {
		// Alone in the copy.
		CHECK(getpid() == gettid());
		_exit(12);
	}
	int *result = unused;
	CHECK(waitpid(pid, result, 0) == pid);
	return unused;
}

static void *waits(void *unused)
{
	CHECK(wait(&status) > 0, "another thread's child");
	return unused;
}

static void *quick(void *argument)
{
	getppid();
	return argument;
}

int main(void)
{
	OK(pipe(up));
	OK(pipe(ready));
	pid_t pid;
	pthread_t thread;
	void *(*kinds[])(void *) = {spin, sleeping, reading};
	for (int i = 0; i < 3; i++) {
		// exit_group by the leader, by another thread; a deadly signal.
		if ((pid = begin()) == 0) {
			start(5, kinds[i]);
			_exit(10 + i);
		}
		end(pid);
		if ((pid = begin()) == 0) {
			start(5, kinds[i]);
			CHECK(pthread_create(&thread, NULL, exits_group, (void *)(long)(20 + i)) == 0);
			kinds[i](NULL);
		}
		end(pid);
		if ((pid = begin()) == 0) {
			start(5, kinds[i]);
			raise(SIGTERM);
		}
		end(pid);
		if ((pid = begin()) == 0) {
			start(5, kinds[i]);
			OK(write(ready[1], "k", 1));
			pause();
		}
		char c;
		CHECK(read(ready[0], &c, 1) == 1);
		OK(kill(pid, SIGKILL));
		end(pid);
	}

	// The leader ends first: the process's status is that of exit, or the leader's.
	if ((pid = begin()) == 0) {
		CHECK(pthread_create(&thread, NULL, last, (void *)31) == 0);
		pthread_exit(NULL);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	printf("status %x\n", status);
	if ((pid = begin()) == 0) {
		CHECK(pthread_create(&thread, NULL, late, (void *)34) == 0);
		syscall(SYS_exit, 32);
	}
	end(pid);
	if ((pid = begin()) == 0) {
		CHECK(pthread_create(&thread, NULL, late, (void *)35) == 0);
		poll(NULL, 0, 300);
		syscall(SYS_exit, 36);
	}
	end(pid);
	// Nothing to wait for while a thread lives.
	if ((pid = begin()) == 0) {
		start(1, sleeping);
		OK(write(ready[1], "k", 1));
		syscall(SYS_exit, 33);
	}
	char c;
	CHECK(read(ready[0], &c, 1) == 1);
	for (int i = 0; i < 200; i++) {
		CHECK(waitpid(pid, &status, WNOHANG) == 0);
		sched_yield();
	}
	OK(kill(pid, SIGTERM));
	end(pid);

	int child_status = 0;
	CHECK(pthread_create(&thread, NULL, forks, &child_status) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	printf("status %x\n", child_status);
	// Children are the process's, whichever thread made them.
	if ((pid = begin()) == 0)
		_exit(13);
	CHECK(pthread_create(&thread, NULL, waits, NULL) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	printf("status %x\n", status);
	SHOW(waitpid(-1, NULL, 0));

	// Comings and goings.
	for (int i = 0; i < 300; i++) {
		pthread_t some[4];
		for (int j = 0; j < 4; j++)
			CHECK(pthread_create(&some[j], NULL, quick, NULL) == 0);
		for (int j = 0; j < 4; j++)
			CHECK(pthread_join(some[j], NULL) == 0);
	}
	puts("done");
	return 0;
}
