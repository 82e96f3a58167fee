#include <linux/futex.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>
#include "check.h"

// futex(2) by a single thread: what is refused, with what, in which order, and what a wake finds.

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif
#define PRIVATE FUTEX_PRIVATE_FLAG
#define REALTIME FUTEX_CLOCK_REALTIME

static uint32_t word, other;

static long futex(void *address, int op, uint32_t value, const void *timeout, void *second, uint32_t value3)
{
	return syscall(SYS_futex, address, op, value, timeout, second, value3);
}

static long milliseconds(int clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct timespec in(int clock, long ms)
{
	struct timespec at;
	clock_gettime(clock, &at);
	at.tv_nsec += ms * 1000000;
	at.tv_sec += at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	return at;
}

static void refused(void)
{
	struct timespec negative = {-1, 0}, large = {0, 1000000000}, zero = {0, 0};
	void *odd = (char *)&word + 1, *nowhere = (void *)0x10, *kernel = (void *)0xffff800000000000;

	SHOW(futex(&word, FUTEX_WAIT, 1, NULL, NULL, 0));
	SHOW(futex(&word, FUTEX_WAIT | PRIVATE, 1, NULL, NULL, 0));
	SHOW(futex(odd, FUTEX_WAIT, 0, NULL, NULL, 0));
	SHOW(futex(odd, FUTEX_WAKE, 1, NULL, NULL, 0));
	SHOW(futex(nowhere, FUTEX_WAIT, 0, NULL, NULL, 0));
	SHOW(futex(nowhere, FUTEX_WAIT | PRIVATE, 0, NULL, NULL, 0));
	SHOW(futex(nowhere, FUTEX_WAKE, 1, NULL, NULL, 0));
	SHOW(futex(nowhere, FUTEX_WAKE | PRIVATE, 1, NULL, NULL, 0));
	SHOW(futex(kernel, FUTEX_WAKE, 1, NULL, NULL, 0));
	SHOW(futex(kernel, FUTEX_WAKE | PRIVATE, 1, NULL, NULL, 0));
	SHOW(futex((char *)kernel + 1, FUTEX_WAKE | PRIVATE, 1, NULL, NULL, 0));
	SHOW(futex(&word, FUTEX_WAIT, 0, &negative, NULL, 0));
	SHOW(futex(&word, FUTEX_WAIT, 0, &large, NULL, 0));
	SHOW(futex(&word, FUTEX_WAIT, 0, nowhere, NULL, 0));
	SHOW(futex(odd, FUTEX_WAIT, 0, &large, NULL, 0));
	SHOW(futex(&word, FUTEX_WAIT, 0, &zero, NULL, 0));
	SHOW(futex(&word, FUTEX_WAIT | REALTIME, 0, &zero, NULL, 0));
	SHOW(futex(&word, FUTEX_WAKE | REALTIME, 0, NULL, NULL, 0));
	SHOW(futex(&word, FUTEX_LOCK_PI | REALTIME, 0, NULL, NULL, 0));
	SHOW(futex(&word, FUTEX_WAIT_BITSET, 0, &zero, NULL, 0));
	SHOW(futex(odd, FUTEX_WAIT_BITSET, 0, &zero, NULL, 0));
	SHOW(futex(&word, FUTEX_WAIT_BITSET, 0, &zero, NULL, 1));
	SHOW(futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0));
	SHOW(futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 1));
	SHOW(futex(&word, FUTEX_FD, 0, NULL, NULL, 0));
	SHOW(futex(&word, 14, 0, NULL, NULL, 0));
	SHOW(futex(&word, 0x7f, 0, NULL, NULL, 0));
	SHOW(futex(&word, FUTEX_WAKE | 0x200, 0, NULL, NULL, 0));
}

static void nobody_waits(void)
{
	SHOW(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0));
	SHOW(futex(&word, FUTEX_WAKE, -1, NULL, NULL, 0));
	SHOW(futex(&word, FUTEX_REQUEUE, 1, (void *)1, &other, 0));
	SHOW(futex(&word, FUTEX_REQUEUE, -1, (void *)1, &other, 0));
	SHOW(futex(&word, FUTEX_REQUEUE, 1, (void *)-1l, &other, 0));
	SHOW(futex(&word, FUTEX_REQUEUE, 1, (void *)1, (char *)&other + 2, 0));
	SHOW(futex(&word, FUTEX_REQUEUE, 1, (void *)1, NULL, 0));
	SHOW(futex(&word, FUTEX_REQUEUE | PRIVATE, 1, (void *)1, NULL, 0));
	SHOW(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &other, 1));
	SHOW(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &other, 0));
	SHOW(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &word, 0));
	SHOW(futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &other, 0));
	SHOW(futex(&word, FUTEX_CMP_REQUEUE_PI, 2, (void *)1, &other, 0));
	SHOW(futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &word, 0));
	SHOW(futex(&word, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, &other, 5));
	SHOW(futex(&word, FUTEX_WAIT_REQUEUE_PI, 0, NULL, &word, -1));
	SHOW(futex(&word, FUTEX_WAIT_REQUEUE_PI, 1, NULL, &other, -1));
}

#define OP(op, arg, cmp, cmparg) ((uint32_t)(op) << 28 | (uint32_t)(cmp) << 24 | ((arg)&0xfff) << 12 | ((cmparg)&0xfff))

static void operations(void)
{
	static const uint32_t ops[] = {
		OP(FUTEX_OP_SET, 7, FUTEX_OP_CMP_EQ, 0),   OP(FUTEX_OP_ADD, -3, FUTEX_OP_CMP_NE, 7),
		OP(FUTEX_OP_OR, 0xf0, FUTEX_OP_CMP_LT, 0), OP(FUTEX_OP_ANDN, 0x10, FUTEX_OP_CMP_LE, 0),
		OP(FUTEX_OP_XOR, -1, FUTEX_OP_CMP_GT, -1), OP(FUTEX_OP_SET | FUTEX_OP_OPARG_SHIFT, 31, FUTEX_OP_CMP_GE, 3),
		OP(FUTEX_OP_ADD | FUTEX_OP_OPARG_SHIFT, 0, FUTEX_OP_CMP_EQ, 0),
		OP(5, 1, FUTEX_OP_CMP_EQ, 0), OP(7, 1, FUTEX_OP_CMP_EQ, 0), OP(FUTEX_OP_ADD, 1, 6, 0), OP(FUTEX_OP_ADD, 1, 15, 0),
	};
	other = 5;
	for (unsigned i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		SHOW(futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &other, ops[i]));
		printf("  %08x -> %08x\n", ops[i], other);
	}
	SHOW(futex(&word, FUTEX_WAKE_OP, 1, (void *)1, NULL, ops[0]));
	SHOW(futex(&word, FUTEX_WAKE_OP | PRIVATE, 1, (void *)1, NULL, ops[0]));
	SHOW(futex(NULL, FUTEX_WAKE_OP, 1, (void *)1, &other, ops[0]));
	uint32_t *readonly = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	SHOW(futex(&word, FUTEX_WAKE_OP, 1, (void *)1, readonly, ops[0]));
	SHOW(futex(&word, FUTEX_WAKE_OP | PRIVATE, 1, (void *)1, readonly, ops[0]));
	SHOW(futex(readonly, FUTEX_WAKE, 1, NULL, NULL, 0));
	SHOW(futex(readonly, FUTEX_WAIT, 1, NULL, NULL, 0));
	SHOW(futex(readonly, FUTEX_LOCK_PI, 1, NULL, NULL, 0));
	SHOW(futex(readonly, FUTEX_LOCK_PI | PRIVATE, 1, NULL, NULL, 0));
	munmap(readonly, 4096);
}

static void timeouts(void)
{
	struct timespec relative = {0, 20000000};
	word = 0;
	long start = milliseconds(CLOCK_MONOTONIC);
	SHOW(futex(&word, FUTEX_WAIT, 0, &relative, NULL, 0));
	struct timespec at = in(CLOCK_MONOTONIC, 20);
	SHOW(futex(&word, FUTEX_WAIT_BITSET, 0, &at, NULL, -1));
	at = in(CLOCK_REALTIME, 20);
	SHOW(futex(&word, FUTEX_WAIT_BITSET | REALTIME, 0, &at, NULL, -1));
	at = in(CLOCK_MONOTONIC, 20);
	SHOW(futex(&word, FUTEX_WAIT_REQUEUE_PI, 0, &at, &other, -1));
	long took = milliseconds(CLOCK_MONOTONIC) - start;
	CHECK(took >= 78 && took < 2000, "%ld", took);
	at = in(CLOCK_MONOTONIC, -1000);
	SHOW(futex(&word, FUTEX_WAIT_BITSET, 0, &at, NULL, -1));
}

static void locks(void)
{
	uint32_t tid = syscall(SYS_gettid);
	word = 0;
	SHOW(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	SHOW(futex(NULL, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	SHOW(futex((char *)&word + 1, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	SHOW(futex(NULL, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	SHOW(futex(NULL, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0));
	SHOW(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	CHECK(word == tid, "%x", word);
	SHOW(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	SHOW(futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
	SHOW(futex(&word, FUTEX_LOCK_PI2 | PRIVATE, 0, NULL, NULL, 0));
	SHOW(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	CHECK(word == 0, "%x", word);
	SHOW(futex(&word, FUTEX_TRYLOCK_PI | PRIVATE, 0, NULL, NULL, 0));
	CHECK(word == tid, "%x", word);
	word |= FUTEX_WAITERS;
	SHOW(futex(&word, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0));
	CHECK(word == 0, "%x", word);
	word = FUTEX_OWNER_DIED;
	SHOW(futex(&word, FUTEX_LOCK_PI2, 0, NULL, NULL, 0));
	CHECK(word == (FUTEX_OWNER_DIED | tid), "%x", word);
	// A thread that is not there.
	word = 0x3ffffff0;
	SHOW(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	printf("%x\n", word);
	SHOW(futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
	SHOW(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
}

static void robust_lists(void)
{
	struct robust_list_head list = {.list = {&list.list}}, *found = NULL;
	size_t size = 0;
	SHOW(syscall(SYS_set_robust_list, &list, 23));
	SHOW(syscall(SYS_set_robust_list, &list, sizeof(list)));
	SHOW(syscall(SYS_get_robust_list, 0, &found, &size));
	CHECK(found == &list && size == sizeof(list));
	found = NULL;
	SHOW(syscall(SYS_get_robust_list, getpid(), &found, &size));
	CHECK(found == &list);
	SHOW(syscall(SYS_get_robust_list, 0x3ffffff0, &found, &size));
	SHOW(syscall(SYS_get_robust_list, 0, NULL, &size));
	SHOW(syscall(SYS_get_robust_list, 0, &found, NULL));
	SHOW(syscall(SYS_set_robust_list, NULL, sizeof(list)));
}

struct waiter {
	uint64_t value, address;
	uint32_t flags, reserved;
};

static void futex2(void)
{
	enum { U32 = 2, WAITV = 449, WAKE2 = 454, WAIT2 = 455, REQUEUE2 = 456 };
	struct timespec zero = {0, 0};
	struct waiter w[129] = {{0, (uintptr_t)&word, U32, 0}, {5, (uintptr_t)&other, U32 | PRIVATE, 0}};
	word = 0;
	other = 5;
	SHOW(syscall(WAITV, w, 2, 0, &zero, CLOCK_MONOTONIC));
	SHOW(syscall(WAITV, w, 2, 0, &zero, CLOCK_REALTIME));
	SHOW(syscall(WAITV, w, 2, 0, &zero, CLOCK_BOOTTIME));
	SHOW(syscall(WAITV, w, 2, 1, &zero, CLOCK_MONOTONIC));
	SHOW(syscall(WAITV, w, 0, 0, &zero, CLOCK_MONOTONIC));
	SHOW(syscall(WAITV, w, 129, 0, &zero, CLOCK_MONOTONIC));
	SHOW(syscall(WAITV, w, 3, 0, &zero, CLOCK_MONOTONIC));
	SHOW(syscall(WAITV, NULL, 1, 0, &zero, CLOCK_MONOTONIC));
	SHOW(syscall(WAITV, 8, 1, 0, &zero, CLOCK_MONOTONIC));
	SHOW(syscall(WAITV, w, 1, 0, 8, CLOCK_MONOTONIC));
	other = 6;
	SHOW(syscall(WAITV, w, 2, 0, &zero, CLOCK_MONOTONIC));
	w[0].address++;
	SHOW(syscall(WAITV, w, 1, 0, &zero, CLOCK_MONOTONIC));
	w[0].address = 16;
	SHOW(syscall(WAITV, w, 1, 0, &zero, CLOCK_MONOTONIC));
	w[0] = (struct waiter){0, (uintptr_t)&word, U32, 1};
	SHOW(syscall(WAITV, w, 1, 0, &zero, CLOCK_MONOTONIC));
	w[0] = (struct waiter){1ull << 32, (uintptr_t)&word, U32, 0};
	SHOW(syscall(WAITV, w, 1, 0, &zero, CLOCK_MONOTONIC));
	w[0] = (struct waiter){0, (uintptr_t)&word, 0, 0};
	SHOW(syscall(WAITV, w, 1, 0, &zero, CLOCK_MONOTONIC));

	SHOW(syscall(WAKE2, &word, -1u, 1, U32));
	SHOW(syscall(WAKE2, &word, -1ul, 1, U32));
	SHOW(syscall(WAKE2, &word, 0, 1, U32));
	SHOW(syscall(WAKE2, &word, -1u, 1, 0));
	SHOW(syscall(WAKE2, &word, -1u, 0, U32));
	SHOW(syscall(WAKE2, 1, -1u, 0, U32));
	SHOW(syscall(WAIT2, &word, 1, -1u, U32, NULL, 0));
	SHOW(syscall(WAIT2, &word, 0, -1u, U32, &zero, CLOCK_MONOTONIC));
	SHOW(syscall(WAIT2, &word, 0, -1u, U32, &zero, CLOCK_TAI));
	SHOW(syscall(WAIT2, &word, 0, 0, U32, &zero, CLOCK_MONOTONIC));
	SHOW(syscall(WAIT2, &word, 0, -1u, 1, &zero, CLOCK_MONOTONIC));
	SHOW(syscall(WAIT2, &word, 1ul << 32, -1u, U32, &zero, CLOCK_MONOTONIC));
	w[0] = (struct waiter){0, (uintptr_t)&word, U32, 0};
	w[1] = (struct waiter){0, (uintptr_t)&other, U32, 0};
	SHOW(syscall(REQUEUE2, w, 0, 1, 1));
	SHOW(syscall(REQUEUE2, w, 1, 1, 1));
	SHOW(syscall(REQUEUE2, NULL, 0, 1, 1));
	SHOW(syscall(REQUEUE2, w, 0, -1, 1));
	w[0].value = 1;
	SHOW(syscall(REQUEUE2, w, 0, 1, 1));
	w[1].flags = 0;
	SHOW(syscall(REQUEUE2, w, 0, 1, 1));
}

int main(void)
{
	refused();
	nobody_waits();
	operations();
	timeouts();
	locks();
	robust_lists();
	futex2();
	return 0;
}
