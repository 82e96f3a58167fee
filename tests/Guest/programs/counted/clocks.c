// Reads clocks and the processor's number as often as asked, six ways.
#include <sched.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

int main(int argc, char **argv)
{
	struct timespec t;
	struct timeval v;
	unsigned cpu, node;
	long n = argc > 1 ? atol(argv[1]) : 1;

	for (long i = 0; i < n; i++)
		if (clock_gettime(CLOCK_REALTIME, &t) || clock_gettime(CLOCK_TAI, &t) || clock_getres(CLOCK_MONOTONIC, &t) || gettimeofday(&v, NULL)
		    || time(NULL) < v.tv_sec - 1 || getcpu(&cpu, &node))
			return 1;
	return 0;
}
