/* Two threads hand a turn to and fro through one futex word: nanoseconds per round trip. */
#include "pingpong.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int turn;
static struct sides *sides;

static void take_turns(int mine, long n)
{
	for (long i = 0; i < n; i++) {
		while (atomic_load(&turn) != mine)
			if (syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, !mine, NULL) != 0 &&
			    errno != EAGAIN && errno != EINTR)
				die("futex");
		if (mine == 1)
			second_looks(sides, i);
		else
			first_looks(sides, i + LOOK_EVERY - 1);
		atomic_store(&turn, !mine);
		if (syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1) < 0)
			die("futex");
	}
}

static void *second(void *n)
{
	take_turns(1, *(long *)n);
	return NULL;
}

int main(int argc, char **argv)
{
	long n = iterations(argc, argv);
	pthread_t thread;

	sides = new_sides();
	errno = pthread_create(&thread, NULL, second, &n);
	if (errno != 0)
		die("pthread_create");
	double start = now();

	take_turns(0, n);
	errno = pthread_join(thread, NULL);
	if (errno != 0)
		die("pthread_join");
	print_sides(now() - start, n, sides);
	return 0;
}
