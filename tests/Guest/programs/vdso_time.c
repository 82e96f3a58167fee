// timeout: 60
// Clocks read without a system call: never backwards, for several threads and against the kernel's own answers.
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include "check.h"

enum { SECOND = 1000000000 };

static const int clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME, CLOCK_TAI, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE};
enum { CLOCKS = sizeof(clocks) / sizeof(clocks[0]) };

static long vdso_now(int clock)
{
	struct timespec t;
	OK(clock_gettime(clock, &t));
	return t.tv_sec * SECOND + t.tv_nsec;
}

static long kernel_now(int clock)
{
	struct timespec t;
	OK(syscall(SYS_clock_gettime, clock, &t));
	return t.tv_sec * SECOND + t.tv_nsec;
}

// A reading lies between two that the kernel makes.
static void against_the_kernel(void)
{
	long end = vdso_now(CLOCK_MONOTONIC) + 3l * SECOND, rounds = 0, widest = 0, wrong[CLOCKS] = {0};

	while (vdso_now(CLOCK_MONOTONIC) < end) {
		for (int i = 0; i < CLOCKS; i++) {
			long before = kernel_now(clocks[i]), now = vdso_now(clocks[i]), after = kernel_now(clocks[i]);
			wrong[i] += now < before || now > after;
			if (rounds == 0 || after - before < widest)
				widest = after - before;
		}
		rounds++;
	}
	for (int i = 0; i < CLOCKS; i++)
		printf("clock %d: %ld readings outside what the kernel said before and after\n", clocks[i], wrong[i]);
	CHECK(rounds > 100, "%ld rounds, best bound %ld ns", rounds, widest);
}

static atomic_long latest[CLOCKS];
static atomic_int stop;

static void *race(void *arg)
{
	long backwards = 0;

	while (!stop) {
		for (int i = 0; i < CLOCKS; i++) {
			long seen = latest[i], now = vdso_now(clocks[i]);
			backwards += now < seen;
			while (now > seen && !atomic_compare_exchange_weak(&latest[i], &seen, now))
				;
		}
	}
	*(long *)arg = backwards;
	return NULL;
}

static void between_threads(void)
{
	pthread_t threads[3];
	long backwards[3];

	for (int i = 0; i < 3; i++)
		CHECK(pthread_create(&threads[i], NULL, race, &backwards[i]) == 0);
	usleep(2000000);
	stop = 1;
	for (int i = 0; i < 3; i++) {
		CHECK(pthread_join(threads[i], NULL) == 0);
		printf("thread %d: %ld steps backwards\n", i, backwards[i]);
	}
}

// Whoever waits until a time finds that it is that time.
static void deadlines(void)
{
	static const int waited[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME};
	int early = 0;

	for (int i = 0; i < 30; i++) {
		int clock = waited[i % 3];
		long until = vdso_now(clock) + 3000000;
		struct timespec t = {until / SECOND, until % SECOND};
		struct itimerspec timer = {{0, 0}, t};
		unsigned long ticks;
		if (i < 15) {
			OK(clock_nanosleep(clock, TIMER_ABSTIME, &t, NULL));
		} else {
			int fd = timerfd_create(clock, 0);
			OK(fd);
			OK(timerfd_settime(fd, TFD_TIMER_ABSTIME, &timer, NULL));
			CHECK(read(fd, &ticks, sizeof(ticks)) == sizeof(ticks));
			close(fd);
		}
		early += vdso_now(clock) < until;
	}
	printf("%d waits ended early\n", early);
}

static sigjmp_buf out;

static void on_fault(int signal)
{
	siglongjmp(out, signal);
}

static void results(void)
{
	struct timespec t;
	long *page = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(page != MAP_FAILED);

	// A page that is not there yet, one that fork has shared, and none.
	OK(clock_gettime(CLOCK_MONOTONIC, (struct timespec *)page));
	CHECK(page[0] > 0 || page[1] > 0);
	pid_t child = fork();
	if (child == 0) {
		OK(clock_gettime(CLOCK_REALTIME, (struct timespec *)page));
		_exit(page[0] > 1000000000);
	}
	int status;
	CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 1);
	CHECK(page[0] < 1000000000, "the child's reading is in the parent");
	OK(mprotect(page, 4096, PROT_READ));
	signal(SIGSEGV, on_fault);
	if (!sigsetjmp(out, 1))
		printf("read-only: %d\n", clock_gettime(CLOCK_MONOTONIC, (struct timespec *)page));
	else
		printf("read-only: SIGSEGV\n");
	if (!sigsetjmp(out, 1))
		printf("nowhere: %d\n", clock_gettime(CLOCK_MONOTONIC, (struct timespec *)8));
	else
		printf("nowhere: SIGSEGV\n");
	signal(SIGSEGV, SIG_DFL);
	SHOW(clock_gettime(99, &t));
	SHOW(clock_gettime(-1, &t));
	SHOW(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t));
	SHOW(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t));
	SHOW(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, (struct timespec *)8));
}

int main(void)
{
	results();
	against_the_kernel();
	between_threads();
	deadlines();
	return 0;
}
