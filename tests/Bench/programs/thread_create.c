/* pthread_create of a thread that returns, and its join. */
#include "bench.h"

#include <errno.h>
#include <pthread.h>

static void *nothing(void *argument)
{
	return argument;
}

int main(int argc, char **argv)
{
	long n = iterations(argc, argv);
	double start = now();

	for (long i = 0; i < n; i++) {
		pthread_t thread;

		errno = pthread_create(&thread, NULL, nothing, NULL);
		if (errno != 0)
			die("pthread_create");
		errno = pthread_join(thread, NULL);
		if (errno != 0)
			die("pthread_join");
	}
	print_ns(now() - start, n);
	return 0;
}
