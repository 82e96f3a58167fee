/* As many threads as iterations, all there at once: nanoseconds for each to be made, run and joined. */
#include "bench.h"

#include <errno.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t go = PTHREAD_COND_INITIALIZER;
static int is_open;

static void *wait_for_go(void *unused)
{
	pthread_mutex_lock(&lock);
	while (!is_open)
		pthread_cond_wait(&go, &lock);
	pthread_mutex_unlock(&lock);
	return unused;
}

int main(int argc, char **argv)
{
	long n = iterations(argc, argv);
	pthread_t *threads = calloc(n, sizeof(*threads));
	pthread_attr_t small;
	double start = now();

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 * 1024);
	for (long i = 0; i < n; i++) {
		errno = pthread_create(&threads[i], &small, wait_for_go, NULL);
		if (errno != 0)
			die("pthread_create");
	}
	pthread_mutex_lock(&lock);
	is_open = 1;
	pthread_cond_broadcast(&go);
	pthread_mutex_unlock(&lock);
	for (long i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	print_ns(now() - start, n);
	return 0;
}
