#include <linux/sched.h>
#include <sched.h>
#include <sys/resource.h>
#include <time.h>
#include "check.h"

// Policies, priorities, affinity, membarrier, as an ordinary user: what is refused, and what is remembered.

#define NOBODY 0x3ffff0

struct attr {
	unsigned size, policy;
	unsigned long flags;
	int nice;
	unsigned priority;
	unsigned long runtime, deadline, period;
	unsigned util[2];
	char more[8];
};

static void policies(void)
{
	struct sched_param zero = {0}, one = {1}, p;
	for (int policy = -1; policy < 7; policy++) {
		printf("%d:\n", policy);
		SHOW(syscall(SYS_sched_get_priority_max, policy));
		SHOW(syscall(SYS_sched_get_priority_min, policy));
		SHOW(syscall(SYS_sched_setscheduler, 0, policy, &one));
		if (policy == SCHED_IDLE)
			continue;
		SHOW(syscall(SYS_sched_setscheduler, 0, policy, &zero));
		SHOW(syscall(SYS_sched_getscheduler, 0));
	}
	SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &zero));
	SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, NULL));
	SHOW(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, 8));
	SHOW(syscall(SYS_sched_setscheduler, -1, SCHED_OTHER, &zero));
	SHOW(syscall(SYS_sched_setscheduler, NOBODY, SCHED_OTHER, &zero));
	SHOW(syscall(SYS_sched_getscheduler, -1));
	SHOW(syscall(SYS_sched_getscheduler, NOBODY));
	SHOW(syscall(SYS_sched_getscheduler, getpid()));
	SHOW(syscall(SYS_sched_getparam, 0, &p));
	CHECK(p.sched_priority == 0);
	SHOW(syscall(SYS_sched_getparam, 0, NULL));
	SHOW(syscall(SYS_sched_getparam, 0, 8));
	SHOW(syscall(SYS_sched_getparam, -1, &p));
	SHOW(syscall(SYS_sched_getparam, NOBODY, &p));
	SHOW(syscall(SYS_sched_setparam, 0, &zero));
	SHOW(syscall(SYS_sched_setparam, 0, &one));
	SHOW(syscall(SYS_sched_setparam, 0, NULL));
	SHOW(syscall(SYS_sched_setparam, 0, 8));
	SHOW(syscall(SYS_sched_setparam, -1, &zero));
	struct timespec interval;
	SHOW(syscall(SYS_sched_rr_get_interval, 0, &interval));
	SHOW(syscall(SYS_sched_rr_get_interval, -1, &interval));
	SHOW(syscall(SYS_sched_rr_get_interval, NOBODY, &interval));
	SHOW(syscall(SYS_sched_rr_get_interval, 0, 8));
	SHOW(sched_yield());
}

static void attributes(void)
{
	struct attr a = {0};
	for (unsigned size = 47; size < 58; size++) {
		a.size = 0;
		printf("%u: ", size);
		SHOW(syscall(SYS_sched_getattr, 0, &a, size, 0));
		printf("%u %u %lx %d %u\n", a.size, a.policy, a.flags, a.nice, a.priority);
	}
	SHOW(syscall(SYS_sched_getattr, 0, &a, 5000, 0));
	SHOW(syscall(SYS_sched_getattr, 0, &a, 48, 1));
	SHOW(syscall(SYS_sched_getattr, 0, NULL, 48, 0));
	SHOW(syscall(SYS_sched_getattr, 0, 8, 48, 0));
	SHOW(syscall(SYS_sched_getattr, NOBODY, &a, 48, 0));
	SHOW(syscall(SYS_sched_getattr, -1, &a, 48, 0));
	static const unsigned sizes[] = {0, 1, 47, 48, 56, 64, 4096, 4097, 1u << 31};
	static char room[8192];
	struct attr *large = (struct attr *)room;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		memset(room, 0, sizeof(room));
		large->size = sizes[i];
		printf("%u: ", sizes[i]);
		SHOW(syscall(SYS_sched_setattr, 0, large, 0));
		printf("%u\n", large->size);
	}
	memset(room, 0, sizeof(room));
	large->size = 64;
	room[63] = 1;
	SHOW(syscall(SYS_sched_setattr, 0, room, 0));
	a = (struct attr){.size = 48, .policy = SCHED_BATCH, .nice = 7};
	SHOW(syscall(SYS_sched_setattr, 0, &a, 0));
	SHOW(syscall(SYS_sched_getscheduler, 0));
	SHOW(syscall(SYS_getpriority, PRIO_PROCESS, 0));
	a.nice = 100;
	SHOW(syscall(SYS_sched_setattr, 0, &a, 0));
	SHOW(syscall(SYS_getpriority, PRIO_PROCESS, 0));
	a.nice = -5;
	SHOW(syscall(SYS_sched_setattr, 0, &a, 0));
	a.nice = 19;
	a.flags = 0x100;
	SHOW(syscall(SYS_sched_setattr, 0, &a, 0));
	a.flags = SCHED_FLAG_RESET_ON_FORK;
	SHOW(syscall(SYS_sched_setattr, 0, &a, 0));
	SHOW(syscall(SYS_sched_getscheduler, 0));
	a.flags = 0;
	SHOW(syscall(SYS_sched_setattr, 0, &a, 0));
	a.policy = 99;
	SHOW(syscall(SYS_sched_setattr, 0, &a, 0));
	a.policy = -1;
	SHOW(syscall(SYS_sched_setattr, 0, &a, 0));
	a.policy = SCHED_FIFO;
	SHOW(syscall(SYS_sched_setattr, 0, &a, 0));
	a.priority = 5;
	SHOW(syscall(SYS_sched_setattr, 0, &a, 0));
	SHOW(syscall(SYS_sched_setattr, 0, NULL, 0));
	SHOW(syscall(SYS_sched_setattr, 0, &a, 1));
	SHOW(syscall(SYS_sched_setattr, -1, &a, 0));
	SHOW(syscall(SYS_sched_setattr, 0, 8, 0));
	a = (struct attr){.size = 48};
	SHOW(syscall(SYS_sched_setattr, NOBODY, &a, 0));
}

static void nice_values(void)
{
	SHOW(syscall(SYS_getpriority, 3, 0));
	SHOW(syscall(SYS_getpriority, -1, 0));
	SHOW(syscall(SYS_getpriority, PRIO_PROCESS, NOBODY));
	SHOW(syscall(SYS_getpriority, PRIO_PROCESS, getpid()));
	SHOW(syscall(SYS_getpriority, PRIO_PGRP, 0) > 0);
	SHOW(syscall(SYS_getpriority, PRIO_PGRP, NOBODY));
	SHOW(syscall(SYS_getpriority, PRIO_USER, 0) > 0);
	SHOW(syscall(SYS_getpriority, PRIO_USER, 54321));
	SHOW(syscall(SYS_setpriority, 3, 0, 0));
	SHOW(syscall(SYS_setpriority, PRIO_PROCESS, NOBODY, 0));
	SHOW(syscall(SYS_setpriority, PRIO_PROCESS, 0, 19));
	SHOW(syscall(SYS_setpriority, PRIO_PROCESS, 0, 1000));
	SHOW(syscall(SYS_getpriority, PRIO_PROCESS, 0));
	SHOW(syscall(SYS_setpriority, PRIO_PROCESS, 0, 5));
	SHOW(nice(0));
	SHOW(nice(-1));
}

static void io_priorities(void)
{
	enum { GET = 252, SET = 251 };
	SHOW(syscall(GET, 1, 0));
	SHOW(syscall(GET, 0, 0));
	SHOW(syscall(GET, 4, 0));
	SHOW(syscall(GET, 1, NOBODY));
	SHOW(syscall(GET, 2, NOBODY));
	SHOW(syscall(SET, 1, 0, 2 << 13 | 3));
	SHOW(syscall(GET, 1, 0));
	SHOW(syscall(GET, 1, getpid()));
	SHOW(syscall(SET, 1, 0, 3 << 13));
	SHOW(syscall(GET, 1, 0));
	SHOW(syscall(SET, 1, 0, 1 << 13));
	SHOW(syscall(SET, 1, 0, 4));
	SHOW(syscall(SET, 1, 0, 5 << 13));
	SHOW(syscall(SET, 4, 0, 0));
	SHOW(syscall(SET, 1, NOBODY, 0));
	SHOW(syscall(SET, 1, 0, 0));
}

static void affinity(void)
{
	unsigned long mask[128], all[128];
	memset(all, 0, sizeof(all));
	CHECK(syscall(SYS_sched_getaffinity, 0, sizeof(all), all) >= 8);
	int last = 0, first = -1, cpus = 0;
	for (int i = 0; i < 8192; i++)
		if (all[i / 64] >> i % 64 & 1) {
			last = i;
			first = first < 0 ? i : first;
			cpus++;
		}
	CHECK(cpus >= 1);
	unsigned cpu = 1 << 20, node = 1 << 20;
	SHOW(syscall(SYS_getcpu, &cpu, &node, NULL));
	CHECK(cpu < 8192 && (all[cpu / 64] >> cpu % 64 & 1) && node < 1024);
	SHOW(syscall(SYS_getcpu, NULL, NULL, NULL));
	SHOW(syscall(SYS_getcpu, 8, NULL, NULL));
	SHOW(syscall(SYS_sched_getaffinity, 0, 0, mask));
	SHOW(syscall(SYS_sched_getaffinity, 0, 4, mask));
	SHOW(syscall(SYS_sched_getaffinity, 0, 1020, mask));
	SHOW(syscall(SYS_sched_getaffinity, 0, sizeof(mask), 8));
	SHOW(syscall(SYS_sched_getaffinity, NOBODY, sizeof(mask), mask));
	memset(mask, 0, sizeof(mask));
	SHOW(syscall(SYS_sched_setaffinity, 0, sizeof(mask), mask));
	mask[first / 64] = 1ul << first % 64;
	SHOW(syscall(SYS_sched_setaffinity, 0, sizeof(mask), mask));
	unsigned long got[128] = {0};
	CHECK(syscall(SYS_sched_getaffinity, 0, sizeof(got), got) >= 8);
	CHECK(memcmp(mask, got, sizeof(mask)) == 0);
	SHOW(syscall(SYS_sched_setaffinity, 0, sizeof(mask), 8));
	SHOW(syscall(SYS_sched_setaffinity, NOBODY, sizeof(mask), mask));
	SHOW(syscall(SYS_sched_setaffinity, 0, 0, mask));
	memset(mask, 0xff, sizeof(mask));
	SHOW(syscall(SYS_sched_setaffinity, 0, sizeof(mask), mask));
	CHECK(syscall(SYS_sched_getaffinity, 0, sizeof(got), got) >= 8);
	CHECK(memcmp(all, got, sizeof(all)) == 0, "only those that there are");
	(void)last;
}

static void barriers(void)
{
	enum { GLOBAL = 1, GLOBAL_FAST = 2, REGISTER_GLOBAL = 4, PRIVATE = 8, REGISTER = 16, CORE = 32, REGISTER_CORE = 64, REGISTRATIONS = 512 };
	long commands = syscall(SYS_membarrier, 0, 0, 0);
	CHECK((commands & (GLOBAL | PRIVATE | REGISTER)) == (GLOBAL | PRIVATE | REGISTER), "%lx", commands);
	SHOW(syscall(SYS_membarrier, 0, 1, 0));
	SHOW(syscall(SYS_membarrier, 3, 0, 0));
	SHOW(syscall(SYS_membarrier, 1024, 0, 0));
	SHOW(syscall(SYS_membarrier, PRIVATE, 0, 0));
	SHOW(syscall(SYS_membarrier, CORE, 0, 0));
	SHOW(syscall(SYS_membarrier, REGISTRATIONS, 0, 0));
	SHOW(syscall(SYS_membarrier, REGISTER, 0, 0));
	SHOW(syscall(SYS_membarrier, PRIVATE, 0, 0));
	SHOW(syscall(SYS_membarrier, PRIVATE, 1, 0));
	SHOW(syscall(SYS_membarrier, CORE, 0, 0));
	SHOW(syscall(SYS_membarrier, REGISTER_CORE, 0, 0));
	SHOW(syscall(SYS_membarrier, CORE, 0, 0));
	SHOW(syscall(SYS_membarrier, GLOBAL, 0, 0));
	SHOW(syscall(SYS_membarrier, GLOBAL_FAST, 0, 0));
	SHOW(syscall(SYS_membarrier, REGISTER_GLOBAL, 0, 0));
	SHOW(syscall(SYS_membarrier, REGISTRATIONS, 0, 0));
}

int main(void)
{
	if (getuid() == 0)
		OK(setuid(65534));
	policies();
	affinity();
	barriers();
	io_priorities();
	nice_values();
	attributes();
	return 0;
}
