// The vDSO's symbols by name and version, and that the functions behind them work; for programs of several libcs.
#include <sched.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "vdso_parse.h"

static const char *const names[] = {"clock_gettime", "gettimeofday", "time", "clock_getres", "getcpu"};

int main(void)
{
	struct vdso vdso;
	char name[64];

	if (!vdso_open(&vdso, (const void *)getauxval(AT_SYSINFO_EHDR))) {
		printf("no vDSO\n");
		return 1;
	}
	printf("%s\n", vdso.soname);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(name, sizeof(name), "__vdso_%s", names[i]);
		void *function = vdso_symbol(&vdso, name, "LINUX_2.6");
		printf("%s: %s, alias %s, other version %s\n", name, function ? "found" : "missing",
		       vdso_symbol(&vdso, names[i], "LINUX_2.6") == function ? "the same" : "differs",
		       vdso_symbol(&vdso, name, "LINUX_2.5") ? "found" : "missing");
	}
	printf("nonsense %s\n", vdso_symbol(&vdso, "__vdso_nonsense", "LINUX_2.6") ? "found" : "missing");

	int (*vdso_clock_gettime)(clockid_t, struct timespec *) = vdso_symbol(&vdso, "__vdso_clock_gettime", "LINUX_2.6");
	int (*vdso_clock_getres)(clockid_t, struct timespec *) = vdso_symbol(&vdso, "__vdso_clock_getres", "LINUX_2.6");
	int (*vdso_gettimeofday)(struct timeval *, void *) = vdso_symbol(&vdso, "__vdso_gettimeofday", "LINUX_2.6");
	time_t (*vdso_time)(time_t *) = vdso_symbol(&vdso, "__vdso_time", "LINUX_2.6");
	long (*vdso_getcpu)(unsigned *, unsigned *, void *) = vdso_symbol(&vdso, "__vdso_getcpu", "LINUX_2.6");

	struct timespec before, now, after, resolution, expected;
	int id = 0;
	for (int clock = -7; clock <= 14; clock++) {
		long first = syscall(SYS_clock_gettime, clock, &before);
		int result = vdso_clock_gettime(clock, &now);
		syscall(SYS_clock_gettime, clock, &after);
		int between = now.tv_sec * 1000000000ll + now.tv_nsec >= before.tv_sec * 1000000000ll + before.tv_nsec
			&& now.tv_sec * 1000000000ll + now.tv_nsec <= after.tv_sec * 1000000000ll + after.tv_nsec;
		long second = syscall(SYS_clock_getres, clock, &expected);
		resolution = expected;
		resolution.tv_nsec ^= second == 0;
		int result2 = vdso_clock_getres(clock, &resolution);
		printf("clock %d: %d%s, resolution %d%s\n", clock, result,
		       (result == 0) == (first == 0) && (result != 0 || between) ? "" : " WRONG", result2,
		       (result2 == 0) == (second == 0) && resolution.tv_sec == expected.tv_sec && resolution.tv_nsec == expected.tv_nsec ? "" : " WRONG");
		id += result == 0;
	}
	printf("%d clocks, no resolution wanted %d\n", id, vdso_clock_getres(CLOCK_MONOTONIC, NULL));

	struct timeval value, value_after;
	struct { int west, dst; } zone = {5, 5};
	syscall(SYS_clock_gettime, CLOCK_REALTIME, &before);
	int result = vdso_gettimeofday(&value, &zone);
	syscall(SYS_gettimeofday, &value_after, NULL);
	printf("gettimeofday %d %d, zone %d %d, without %d\n", result,
	       value.tv_sec * 1000000ll + value.tv_usec >= before.tv_sec * 1000000ll + before.tv_nsec / 1000
		       && value.tv_sec * 1000000ll + value.tv_usec <= value_after.tv_sec * 1000000ll + value_after.tv_usec,
	       zone.west, zone.dst, vdso_gettimeofday(NULL, NULL));

	time_t first = syscall(SYS_time, NULL), stored = 0, second = vdso_time(&stored), third = syscall(SYS_time, NULL);
	printf("time %d %d %d\n", first <= second && second <= third, stored == second, vdso_time(NULL) >= second);

	unsigned cpu = -1, node = -1, cpu2 = -2, node2 = -2;
	cpu_set_t set;
	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof(set), &set);
	for (int cpus = 0; cpus < CPU_SETSIZE; cpus++) {
		if (!CPU_ISSET(cpus, &set))
			continue;
		cpu_set_t one;
		CPU_ZERO(&one);
		CPU_SET(cpus, &one);
		sched_setaffinity(0, sizeof(one), &one);
		result = (int)vdso_getcpu(&cpu, &node, NULL);
		syscall(SYS_getcpu, &cpu2, &node2, NULL);
		if (result != 0 || cpu != (unsigned)cpus || cpu2 != cpu || node2 != node)
			printf("getcpu %d: %d %u %u, system call %u %u\n", cpus, result, cpu, node, cpu2, node2);
	}
	printf("getcpu done %ld\n", vdso_getcpu(NULL, NULL, NULL));
	return 0;
}
