#include <pthread.h>
#include <time.h>
#include "check.h"

// The barrier of one thread stands for those of all: the other side needs only the compiler's. Without it this fails
// within some thousand rounds on two CPUs.

enum { PRIVATE = 8, REGISTER = 16 };

#define ROUNDS 300

static volatile int x, y, seen_fast, seen_slow, round_number, done;

static void *fast(void *unused)
{
	(void)unused;
	for (int i = 1; i <= ROUNDS; i++) {
		while (round_number != i)
			;
		x = 1;
		__asm__ volatile("" ::: "memory");
		seen_fast = y;
		__atomic_store_n(&done, i, __ATOMIC_RELEASE);
	}
	return NULL;
}

int main(void)
{
	pthread_t id;
	OK(syscall(SYS_membarrier, REGISTER, 0, 0));
	CHECK(pthread_create(&id, NULL, fast, NULL) == 0);
	struct timespec pause = {0, 20000000};
	nanosleep(&pause, NULL);
	for (int i = 1; i <= ROUNDS; i++) {
		x = y = 0;
		__atomic_store_n(&round_number, i, __ATOMIC_SEQ_CST);
		y = 1;
		OK(syscall(SYS_membarrier, PRIVATE, 0, 0));
		seen_slow = x;
		while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) != i)
			;
		CHECK(seen_fast == 1 || seen_slow == 1, "round %d", i);
	}
	pthread_join(id, NULL);
	return 0;
}
