// timeout: 60
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include "check.h"

// Robust mutexes whose owner is gone, priority-inheriting mutexes, and futexes that processes share.

#define ROUNDS 1000

static uint32_t word, lock;
static int counter;

static long futex(void *address, int op, uint32_t value, const void *timeout, void *second, uint32_t value3)
{
	return syscall(SYS_futex, address, op, value, timeout, second, value3);
}

static void nap(long milliseconds)
{
	struct timespec length = {milliseconds / 1000, milliseconds % 1000 * 1000000};
	nanosleep(&length, NULL);
}

static void init(pthread_mutex_t *mutex, int robust, int pi, int shared)
{
	pthread_mutexattr_t attributes;
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setrobust(&attributes, robust ? PTHREAD_MUTEX_ROBUST : PTHREAD_MUTEX_STALLED);
	pthread_mutexattr_setprotocol(&attributes, pi ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE);
	pthread_mutexattr_setpshared(&attributes, shared ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE);
	CHECK(pthread_mutex_init(mutex, &attributes) == 0);
}

static void *lock_and_end(void *mutex)
{
	CHECK(pthread_mutex_lock(mutex) == 0);
	nap(30);
	return NULL;
}

static void owner_thread_dies(int pi)
{
	pthread_mutex_t mutex;
	pthread_t id;
	init(&mutex, 1, pi, 0);
	// It is gone already.
	CHECK(pthread_create(&id, NULL, lock_and_end, &mutex) == 0);
	pthread_join(id, NULL);
	printf("%s\n", errno_name(pthread_mutex_lock(&mutex)));
	printf("%s\n", errno_name(pthread_mutex_consistent(&mutex)));
	printf("%s\n", errno_name(pthread_mutex_unlock(&mutex)));
	// It goes while somebody waits.
	CHECK(pthread_create(&id, NULL, lock_and_end, &mutex) == 0);
	nap(10);
	printf("%s\n", errno_name(pthread_mutex_lock(&mutex)));
	pthread_join(id, NULL);
	// Not made consistent: nobody may have it any more.
	printf("%s\n", errno_name(pthread_mutex_unlock(&mutex)));
	printf("%s\n", errno_name(pthread_mutex_lock(&mutex)));
}

static void owner_process_dies(int pi, int how)
{
	pthread_mutex_t *mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	init(mutex, 1, pi, 1);
	pid_t child = fork();
	if (child == 0) {
		CHECK(pthread_mutex_lock(mutex) == 0);
		nap(30);
		if (how == 0)
			_exit(0);
		kill(getpid(), SIGKILL);
		pause();
	}
	nap(10);
	int status, result;
	do
		result = pthread_mutex_lock(mutex);
	while (result == 0 && pthread_mutex_unlock(mutex) == 0 && sched_yield() == 0);
	printf("%s\n", errno_name(result));
	CHECK(pthread_mutex_consistent(mutex) == 0 && pthread_mutex_unlock(mutex) == 0);
	CHECK(waitpid(child, &status, 0) == child);
	printf("status %x\n", status);
	munmap(mutex, 4096);
}

static pthread_mutex_t pi_mutex;

static void *add_under_pi(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		CHECK(pthread_mutex_lock(&pi_mutex) == 0);
		int seen = counter;
		if (i % 16 == 0)
			sched_yield();
		counter = seen + 1;
		CHECK(pthread_mutex_unlock(&pi_mutex) == 0);
	}
	return NULL;
}

static void *fail_to_lock(void *unused)
{
	(void)unused;
	struct timespec at;
	SHOW(futex(&lock, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
	SHOW(futex(&lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_sec -= 1;
	SHOW(futex(&lock, FUTEX_LOCK_PI, 0, &at, NULL, 0));
	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_nsec += 10000000;
	at.tv_sec += at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	SHOW(futex(&lock, 13, 0, &at, NULL, 0));
	CHECK(lock & FUTEX_WAITERS);
	return NULL;
}

static void *lock_it(void *unused)
{
	(void)unused;
	CHECK(futex(&lock, FUTEX_LOCK_PI, 0, NULL, NULL, 0) == 0);
	CHECK((lock & FUTEX_TID_MASK) == (uint32_t)syscall(SYS_gettid));
	CHECK(futex(&lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) == 0);
	return NULL;
}

static uint32_t first, second;

static void *opposite_order(void *result)
{
	CHECK(futex(&second, FUTEX_LOCK_PI, 0, NULL, NULL, 0) == 0);
	__atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
	*(int *)result = futex(&first, FUTEX_LOCK_PI, 0, NULL, NULL, 0) == 0 ? 0 : errno;
	if (*(int *)result == 0)
		futex(&first, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
	CHECK(futex(&second, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) == 0);
	return NULL;
}

static void priority_inheritance(void)
{
	pthread_t ids[4];
	init(&pi_mutex, 0, 1, 0);
	for (int i = 0; i < 4; i++)
		CHECK(pthread_create(&ids[i], NULL, add_under_pi, NULL) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(ids[i], NULL);
	CHECK(counter == 4 * ROUNDS, "%d", counter);

	SHOW(futex(&lock, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	CHECK(pthread_create(&ids[0], NULL, fail_to_lock, NULL) == 0);
	pthread_join(ids[0], NULL);
	CHECK(pthread_create(&ids[0], NULL, lock_it, NULL) == 0);
	while (!(__atomic_load_n(&lock, __ATOMIC_SEQ_CST) & FUTEX_WAITERS))
		nap(1);
	nap(20);
	SHOW(futex(&lock, FUTEX_WAKE, 1, NULL, NULL, 0));
	SHOW(futex(&lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	pthread_join(ids[0], NULL);
	CHECK(lock == 0, "%x", lock);

	// Two that want what the other has: one of them is told.
	int error = -1;
	word = 0;
	CHECK(futex(&first, FUTEX_LOCK_PI, 0, NULL, NULL, 0) == 0);
	CHECK(pthread_create(&ids[0], NULL, opposite_order, &error) == 0);
	while (!__atomic_load_n(&word, __ATOMIC_SEQ_CST) || !(__atomic_load_n(&first, __ATOMIC_SEQ_CST) & FUTEX_WAITERS))
		nap(1);
	nap(20);
	SHOW(futex(&second, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	SHOW(futex(&first, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	pthread_join(ids[0], NULL);
	printf("the other: %s\n", errno_name(error));
}

static uint32_t condition;

static void *wait_requeue(void *unused)
{
	(void)unused;
	long result = futex(&condition, FUTEX_WAIT_REQUEUE_PI, 0, NULL, &lock, 0);
	CHECK(result == 0);
	CHECK((lock & FUTEX_TID_MASK) == (uint32_t)syscall(SYS_gettid), "it owns the lock");
	CHECK(futex(&lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) == 0);
	return NULL;
}

static void requeue_pi(void)
{
	pthread_t ids[3];
	lock = 0;
	for (int i = 0; i < 3; i++)
		CHECK(pthread_create(&ids[i], NULL, wait_requeue, NULL) == 0);
	nap(100);
	SHOW(futex(&condition, FUTEX_WAKE, 1, NULL, NULL, 0));
	SHOW(futex(&condition, FUTEX_REQUEUE, 1, (void *)1, &word, 0));
	SHOW(futex(&condition, FUTEX_CMP_REQUEUE_PI, 1, (void *)100, &word, 0));
	SHOW(futex(&condition, FUTEX_CMP_REQUEUE_PI, 1, (void *)100, &lock, 1));
	SHOW(futex(&lock, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	SHOW(futex(&condition, FUTEX_CMP_REQUEUE_PI, 1, (void *)0, &lock, 0));
	SHOW(futex(&condition, FUTEX_CMP_REQUEUE_PI, 1, (void *)100, &lock, 0));
	SHOW(futex(&condition, FUTEX_CMP_REQUEUE_PI, 1, (void *)100, &lock, 0));
	SHOW(futex(&lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	for (int i = 0; i < 3; i++)
		pthread_join(ids[i], NULL);
	CHECK(lock == 0, "%x", lock);
	// Free: the first that waited gets it at once.
	CHECK(pthread_create(&ids[0], NULL, wait_requeue, NULL) == 0);
	nap(50);
	SHOW(futex(&condition, FUTEX_CMP_REQUEUE_PI, 1, (void *)100, &lock, 0));
	pthread_join(ids[0], NULL);
}

// Two processes, one futex, at different addresses, in shared memory and in a file.
static void between_processes(int fd)
{
	uint32_t *mine = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
	CHECK(mine != MAP_FAILED);
	pid_t child = fork();
	uint32_t *here = mine;
	if (child == 0 && fd >= 0) {
		here = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		CHECK(here != MAP_FAILED && here != mine);
		munmap(mine, 8192);
	}
	uint32_t me = child == 0, *at = here + 1030;
	for (int i = 0; i < ROUNDS; i++) {
		uint32_t seen;
		while ((seen = __atomic_load_n(at, __ATOMIC_SEQ_CST)) % 2 != me)
			futex(at, FUTEX_WAIT, seen, NULL, NULL, 0);
		__atomic_add_fetch(at, 1, __ATOMIC_SEQ_CST);
		futex(at, FUTEX_WAKE, 1, NULL, NULL, 0);
	}
	if (child == 0)
		_exit(0);
	int status;
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	CHECK(*at == 2 * ROUNDS);
	munmap(mine, 8192);
}

static void handler(int signal)
{
	(void)signal;
}

// A signal ends a wait, or lets it go on, as its flags say.
static void signals(void)
{
	struct sigaction action = {.sa_handler = handler};
	OK(sigaction(SIGALRM, &action, NULL));
	word = 0;
	ualarm(20000, 0);
	SHOW(futex(&word, FUTEX_WAIT, 0, NULL, NULL, 0));
	struct timespec length = {5, 0};
	ualarm(20000, 0);
	SHOW(futex(&word, FUTEX_WAIT, 0, &length, NULL, 0));
	action.sa_flags = SA_RESTART;
	OK(sigaction(SIGALRM, &action, NULL));
	ualarm(20000, 0);
	SHOW(futex(&word, FUTEX_WAIT, 0, &length, NULL, 0));
	// Restarted, and so sees the time limit of another.
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec++;
	ualarm(20000, 0);
	SHOW(futex(&word, FUTEX_WAIT_BITSET, 0, &at, NULL, -1));
}

int main(void)
{
	owner_thread_dies(0);
	owner_thread_dies(1);
	priority_inheritance();
	requeue_pi();
	signals();
	for (int pi = 0; pi < 2; pi++)
		for (int how = 0; how < 2; how++)
			owner_process_dies(pi, how);
	between_processes(-1);
	char name[] = "/tmp/futex_locks.XXXXXX";
	int fd = syscall(SYS_memfd_create, "futex", 0);
	if (fd < 0) {
		fd = mkstemp(name);
		unlink(name);
	}
	if (fd >= 0 && ftruncate(fd, 8192) == 0)
		between_processes(fd);
	return 0;
}
