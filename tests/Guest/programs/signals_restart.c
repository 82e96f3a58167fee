// Calls with timeouts that signals interrupt: what goes on, and with how much of its time.
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include "check.h"

static volatile int calls;
static void handler(int signal)
{
	(void)signal;
	calls++;
}

static long now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// A child that does this to us after 50 ms: a signal, or a stop with SIGCONT 30 ms later.
static pid_t disturb(int signal)
{
	pid_t parent = getpid();
	fflush(stdout);
	pid_t pid = fork();
	OK(pid);
	if (pid == 0) {
		poll(NULL, 0, 50);
		kill(parent, signal);
		if (signal == SIGSTOP) {
			poll(NULL, 0, 30);
			kill(parent, SIGCONT);
		}
		_exit(0);
	}
	return pid;
}

#define TIMED(call, signal)                                                                        \
	do {                                                                                       \
		calls = 0;                                                                         \
		pid_t timed_child_ = disturb(signal);                                              \
		long timed_start_ = now_ms();                                                      \
		SHOW(call);                                                                        \
		long timed_took_ = now_ms() - timed_start_;                                        \
		printf("  signal %d calls %d %s\n", signal, calls,                                 \
		       timed_took_ < 40 ? "early" : timed_took_ < 140 ? "at the signal" : timed_took_ < 400 ? "in time" : "late"); \
		while (waitpid(timed_child_, NULL, 0) == -1 && errno == EINTR)                     \
			;                                                                          \
	} while (0)

static void all(int signal)
{
	struct timespec time = {0, 150000000}, left = {0, 0};
	struct timeval value;
	sigset_t none;
	sigemptyset(&none);
	int epoll = epoll_create1(0);
	struct epoll_event event;
	TIMED(nanosleep(&time, &left), signal);
	printf("  left %d\n", left.tv_nsec > 0 && left.tv_nsec < 110000000);
	left.tv_nsec = 0;
	TIMED(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &time, &left) == 0 ? 0 : errno, signal);
	printf("  left %d\n", left.tv_nsec > 0 && left.tv_nsec < 110000000);
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += 150000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	TIMED(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL), signal);
	TIMED(poll(NULL, 0, 150), signal);
	TIMED(ppoll(NULL, 0, &time, &none), signal);
	value = (struct timeval){0, 150000};
	TIMED(select(0, NULL, NULL, NULL, &value), signal);
	TIMED(epoll_wait(epoll, &event, 1, 150), signal);
	sigset_t usr2;
	sigemptyset(&usr2);
	sigaddset(&usr2, SIGUSR2);
	TIMED(sigtimedwait(&usr2, NULL, &time), signal);
	close(epoll);
}

int main(void)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
	OK(sigaction(SIGUSR1, &action, NULL));
	printf("handler with SA_RESTART\n");
	all(SIGUSR1);
	signal(SIGUSR1, SIG_IGN);
	printf("ignored\n");
	all(SIGUSR1);
	printf("stopped and continued\n");
	all(SIGSTOP);
	return 0;
}
