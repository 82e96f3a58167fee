/* clock_gettime the way libc does it: through the vDSO where there is one. */
#include "bench.h"

int main(int argc, char **argv)
{
	long n = iterations(argc, argv);
	struct timespec ts;
	double start = now();

	for (long i = 0; i < n; i++)
		clock_gettime(CLOCK_MONOTONIC, &ts);
	print_ns(now() - start, n);
	return 0;
}
