#include <limits.h>
#include <signal.h>
#include <time.h>
#include "check.h"

// POSIX timers: how they are made and set, how they tell, overruns.

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static volatile sig_atomic_t count, last_overrun, last_value, last_id, last_code;

static void handler(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	count++;
	last_overrun = info->si_overrun;
	last_value = info->si_value.sival_int;
	last_id = info->si_timerid;
	last_code = info->si_code;
}

static long now(int clock)
{
	struct timespec t;
	OK(clock_gettime(clock, &t));
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

static long create(int clock, void *event, void *id)
{
	return syscall(SYS_timer_create, clock, event, id);
}

static long set(int id, int flags, long value, long interval)
{
	struct itimerspec s = {{interval / 1000000000, interval % 1000000000}, {value / 1000000000, value % 1000000000}};
	return syscall(SYS_timer_settime, id, flags, &s, NULL);
}

static long left(int id)
{
	struct itimerspec s;
	OK(syscall(SYS_timer_gettime, id, &s));
	return s.it_value.tv_sec * 1000000000 + s.it_value.tv_nsec;
}

static void errors(void)
{
	int id;
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	struct itimerspec s = {{0, 0}, {0, 0}};
	SHOW(create(99, NULL, &id));
	SHOW(create(CLOCK_MONOTONIC_RAW, NULL, &id));
	SHOW(create(CLOCK_REALTIME_COARSE, NULL, &id));
	SHOW(create(-1, NULL, &id));
	SHOW(create(99, (void *)8, &id));
	SHOW(create(CLOCK_MONOTONIC, (void *)8, &id));
	SHOW(create(CLOCK_MONOTONIC, NULL, (void *)8));
	event.sigev_signo = 0;
	SHOW(create(CLOCK_MONOTONIC, &event, &id));
	event.sigev_signo = 65;
	SHOW(create(CLOCK_MONOTONIC, &event, &id));
	event.sigev_notify = SIGEV_NONE;
	SHOW(create(CLOCK_MONOTONIC, &event, &id));
	SHOW(syscall(SYS_timer_delete, id));
	event.sigev_signo = SIGUSR1;
	event.sigev_notify = 3;
	SHOW(create(CLOCK_MONOTONIC, &event, &id));
	event.sigev_notify = 5;
	SHOW(create(CLOCK_MONOTONIC, &event, &id));
	event.sigev_notify = SIGEV_THREAD_ID;
	event.sigev_notify_thread_id = 0;
	SHOW(create(CLOCK_MONOTONIC, &event, &id));
	event.sigev_notify_thread_id = 1 << 21;
	SHOW(create(CLOCK_MONOTONIC, &event, &id));
	event.sigev_notify_thread_id = syscall(SYS_gettid);
	SHOW(create(CLOCK_MONOTONIC, &event, &id));
	SHOW(syscall(SYS_timer_settime, id, 0, NULL, NULL));
	SHOW(syscall(SYS_timer_settime, 12345, 0, NULL, NULL));
	SHOW(syscall(SYS_timer_settime, id, 0, 8, NULL));
	SHOW(syscall(SYS_timer_settime, 12345, 0, &s, NULL));
	s.it_value.tv_nsec = 1000000000;
	SHOW(syscall(SYS_timer_settime, 12345, 0, &s, NULL));
	SHOW(syscall(SYS_timer_settime, id, 0, &s, NULL));
	s = (struct itimerspec){{0, -1}, {0, 0}};
	SHOW(syscall(SYS_timer_settime, id, 0, &s, NULL));
	s = (struct itimerspec){{0, 0}, {-1, 0}};
	SHOW(syscall(SYS_timer_settime, id, TIMER_ABSTIME, &s, NULL));
	s = (struct itimerspec){{0, 0}, {0, 0}};
	SHOW(syscall(SYS_timer_settime, id, 0, &s, 8));
	SHOW(syscall(SYS_timer_gettime, id, NULL));
	SHOW(syscall(SYS_timer_gettime, 12345, &s));
	SHOW(syscall(SYS_timer_getoverrun, id));
	SHOW(syscall(SYS_timer_getoverrun, 12345));
	SHOW(syscall(SYS_timer_delete, id));
	SHOW(syscall(SYS_timer_delete, id));
	SHOW(syscall(SYS_timer_settime, id, 0, &s, NULL));
}

static void wait_for(int wanted)
{
	long start = now(CLOCK_MONOTONIC);
	while (count < wanted)
		CHECK(now(CLOCK_MONOTONIC) - start < 5000000000, "%d of %d", count, wanted);
}

static void ways_to_tell(void)
{
	int id;
	// Without a sigevent: SIGALRM with the id.
	SHOW(create(CLOCK_MONOTONIC, NULL, &id));
	long start = now(CLOCK_MONOTONIC);
	count = 0;
	SHOW(set(id, 0, 10000000, 0));
	long rest = left(id);
	CHECK(rest > 0 && rest <= 10000000);
	wait_for(1);
	CHECK(now(CLOCK_MONOTONIC) - start >= 10000000);
	CHECK(last_code == SI_TIMER && last_value == id && last_id == id && last_overrun == 0);
	CHECK(left(id) == 0);
	SHOW(syscall(SYS_timer_delete, id));

	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1, .sigev_value.sival_int = 77};
	static const int clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI, CLOCK_PROCESS_CPUTIME_ID,
				     CLOCK_THREAD_CPUTIME_ID};
	for (int i = 0; i < 6; i++) {
		SHOW(create(clocks[i], &event, &id));
		for (int absolute = 0; absolute < 2; absolute++) {
			count = 0;
			start = now(clocks[i]);
			SHOW(set(id, absolute ? TIMER_ABSTIME : 0, absolute ? start + 20000000 : 20000000, 0));
			wait_for(1);
			long took = now(clocks[i]) - start;
			CHECK(took >= 20000000 - (i >= 4 ? 10000000 : 0), "clock %d: %ld", clocks[i], took);
			CHECK(last_code == SI_TIMER && last_value == 77);
		}
		SHOW(syscall(SYS_timer_delete, id));
	}

	// A time that is over comes at once.
	SHOW(create(CLOCK_REALTIME, &event, &id));
	count = 0;
	SHOW(set(id, TIMER_ABSTIME, 1, 0));
	wait_for(1);
	SHOW(syscall(SYS_timer_delete, id));

	event.sigev_notify = SIGEV_THREAD_ID;
	event.sigev_notify_thread_id = syscall(SYS_gettid);
	SHOW(create(CLOCK_MONOTONIC, &event, &id));
	count = 0;
	SHOW(set(id, 0, 1000000, 1000000));
	wait_for(5);
	// Unset: no more of them.
	SHOW(set(id, 0, 0, 5));
	struct itimerspec s;
	SHOW(syscall(SYS_timer_gettime, id, &s));
	CHECK(s.it_value.tv_nsec == 0 && s.it_interval.tv_nsec == 0, "%ld", s.it_interval.tv_nsec);
	int seen = count;
	struct timespec length = {0, 20000000};
	OK(nanosleep(&length, NULL));
	CHECK(count == seen);
	SHOW(syscall(SYS_timer_delete, id));
}

static void silent(void)
{
	int id;
	struct sigevent event = {.sigev_notify = SIGEV_NONE};
	SHOW(create(CLOCK_MONOTONIC, &event, &id));
	count = 0;
	SHOW(set(id, 0, 10000000, 0));
	CHECK(left(id) > 0);
	struct timespec length = {0, 15000000};
	OK(nanosleep(&length, NULL));
	CHECK(left(id) == 0);
	SHOW(set(id, 0, 10000000, 1000000000));
	OK(nanosleep(&length, NULL));
	long rest = left(id);
	CHECK(rest > 900000000 && rest <= 1000000000, "%ld", rest);
	CHECK(count == 0);
	SHOW(syscall(SYS_timer_delete, id));
}

static void overruns(void)
{
	int id;
	sigset_t blocked, none;
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 2};
	sigemptyset(&none);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGRTMIN + 2);
	OK(sigprocmask(SIG_BLOCK, &blocked, NULL));
	SHOW(create(CLOCK_MONOTONIC, &event, &id));
	count = 0;
	SHOW(set(id, 0, 1000000, 1000000));
	struct timespec length = {0, 50500000};
	OK(nanosleep(&length, NULL));
	siginfo_t info;
	CHECK(sigtimedwait(&blocked, &info, &length) == SIGRTMIN + 2);
	CHECK(info.si_overrun >= 48 && info.si_overrun < 5000, "%d", info.si_overrun);
	CHECK(syscall(SYS_timer_getoverrun, id) == info.si_overrun);
	CHECK(info.si_code == SI_TIMER && info.si_timerid == id);
	// It goes on after that, in step with its beginning.
	CHECK(sigtimedwait(&blocked, &info, &length) == SIGRTMIN + 2);
	CHECK(info.si_overrun < 50, "%d", info.si_overrun);
	SHOW(syscall(SYS_timer_delete, id));
	while (sigtimedwait(&blocked, &info, &(struct timespec){0, 0}) > 0)
		;
	OK(sigprocmask(SIG_SETMASK, &none, NULL));

	// Many periods between two looks.
	SHOW(create(CLOCK_MONOTONIC, &event, &id));
	signal(SIGRTMIN + 2, SIG_IGN);
	SHOW(set(id, 0, 100, 100));
	OK(nanosleep(&length, NULL));
	CHECK(left(id) <= 100);
	SHOW(syscall(SYS_timer_delete, id));
}

static void old_settings(void)
{
	int id;
	struct itimerspec s = {{3, 5}, {100, 0}}, old = {{9, 9}, {9, 9}};
	SHOW(create(CLOCK_MONOTONIC, NULL, &id));
	SHOW(syscall(SYS_timer_settime, id, 0, &s, &old));
	CHECK(old.it_interval.tv_sec == 0 && old.it_interval.tv_nsec == 0 && old.it_value.tv_sec == 0 && old.it_value.tv_nsec == 0);
	SHOW(syscall(SYS_timer_settime, id, 0, &s, &old));
	CHECK(old.it_interval.tv_sec == 3 && old.it_interval.tv_nsec == 5 && old.it_value.tv_sec == 99);
	s.it_value.tv_sec = LONG_MAX;
	SHOW(syscall(SYS_timer_settime, id, 0, &s, &old));
	CHECK(left(id) > 1000000000000000000);
	SHOW(syscall(SYS_timer_delete, id));
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
	OK(sigaction(SIGALRM, &action, NULL));
	OK(sigaction(SIGRTMIN + 1, &action, NULL));
	errors();
	ways_to_tell();
	silent();
	overruns();
	old_settings();
	return 0;
}
