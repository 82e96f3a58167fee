#include <sys/time.h>
#include <time.h>
#include "check.h"

static long nanoseconds(int clock)
{
	struct timespec t;
	CHECK(syscall(SYS_clock_gettime, clock, &t) == 0, "clock %d", clock);
	CHECK(t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

int main(void)
{
	static const int clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
				     CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME};
	for (unsigned i = 0; i < sizeof(clocks) / sizeof(*clocks); i++) {
		long last = nanoseconds(clocks[i]);
		for (int k = 0; k < 2000; k++) {
			long now = nanoseconds(clocks[i]);
			CHECK(now >= last, "clock %d went back", clocks[i]);
			last = now;
		}
		struct timespec resolution;
		OK(syscall(SYS_clock_getres, clocks[i], &resolution));
		CHECK(resolution.tv_sec == 0 && resolution.tv_nsec >= 1 && resolution.tv_nsec <= 10000000);
	}

	// All agree on what time it is, whichever way it is asked.
	long real = nanoseconds(CLOCK_REALTIME) / 1000000000;
	struct timeval tv;
	OK(gettimeofday(&tv, NULL));
	struct timespec libc;
	OK(clock_gettime(CLOCK_REALTIME, &libc));
	CHECK(labs(time(NULL) - real) <= 2 && labs(tv.tv_sec - real) <= 2 && labs(libc.tv_sec - real) <= 2);
	CHECK(labs(syscall(SYS_time, NULL) - real) <= 2);
	CHECK(real > 1700000000, "after 2023");

	// CPU time passes when computing, at no more than the speed of the clock.
	long cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID), wall = nanoseconds(CLOCK_MONOTONIC);
	for (volatile long i = 0; i < 50000000; i++)
		;
	cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	wall = nanoseconds(CLOCK_MONOTONIC) - wall;
	CHECK(cpu > 5000000 && cpu <= wall + 20000000, "cpu %ld wall %ld", cpu, wall);

	SHOW(syscall(SYS_clock_gettime, 99, &libc));
	SHOW(syscall(SYS_clock_gettime, -1, &libc));
	SHOW(syscall(SYS_clock_gettime, CLOCK_REALTIME, NULL));
	SHOW(syscall(SYS_clock_getres, 99, &libc));
	SHOW(syscall(SYS_clock_getres, CLOCK_REALTIME, NULL));
	SHOW(syscall(SYS_gettimeofday, NULL, NULL));
	SHOW(syscall(SYS_gettimeofday, 1, NULL));
	SHOW(syscall(SYS_time, 1));
	return 0;
}
