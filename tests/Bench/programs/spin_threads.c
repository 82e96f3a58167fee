/* The same work by two threads: `spin_threads N together` at once, `apart` one after the other. */
#include "bench.h"

#include <errno.h>
#include <pthread.h>

static void *spin(void *n)
{
	for (volatile long i = 0; i < *(long *)n; i++)
		;
	return NULL;
}

int main(int argc, char **argv)
{
	long n = iterations(argc, argv);
	int together = strcmp(argument(argc, argv, 2), "together") == 0;
	pthread_t threads[2];
	double start = now();

	for (int i = 0; i < 2; i++) {
		errno = pthread_create(&threads[i], NULL, spin, &n);
		if (errno != 0)
			die("pthread_create");
		if (!together)
			pthread_join(threads[i], NULL);
	}
	for (int i = 0; together && i < 2; i++)
		pthread_join(threads[i], NULL);
	print_ns(now() - start, n);
	return 0;
}
