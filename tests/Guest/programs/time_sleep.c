#include <limits.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include "check.h"

// nanosleep and clock_nanosleep: errors, how long they take, and what a signal leaves of them.

static volatile sig_atomic_t handled;

static void handler(int signal)
{
	(void)signal;
	handled++;
}

static long now(int clock)
{
	struct timespec t;
	OK(clock_gettime(clock, &t));
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

static long sleep_on(int clock, int flags, long seconds, long nanoseconds)
{
	struct timespec t = {seconds, nanoseconds};
	return syscall(SYS_clock_nanosleep, clock, flags, &t, NULL);
}

static void errors(void)
{
	struct timespec rest = {7, 7};
	struct timespec bad[] = {{0, -1}, {0, 1000000000}, {-1, 0}, {LONG_MIN, 0}, {0, LONG_MAX}};
	for (int i = 0; i < 5; i++) {
		SHOW(syscall(SYS_nanosleep, &bad[i], &rest));
		SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &bad[i], &rest));
	}
	SHOW(syscall(SYS_nanosleep, NULL, &rest));
	SHOW(syscall(SYS_nanosleep, 8, &rest));
	SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, NULL, NULL));
	SHOW(syscall(SYS_clock_nanosleep, 99, 0, NULL, NULL));
	SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, NULL, NULL));
	CHECK(rest.tv_sec == 7 && rest.tv_nsec == 7);
	static const int clocks[] = {-1, CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW,
				     CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME, 10, CLOCK_TAI, 12, 15, 16, 1000,
				     -2, -3, -4, -5, (int)0x80000000};
	for (unsigned i = 0; i < sizeof(clocks) / sizeof(*clocks); i++) {
		printf("%d: ", clocks[i]);
		SHOW(sleep_on(clocks[i], 0, 0, 1000));
		if (clocks[i] >= 0)
			SHOW(sleep_on(clocks[i], TIMER_ABSTIME, 0, 0));
	}
	SHOW(sleep_on(CLOCK_PROCESS_CPUTIME_ID, TIMER_ABSTIME, 0, 1));
	SHOW(sleep_on(CLOCK_MONOTONIC, 0x7ffffffe, 0, 0));
	SHOW(sleep_on(CLOCK_MONOTONIC, 0, 0, 0));
}

static void durations(void)
{
	static const int clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI};
	static const long lengths[] = {1, 1000, 100000, 15000000};
	for (int i = 0; i < 4; i++) {
		for (int k = 0; k < 4; k++) {
			long start = now(CLOCK_MONOTONIC);
			SHOW(sleep_on(clocks[i], 0, 0, lengths[k]));
			long took = now(CLOCK_MONOTONIC) - start;
			CHECK(took >= lengths[k] && took < lengths[k] + 1000000000, "%ld for %ld", took, lengths[k]);

			long until = now(clocks[i]) + lengths[k];
			SHOW(sleep_on(clocks[i], TIMER_ABSTIME, until / 1000000000, until % 1000000000));
			CHECK(now(clocks[i]) >= until);
		}
	}
	struct timespec length = {0, 20000000}, rest = {7, 7};
	long start = now(CLOCK_MONOTONIC);
	SHOW(nanosleep(&length, &rest));
	CHECK(now(CLOCK_MONOTONIC) - start >= 20000000);
	CHECK(rest.tv_sec == 7 && rest.tv_nsec == 7, "only a signal writes it");
}

static void interrupted(int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
	OK(sigaction(SIGALRM, &action, NULL));
	struct itimerval soon = {.it_value = {0, 30000}};
	struct timespec length = {5, 0}, rest = {7, 7};

	handled = 0;
	OK(setitimer(ITIMER_REAL, &soon, NULL));
	long start = now(CLOCK_MONOTONIC);
	SHOW(syscall(SYS_nanosleep, &length, &rest));
	long took = now(CLOCK_MONOTONIC) - start;
	CHECK(handled == 1 && took >= 29000000 && took < 4000000000, "%ld", took);
	long left = rest.tv_sec * 1000000000 + rest.tv_nsec;
	CHECK(left > 0 && left <= 5000000000 - 29000000 && left + took >= 5000000000 - 1000000, "left %ld after %ld", left, took);

	OK(setitimer(ITIMER_REAL, &soon, NULL));
	SHOW(syscall(SYS_nanosleep, &length, NULL));
	OK(setitimer(ITIMER_REAL, &soon, NULL));
	SHOW(syscall(SYS_nanosleep, &length, 8));
	OK(setitimer(ITIMER_REAL, &soon, NULL));
	rest = (struct timespec){7, 7};
	struct timespec until;
	OK(clock_gettime(CLOCK_REALTIME, &until));
	until.tv_sec += 5;
	SHOW(syscall(SYS_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &until, &rest));
	CHECK(rest.tv_sec == 7 && rest.tv_nsec == 7, "never for an absolute time");
	CHECK(handled == 4);
}

// An ignored signal does not end a sleep.
static void ignored(void)
{
	signal(SIGALRM, SIG_IGN);
	struct itimerval often = {.it_value = {0, 5000}, .it_interval = {0, 5000}}, never = {0};
	OK(setitimer(ITIMER_REAL, &often, NULL));
	struct timespec length = {0, 40000000};
	long start = now(CLOCK_MONOTONIC);
	SHOW(nanosleep(&length, NULL));
	CHECK(now(CLOCK_MONOTONIC) - start >= 40000000);
	OK(setitimer(ITIMER_REAL, &never, NULL));
}

int main(void)
{
	errors();
	durations();
	interrupted(0);
	interrupted(SA_RESTART);
	ignored();
	return 0;
}
