/*
 * What every benchmark program shares: `PROGRAM ITERATIONS [ARGS]` times its own loop and prints
 * nanoseconds per iteration on stdout. Under umlhost the clock is a trap like any other, so a loop
 * has to last long enough (the runner sees to it) for two of them not to count.
 */
#ifndef BENCH_H
#define BENCH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAGE 4096UL

/* The runner shows the last line of stderr as the reason of "n/a". */
static inline void die(const char *what)
{
	perror(what);
	exit(1);
}

static inline long iterations(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: %s ITERATIONS [ARGS]\n", argv[0]);
		exit(2);
	}
	return atol(argv[1]);
}

static inline const char *argument(int argc, char **argv, int index)
{
	if (index >= argc) {
		fprintf(stderr, "%s: argument %d is missing\n", argv[0], index);
		exit(2);
	}
	return argv[index];
}

static inline double now(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) != 0)
		die("clock_gettime");
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

/* The note goes to the row's notes. */
static inline void print_ns_note(double ns, long count, const char *note)
{
	printf("%.2f%s\n", count > 0 ? ns / count : 0.0, note);
	if (fflush(stdout) != 0)
		die("stdout");
}

static inline void print_ns(double ns, long count)
{
	print_ns_note(ns, count, "");
}

#endif
