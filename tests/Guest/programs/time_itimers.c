#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include "check.h"

// setitimer, getitimer and alarm.

static volatile sig_atomic_t count[65];

static void handler(int signal)
{
	count[signal]++;
}

static long now(int clock)
{
	struct timespec t;
	OK(clock_gettime(clock, &t));
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

static void wait_for(int signal, int wanted)
{
	long start = now(CLOCK_MONOTONIC);
	while (count[signal] < wanted)
		CHECK(now(CLOCK_MONOTONIC) - start < 10000000000, "%d of %d", count[signal], wanted);
}

int main(void)
{
	struct itimerval value = {{0, 0}, {0, 0}}, old;
	SHOW(syscall(SYS_getitimer, 3, &old));
	SHOW(syscall(SYS_getitimer, -1, NULL));
	SHOW(syscall(SYS_getitimer, ITIMER_REAL, NULL));
	SHOW(syscall(SYS_getitimer, ITIMER_REAL, &old));
	SHOW(syscall(SYS_setitimer, 3, &value, NULL));
	SHOW(syscall(SYS_setitimer, 3, 8, NULL));
	SHOW(syscall(SYS_setitimer, ITIMER_REAL, 8, NULL));
	SHOW(syscall(SYS_setitimer, ITIMER_REAL, &value, 8));
	value.it_value.tv_usec = 1000000;
	SHOW(syscall(SYS_setitimer, ITIMER_REAL, &value, NULL));
	SHOW(syscall(SYS_setitimer, 3, &value, NULL));
	value = (struct itimerval){{-1, 0}, {0, 0}};
	SHOW(syscall(SYS_setitimer, ITIMER_REAL, &value, NULL));
	value = (struct itimerval){{0, 0}, {0, -1}};
	SHOW(syscall(SYS_setitimer, ITIMER_REAL, &value, NULL));

	static const int signals[] = {SIGALRM, SIGVTALRM, SIGPROF};
	for (int which = 0; which < 3; which++) {
		struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
		OK(sigaction(signals[which], &action, NULL));
		long start = now(which == 0 ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID);
		value = (struct itimerval){{0, 10000}, {0, 20000}};
		SHOW(setitimer(which, &value, NULL));
		SHOW(getitimer(which, &old));
		CHECK(old.it_interval.tv_sec == 0 && old.it_interval.tv_usec >= 9999 && old.it_interval.tv_usec < 20000);
		CHECK(old.it_value.tv_sec == 0 && old.it_value.tv_usec > 0 && old.it_value.tv_usec < 40000);
		wait_for(signals[which], 3);
		long took = now(which == 0 ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID) - start;
		CHECK(took >= 30000000 && took < 5000000000, "timer %d: %ld", which, took);
		value = (struct itimerval){{0, 0}, {0, 0}};
		SHOW(setitimer(which, &value, &old));
		CHECK(old.it_interval.tv_usec >= 9999);
		SHOW(getitimer(which, &old));
		CHECK(old.it_value.tv_usec == 0 && old.it_interval.tv_usec == 0);
	}

	// CPU timers stand still in a sleep.
	count[SIGPROF] = 0;
	value = (struct itimerval){{0, 0}, {0, 50000}};
	OK(setitimer(ITIMER_PROF, &value, NULL));
	struct timespec length = {0, 150000000};
	OK(nanosleep(&length, NULL));
	CHECK(count[SIGPROF] == 0);
	value.it_value.tv_usec = 0;
	OK(setitimer(ITIMER_PROF, &value, NULL));

	// alarm is the same timer, in whole seconds.
	SHOW(alarm(0));
	SHOW(alarm(100));
	SHOW(alarm(50));
	OK(getitimer(ITIMER_REAL, &old));
	CHECK(old.it_value.tv_sec == 49 || old.it_value.tv_sec == 50);
	value = (struct itimerval){{0, 0}, {0, 400000}};
	OK(setitimer(ITIMER_REAL, &value, NULL));
	SHOW(alarm(0));
	value.it_value = (struct timeval){2, 300000};
	OK(setitimer(ITIMER_REAL, &value, NULL));
	SHOW(alarm(0));
	value.it_value = (struct timeval){2, 900000};
	OK(setitimer(ITIMER_REAL, &value, NULL));
	SHOW(alarm(0));
	SHOW(alarm(0xffffffff));
	SHOW(alarm(0) == 0xffffffff);
	count[SIGALRM] = 0;
	long start = now(CLOCK_MONOTONIC);
	SHOW(alarm(1));
	wait_for(SIGALRM, 1);
	CHECK(now(CLOCK_MONOTONIC) - start >= 1000000000);
	return 0;
}
