/*
 * Where the two sides of a ping-pong run: nobody binds them, and a hand-over costs several times as
 * much between two CPUs as on one. Each notes its CPU at every 256th turn, since asking costs time too.
 */
#ifndef BENCH_PINGPONG_H
#define BENCH_PINGPONG_H

#include "bench.h"

#include <sched.h>
#include <sys/mman.h>

#define LOOK_EVERY 256

struct sides {
	volatile int cpu;
	long looks, same;
};

static inline struct sides *new_sides(void)
{
	struct sides *sides = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (sides == MAP_FAILED)
		die("mmap");
	return sides;
}

static inline void second_looks(struct sides *sides, long turn)
{
	if (turn % LOOK_EVERY == 0)
		sides->cpu = sched_getcpu();
}

static inline void first_looks(struct sides *sides, long turn)
{
	if (turn % LOOK_EVERY == 0) {
		sides->looks++;
		sides->same += sides->cpu == sched_getcpu();
	}
}

static inline void print_sides(double ns, long count, const struct sides *sides)
{
	char note[64];

	snprintf(note, sizeof(note), " on one CPU %ld %% of the time", 100 * sides->same / (sides->looks > 0 ? sides->looks : 1));
	print_ns_note(ns, count, note);
}

#endif
