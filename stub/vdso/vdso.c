/*
 * What guests call without a system call. Of each function there are variants; the supervisor makes the symbol that
 * guests look up lead to the one for this machine (Vdso/VdsoImage.cs). As linked, it leads to one that works
 * everywhere.
 *
 * Time comes from the host's own vDSO: the host keeps its data current, so that guest, host and supervisor agree to
 * the nanosecond, however the clock is slewed or set, and nobody has to wake up for it. These are tail calls.
 */
#include "vdso.h"

#define __NR_gettimeofday	96
#define __NR_time		201
#define __NR_clock_gettime	228
#define __NR_clock_getres	229

/* The segment whose limit, and the processor register whose value, is the host's CPU and node. */
#define CPU_NODE_SEGMENT	0x7b
#define CPU_BITS		12

#define EXPORT			__attribute__((visibility("default")))

/* The symbol that is patched, and its name without a prefix. */
#define FUNCTION(result, name, variant, parameters)					\
	EXPORT result __vdso_##name parameters __attribute__((alias(#name "_" #variant)));	\
	EXPORT result name parameters __attribute__((weak, alias(#name "_" #variant)))

static inline long call(long number, unsigned long a, unsigned long b)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b) : "rcx", "r11", "memory");
	return result;
}

int clock_gettime_host(int clock, struct timespec *now);
int clock_gettime_syscall(int clock, struct timespec *now);
int clock_getres_host(int clock, struct timespec *resolution);
int clock_getres_syscall(int clock, struct timespec *resolution);
int gettimeofday_host(struct timeval *now, struct timezone *zone);
int gettimeofday_syscall(struct timeval *now, struct timezone *zone);
long time_host(long *now);
long time_syscall(long *now);
long getcpu_rdpid(u32 *cpu, u32 *node, void *unused);
long getcpu_lsl(u32 *cpu, u32 *node, void *unused);
const u32 *__kernel_get_syscall_map(u32 *count);

int clock_gettime_host(int clock, struct timespec *now)
{
	return vdso_data.clock_gettime(clock, now);
}

int clock_gettime_syscall(int clock, struct timespec *now)
{
	return (int)call(__NR_clock_gettime, (unsigned long)clock, (unsigned long)now);
}

FUNCTION(int, clock_gettime, syscall, (int clock, struct timespec *now));

int clock_getres_host(int clock, struct timespec *resolution)
{
	return vdso_data.clock_getres(clock, resolution);
}

int clock_getres_syscall(int clock, struct timespec *resolution)
{
	return (int)call(__NR_clock_getres, (unsigned long)clock, (unsigned long)resolution);
}

FUNCTION(int, clock_getres, syscall, (int clock, struct timespec *resolution));

int gettimeofday_host(struct timeval *now, struct timezone *zone)
{
	return vdso_data.gettimeofday(now, zone);
}

int gettimeofday_syscall(struct timeval *now, struct timezone *zone)
{
	return (int)call(__NR_gettimeofday, (unsigned long)now, (unsigned long)zone);
}

FUNCTION(int, gettimeofday, syscall, (struct timeval *now, struct timezone *zone));

long time_host(long *now)
{
	return vdso_data.time(now);
}

long time_syscall(long *now)
{
	return call(__NR_time, (unsigned long)now, 0);
}

FUNCTION(long, time, syscall, (long *now));

static inline long split(u32 value, u32 *cpu, u32 *node)
{
	if (cpu)
		*cpu = value & ((1u << CPU_BITS) - 1);
	if (node)
		*node = value >> CPU_BITS;
	return 0;
}

long getcpu_rdpid(u32 *cpu, u32 *node, void *unused)
{
	unsigned long value;

	(void)unused;
	__asm__ volatile("rdpid %0" : "=r"(value));
	return split((u32)value, cpu, node);
}

long getcpu_lsl(u32 *cpu, u32 *node, void *unused)
{
	u32 value;

	(void)unused;
	__asm__ volatile("lsl %1, %0" : "=r"(value) : "r"(CPU_NODE_SEGMENT) : "cc");
	return split(value, cpu, node);
}

FUNCTION(long, getcpu, lsl, (u32 *cpu, u32 *node, void *unused));

/* The map of the system calls that there are, and how many numbers it tells of. */
EXPORT const u32 *__kernel_get_syscall_map(u32 *count)
{
	if (count)
		*count = vdso_data.syscall_count;
	return vdso_data.syscall_map;
}
