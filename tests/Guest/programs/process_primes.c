// args: 4 200000
// Counts primes with threads that take blocks from a common counter, and meet at a barrier.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCK 512
#define MOST 64

static atomic_int next = 2;
static int limit, rounds[MOST];
static long found;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t all = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t start;
static int done;
static __thread long mine;

static int is_prime(int n)
{
	for (int i = 2; (long)i * i <= n; i++)
		if (n % i == 0)
			return 0;
	return 1;
}

static void *count(void *index)
{
	pthread_barrier_wait(&start);
	for (;;) {
		int from = atomic_fetch_add(&next, BLOCK);
		if (from > limit)
			break;
		for (int n = from; n < from + BLOCK && n <= limit; n++)
			mine += is_prime(n);
		rounds[(long)index]++;
	}
	pthread_mutex_lock(&lock);
	found += mine;
	done++;
	pthread_cond_signal(&all);
	pthread_mutex_unlock(&lock);
	return (void *)mine;
}

int main(int argc, char **argv)
{
	int threads = argc > 1 ? atoi(argv[1]) : 4;
	pthread_t ids[MOST];
	long sum = 0;
	int blocks = 0;
	limit = argc > 2 ? atoi(argv[2]) : 100000;
	pthread_barrier_init(&start, NULL, threads);
	for (long i = 0; i < threads; i++)
		if (pthread_create(&ids[i], NULL, count, (void *)i) != 0)
			return 1;
	pthread_mutex_lock(&lock);
	while (done < threads)
		pthread_cond_wait(&all, &lock);
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < threads; i++) {
		void *result;
		pthread_join(ids[i], &result);
		sum += (long)result;
		blocks += rounds[i];
	}
	printf("%ld primes up to %d, %ld by the threads' results, %d blocks\n", found, limit, sum, blocks);
	return 0;
}
