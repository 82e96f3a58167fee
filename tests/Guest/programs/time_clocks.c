#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include "check.h"

// Which clocks there are, and what may be done with them. CPU time of processes and threads by their ids.

#define CPU_CLOCK(pid, kind) ((int)(~(unsigned)(pid) << 3 | (kind)))
#define THREAD 4

static long spin(int clock, int microseconds)
{
	struct timespec start, t;
	OK(clock_gettime(clock, &start));
	do
		OK(clock_gettime(clock, &t));
	while ((t.tv_sec - start.tv_sec) * 1000000 + (t.tv_nsec - start.tv_nsec) / 1000 < microseconds);
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

int main(void)
{
	struct timespec t, minus = {0, -1};
	for (int clock = -8; clock < 20; clock++) {
		// What alarm clocks do depends on the machine having a real time clock.
		if (clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM)
			continue;
		printf("%d:\n", clock);
		SHOW(syscall(SYS_clock_gettime, clock, &t));
		SHOW(syscall(SYS_clock_getres, clock, &t));
		SHOW(syscall(SYS_clock_gettime, clock, NULL));
		SHOW(syscall(SYS_clock_getres, clock, NULL));
		SHOW(syscall(SYS_clock_settime, clock, NULL));
		SHOW(syscall(SYS_clock_adjtime, clock, NULL));
		struct timex read = {0};
		if (clock != CLOCK_REALTIME)
			SHOW(syscall(SYS_clock_adjtime, clock, &read));
	}
	SHOW(syscall(SYS_clock_settime, CLOCK_REALTIME, &minus));
	SHOW(syscall(SYS_clock_settime, CLOCK_MONOTONIC, &t));
	SHOW(syscall(SYS_settimeofday, 8, NULL));

	int pid = getpid();
	static const struct {
		const char *name;
		int bits;
	} kinds[] = {{"prof", 0}, {"virt", 1}, {"sched", 2}, {"none", 3}};
	for (int i = 0; i < 4; i++) {
		printf("%s:\n", kinds[i].name);
		SHOW(syscall(SYS_clock_gettime, CPU_CLOCK(0, kinds[i].bits), &t));
		SHOW(syscall(SYS_clock_gettime, CPU_CLOCK(pid, kinds[i].bits), &t));
		SHOW(syscall(SYS_clock_getres, CPU_CLOCK(pid, kinds[i].bits), &t));
		SHOW(t.tv_nsec == 1);
		SHOW(syscall(SYS_clock_gettime, CPU_CLOCK(pid, kinds[i].bits) | THREAD, &t));
		SHOW(syscall(SYS_clock_gettime, CPU_CLOCK(0x3ffff0, kinds[i].bits), &t));
		SHOW(syscall(SYS_clock_gettime, CPU_CLOCK(0x3ffff0, kinds[i].bits) | THREAD, &t));
		SHOW(syscall(SYS_clock_getres, CPU_CLOCK(0x3ffff0, kinds[i].bits), &t));
	}

	// Two names of one clock agree.
	long by_name = spin(CLOCK_PROCESS_CPUTIME_ID, 20000);
	OK(clock_gettime(CPU_CLOCK(pid, 2), &t));
	long by_id = t.tv_sec * 1000000000 + t.tv_nsec;
	CHECK(by_id >= by_name && by_id < by_name + 100000000, "%ld %ld", by_name, by_id);
	by_name = spin(CLOCK_THREAD_CPUTIME_ID, 1000);
	OK(clock_gettime(CPU_CLOCK(pid, 2) | THREAD, &t));
	by_id = t.tv_sec * 1000000000 + t.tv_nsec;
	CHECK(by_id >= by_name && by_id < by_name + 100000000, "%ld %ld", by_name, by_id);

	// Sleeping costs no CPU time.
	OK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t));
	struct timespec length = {0, 100000000}, after;
	OK(nanosleep(&length, NULL));
	OK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after));
	long used = (after.tv_sec - t.tv_sec) * 1000000000 + after.tv_nsec - t.tv_nsec;
	CHECK(used >= 0 && used < 50000000, "%ld", used);

	// Setting nothing is reading.
	struct timex state = {0};
	int status = adjtimex(&state);
	CHECK(status >= 0 && status <= 5 && state.tick >= 9000 && state.tick <= 11000, "%d", status);
	CHECK(labs(state.time.tv_sec - time(NULL)) <= 2);
	SHOW(syscall(SYS_adjtimex, 8));
	state.modes = 0x8000;
	SHOW(adjtimex(&state));
	return 0;
}
