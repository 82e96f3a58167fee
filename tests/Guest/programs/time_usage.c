#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include "check.h"

// times, getrusage, sysinfo: sane, and growing with what is done.

static long user(int who)
{
	struct rusage usage;
	OK(getrusage(who, &usage));
	CHECK(usage.ru_utime.tv_usec >= 0 && usage.ru_utime.tv_usec < 1000000);
	return usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec;
}

static void spin(long milliseconds)
{
	long end = user(RUSAGE_SELF) + milliseconds * 1000;
	while (user(RUSAGE_SELF) < end)
		for (volatile int i = 0; i < 100000; i++)
			;
}

int main(void)
{
	struct rusage usage;
	struct tms before, after;
	SHOW(syscall(SYS_getrusage, 2, &usage));
	SHOW(syscall(SYS_getrusage, -2, &usage));
	SHOW(syscall(SYS_getrusage, 2, NULL));
	SHOW(syscall(SYS_getrusage, RUSAGE_SELF, NULL));
	SHOW(syscall(SYS_times, 8));
	SHOW(syscall(SYS_times, NULL) != -1);
	SHOW(syscall(SYS_sysinfo, NULL));

	clock_t start = times(&before);
	long children = user(RUSAGE_CHILDREN);
	CHECK(children == 0);
	spin(60);
	clock_t end = times(&after);
	CHECK(end - start >= 4, "%ld ticks", end - start);
	CHECK(after.tms_utime - before.tms_utime >= 4, "%ld", after.tms_utime - before.tms_utime);
	CHECK(after.tms_cutime == 0 && after.tms_cstime == 0);
	CHECK(user(RUSAGE_THREAD) >= 60000);

	OK(getrusage(RUSAGE_SELF, &usage));
	CHECK(usage.ru_maxrss > 20, "%ld", usage.ru_maxrss);
	static volatile char block[32 << 20];
	for (size_t i = 0; i < sizeof(block); i += 4096)
		block[i] = 1;
	OK(getrusage(RUSAGE_SELF, &usage));
	CHECK(usage.ru_maxrss >= 32 << 10, "%ld", usage.ru_maxrss);
	CHECK(usage.ru_minflt > 0);

	pid_t child = fork();
	if (child == 0) {
		spin(50);
		_exit(0);
	}
	int status;
	struct rusage of_child;
	CHECK(wait4(child, &status, 0, &of_child) == child && status == 0);
	CHECK(of_child.ru_utime.tv_sec * 1000000 + of_child.ru_utime.tv_usec >= 50000);
	CHECK(user(RUSAGE_CHILDREN) >= 50000);
	OK(times(&after));
	CHECK(after.tms_cutime >= 4);

	struct sysinfo system;
	OK(sysinfo(&system));
	CHECK(system.uptime > 0 && system.procs >= 1 && system.mem_unit >= 1 && system.totalram >= system.freeram && system.totalram > 0);
	struct timespec boot;
	OK(clock_gettime(CLOCK_BOOTTIME, &boot));
	CHECK(labs(system.uptime - boot.tv_sec) <= 2);
	return 0;
}
