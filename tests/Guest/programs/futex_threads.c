// timeout: 60
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <time.h>
#include "check.h"

// Threads that wait for each other: the pthread objects, and futex calls that need somebody who waits.

#define PRIVATE FUTEX_PRIVATE_FLAG
#define THREADS 4
#define ROUNDS 2000

static uint32_t word, other;
static int counter;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static sem_t semaphore;

static long futex(void *address, int op, uint32_t value, const void *timeout, void *second, uint32_t value3)
{
	return syscall(SYS_futex, address, op, value, timeout, second, value3);
}

static void run(int threads, void *(*body)(void *))
{
	pthread_t ids[64];
	for (long i = 0; i < threads; i++)
		CHECK(pthread_create(&ids[i], NULL, body, (void *)i) == 0);
	for (int i = 0; i < threads; i++)
		CHECK(pthread_join(ids[i], NULL) == 0);
}

static void *add_under_mutex(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		int seen = counter;
		if (i % 64 == 0)
			sched_yield();
		counter = seen + 1;
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void *take_turns(void *number)
{
	for (int i = 0; i < ROUNDS / 4; i++) {
		pthread_mutex_lock(&mutex);
		while (counter % THREADS != (long)number)
			pthread_cond_wait(&changed, &mutex);
		counter++;
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void *meet(void *unused)
{
	(void)unused;
	int serial = 0;
	for (int i = 0; i < ROUNDS / 10; i++) {
		__atomic_add_fetch(&counter, 1, __ATOMIC_SEQ_CST);
		serial += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
		CHECK(__atomic_load_n(&counter, __ATOMIC_SEQ_CST) == THREADS * (i + 1));
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

static void *read_or_write(void *number)
{
	for (int i = 0; i < ROUNDS; i++) {
		if ((long)number == 0) {
			pthread_rwlock_wrlock(&rwlock);
			word++;
			other++;
			pthread_rwlock_unlock(&rwlock);
		} else {
			pthread_rwlock_rdlock(&rwlock);
			CHECK(word == other);
			pthread_rwlock_unlock(&rwlock);
		}
	}
	return NULL;
}

static void *post_or_wait(void *number)
{
	for (int i = 0; i < ROUNDS; i++) {
		if ((long)number % 2)
			OK(sem_post(&semaphore));
		else
			OK(sem_wait(&semaphore));
	}
	return NULL;
}

// One futex word, straight: value and its wake-up go back and forth.
static void *ping_pong(void *number)
{
	uint32_t mine = (uintptr_t)number;
	for (int i = 0; i < ROUNDS; i++) {
		uint32_t seen;
		while ((seen = __atomic_load_n(&word, __ATOMIC_SEQ_CST)) % 2 != mine)
			futex(&word, FUTEX_WAIT | PRIVATE, seen, NULL, NULL, 0);
		__atomic_add_fetch(&word, 1, __ATOMIC_SEQ_CST);
		futex(&word, FUTEX_WAKE | PRIVATE, 1, NULL, NULL, 0);
	}
	return NULL;
}

static int waiting, woken;

static void *wait_bit(void *bit)
{
	__atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
	long result = futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 1u << (uintptr_t)bit);
	CHECK(result == 0);
	__atomic_or_fetch(&woken, 1 << (uintptr_t)bit, __ATOMIC_SEQ_CST);
	return NULL;
}

static void settle(void)
{
	struct timespec length = {0, 50000000};
	nanosleep(&length, NULL);
}

// Until that many threads wait at the word: a requeue to itself moves and counts them.
static void until_waiting(void *address, int threads)
{
	for (int i = 0; i < 1000; i++) {
		if (futex(address, FUTEX_REQUEUE, 0, (void *)INT_MAX, address, 0) >= threads)
			return;
		struct timespec length = {0, 5000000};
		nanosleep(&length, NULL);
	}
	CHECK(0, "nobody came");
}

static void bitsets(void)
{
	pthread_t ids[4];
	word = 0;
	for (long i = 0; i < 4; i++)
		CHECK(pthread_create(&ids[i], NULL, wait_bit, (void *)i) == 0);
	until_waiting(&word, 4);
	SHOW(futex(&word, FUTEX_WAKE | PRIVATE, 10, NULL, NULL, 0));
	SHOW(futex(&word, FUTEX_WAKE_BITSET, 10, NULL, NULL, 0x10));
	SHOW(futex(&word, FUTEX_WAKE_BITSET, 10, NULL, NULL, 0x5));
	pthread_join(ids[0], NULL);
	pthread_join(ids[2], NULL);
	CHECK(woken == 0x5);
	SHOW(futex(&word, FUTEX_WAKE_BITSET, 0, NULL, NULL, 0x8));
	pthread_join(ids[3], NULL);
	SHOW(futex(&word, FUTEX_WAKE, 10, NULL, NULL, 0));
	pthread_join(ids[1], NULL);
}

static void *wait_word(void *unused)
{
	(void)unused;
	CHECK(futex(&word, FUTEX_WAIT, 0, NULL, NULL, 0) == 0);
	return NULL;
}

static void requeues(void)
{
	pthread_t ids[5];
	word = other = 0;
	for (int i = 0; i < 5; i++)
		CHECK(pthread_create(&ids[i], NULL, wait_word, NULL) == 0);
	until_waiting(&word, 5);
	SHOW(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)2, &other, 7));
	SHOW(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)2, &other, 0));
	SHOW(futex(&other, FUTEX_WAKE, 1, NULL, NULL, 0));
	SHOW(futex(&word, FUTEX_REQUEUE, 0, (void *)100, &other, 0));
	SHOW(futex(&word, FUTEX_WAKE, 100, NULL, NULL, 0));
	// Wakes here, adds there, and wakes there since it was 0.
	SHOW(futex(&word, FUTEX_WAKE_OP, 100, (void *)2, &other, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 0)));
	CHECK(other == 3);
	SHOW(futex(&other, FUTEX_WAKE, 100, NULL, NULL, 0));
	for (int i = 0; i < 5; i++)
		pthread_join(ids[i], NULL);
}

struct waiter {
	uint64_t value, address;
	uint32_t flags, reserved;
};

static uint32_t many[3];

static void *wait_many(void *result)
{
	struct waiter w[3];
	for (int i = 0; i < 3; i++)
		w[i] = (struct waiter){0, (uintptr_t)&many[i], 2, 0};
	*(long *)result = syscall(449, w, 3, 0, NULL, 0);
	return NULL;
}

static void waitv(void)
{
	for (int i = 0; i < 3; i++) {
		long result = -1;
		pthread_t id;
		CHECK(pthread_create(&id, NULL, wait_many, &result) == 0);
		until_waiting(&many[i], 1);
		SHOW(futex(&many[i], FUTEX_WAKE, 1, NULL, NULL, 0));
		pthread_join(id, NULL);
		printf("index %ld\n", result);
		SHOW(futex(&many[(i + 1) % 3], FUTEX_WAKE, 1, NULL, NULL, 0));
	}
}

static void timeouts(void)
{
	struct timespec at;
	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_nsec += 30000000;
	at.tv_sec += at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	pthread_mutex_lock(&mutex);
	printf("%s\n", errno_name(pthread_cond_timedwait(&changed, &mutex, &at)));
	pthread_mutex_unlock(&mutex);
	clock_gettime(CLOCK_REALTIME, &at);
	sem_init(&semaphore, 0, 0);
	SHOW(sem_timedwait(&semaphore, &at));
	pthread_rwlock_rdlock(&rwlock);
	printf("%s\n", errno_name(pthread_rwlock_timedwrlock(&rwlock, &at)));
	pthread_rwlock_unlock(&rwlock);
}

int main(void)
{
	counter = 0;
	run(THREADS, add_under_mutex);
	CHECK(counter == THREADS * ROUNDS, "%d", counter);
	counter = 0;
	run(THREADS, take_turns);
	CHECK(counter == THREADS * (ROUNDS / 4));
	counter = 0;
	pthread_barrier_init(&barrier, NULL, THREADS);
	run(THREADS, meet);
	word = other = 0;
	run(THREADS, read_or_write);
	CHECK(word == ROUNDS);
	sem_init(&semaphore, 0, 0);
	run(THREADS, post_or_wait);
	int value;
	OK(sem_getvalue(&semaphore, &value));
	CHECK(value == 0);
	word = 0;
	run(2, ping_pong);
	CHECK(word == 2 * ROUNDS);
	bitsets();
	requeues();
	waitv();
	timeouts();
	settle();
	return 0;
}
