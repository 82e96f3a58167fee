#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include "check.h"

static volatile int handled;
static int p[2];

static void handler(int signal)
{
	handled = signal;
}

static void sleep_ms(int ms)
{
	while (poll(NULL, 0, ms) != 0)
		;
}

static long now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// A child that sends the signal, and then writes a byte to the pipe.
static pid_t sender(int signal, int delay_ms)
{
	fflush(stdout);
	pid_t parent = getpid(), child = fork();
	OK(child);
	if (child == 0) {
		sleep_ms(delay_ms);
		kill(parent, signal);
		sleep_ms(200);
		CHECK(write(p[1], "x", 1) == 1);
		_exit(0);
	}
	return child;
}

static void reap(pid_t child)
{
	int status;
	CHECK(waitpid(child, &status, 0) == child && status == 0);
}

#define INTERRUPTED(what, flags, call)                                               \
	do {                                                                         \
		struct sigaction action_ = {.sa_handler = handler, .sa_flags = flags}; \
		OK(sigaction(SIGUSR1, &action_, NULL));                               \
		handled = 0;                                                          \
		pid_t child_ = sender(SIGUSR1, 150);                                   \
		errno = 0;                                                            \
		long result_ = (call);                                                \
		printf("%s: %ld %s, handled %d\n", what, result_, errno_name(errno), handled == SIGUSR1); \
		reap(child_);                                                         \
		char byte_;                                                           \
		if (result_ != 1 || what[0] != 'r')                                   \
			CHECK(read(p[0], &byte_, 1) == 1);                            \
	} while (0)

int main(void)
{
	char byte;
	OK(pipe(p));
	struct pollfd fd = {p[0], POLLIN, 0};
	struct timespec forever = {60, 0};
	struct timeval long_time = {60, 0};
	fd_set set;
	FD_ZERO(&set);
	FD_SET(p[0], &set);
	int ep = epoll_create1(0);
	struct epoll_event event = {.events = EPOLLIN};
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &event));
	sigset_t none, usr1;
	sigemptyset(&none);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);

	INTERRUPTED("read", 0, read(p[0], &byte, 1));
	INTERRUPTED("read, SA_RESTART", SA_RESTART, read(p[0], &byte, 1));
	INTERRUPTED("poll", 0, poll(&fd, 1, -1));
	INTERRUPTED("poll, SA_RESTART", SA_RESTART, poll(&fd, 1, -1));
	INTERRUPTED("poll with time, SA_RESTART", SA_RESTART, poll(&fd, 1, 60000));
	INTERRUPTED("select, SA_RESTART", SA_RESTART, select(p[0] + 1, &set, NULL, NULL, &long_time));
	CHECK(long_time.tv_sec == 59);
	INTERRUPTED("epoll, SA_RESTART", SA_RESTART, epoll_wait(ep, &event, 1, -1));
	OK(sigprocmask(SIG_BLOCK, &usr1, NULL));
	INTERRUPTED("poll, blocked", 0, poll(&fd, 1, -1));
	OK(poll(NULL, 0, 0));
	printf("not handled: %d\n", handled);
	// Pending and unblocked for the call: ends it at once, with the handler run.
	SHOW(ppoll(&fd, 1, &forever, &none));
	printf("handled: %d\n", handled);
	INTERRUPTED("ppoll", SA_RESTART, ppoll(&fd, 1, &forever, &none));
	OK(sigprocmask(SIG_BLOCK, NULL, &none));
	printf("blocked again: %d\n", sigismember(&none, SIGUSR1));
	sigemptyset(&none);
	INTERRUPTED("pselect", SA_RESTART, pselect(p[0] + 1, &set, NULL, NULL, &forever, &none));
	INTERRUPTED("epoll_pwait", SA_RESTART, epoll_pwait(ep, &event, 1, -1, &none));
	OK(sigprocmask(SIG_UNBLOCK, &usr1, NULL));

	// Without a handler to run, they go on: stopped and continued, and ignored signals.
	signal(SIGUSR1, SIG_IGN);
	pid_t child = sender(SIGUSR1, 20);
	SHOW(poll(&fd, 1, 60000));
	OK(read(p[0], &byte, 1));
	reap(child);
	pid_t waiter = fork();
	OK(waiter);
	if (waiter == 0) {
		struct timespec t = {60, 0};
		CHECK(poll(&fd, 1, 60000) == 1);
		CHECK(read(p[0], &byte, 1) == 1);
		CHECK(ppoll(&fd, 1, &t, NULL) == 1);
		CHECK(read(p[0], &byte, 1) == 1);
		CHECK(read(p[0], &byte, 1) == 1);
		CHECK(epoll_wait(ep, &event, 1, 60000) == -1 && errno == EINTR);
		_exit(0);
	}
	for (int i = 0; i < 4; i++) {
		int status;
		sleep_ms(50);
		OK(kill(waiter, SIGSTOP));
		CHECK(waitpid(waiter, &status, WUNTRACED) == waiter && WIFSTOPPED(status));
		OK(kill(waiter, SIGCONT));
		sleep_ms(50);
		if (i < 3)
			CHECK(write(p[1], "y", 1) == 1);
	}
	reap(waiter);

	// A write that is interrupted after a part is a short one; SIGPIPE comes with EPIPE.
	static char big[100000];
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
	OK(sigaction(SIGUSR1, &action, NULL));
	child = sender(SIGUSR1, 150);
	(void)child;
	SHOW(write(p[1], big, sizeof(big)));
	while (read(p[0], big, sizeof(big)) == sizeof(big))
		;
	reap(child);
	int q[2];
	OK(pipe(q));
	OK(sigaction(SIGPIPE, &action, NULL));
	close(q[0]);
	handled = 0;
	SHOW(write(q[1], "x", 1));
	printf("handled %d\n", handled);
	long start = now_ms();
	SHOW(poll(NULL, 0, 50));
	CHECK(now_ms() - start >= 49);
	return 0;
}
