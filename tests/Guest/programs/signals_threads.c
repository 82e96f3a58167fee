// Signals and threads: who gets what, and stopping all of them.
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/wait.h>
#include "check.h"

#define THREADS 4

static _Thread_local int number;
static atomic_int hits[THREADS + 1], ready, spins[THREADS + 1];
static atomic_bool done;

static void handler(int signal)
{
	(void)signal;
	hits[number]++;
}

static void *spin(void *argument)
{
	number = (int)(long)argument;
	ready++;
	while (!done)
		spins[number]++;
	return NULL;
}

static void *waiter(void *argument)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	long sum = 0;
	for (int i = 0; i < 100; i++) {
		siginfo_t info;
		int signal;
		do
			signal = sigwaitinfo(&set, &info);
		while (signal == -1 && errno == EINTR);
		CHECK(signal == SIGRTMIN, "%d", signal);
		sum += info.si_value.sival_int;
	}
	(void)argument;
	return (void *)sum;
}

int main(void)
{
	signal(SIGUSR1, handler);
	pthread_t threads[THREADS];
	for (long i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, spin, (void *)(i + 1)) == 0);
	while (ready < THREADS)
		;
	// Each thread its own, while it spins.
	for (int round = 1; round <= 20; round++)
		for (int i = 0; i < THREADS; i++) {
			CHECK(pthread_kill(threads[i], SIGUSR1) == 0);
			while (hits[i + 1] < round)
				;
		}
	for (int i = 0; i <= THREADS; i++)
		printf("thread %d: %d\n", i, hits[i]);
	// The process's goes to a thread that does not block it: not to this one.
	sigset_t set, old;
	sigfillset(&set);
	CHECK(pthread_sigmask(SIG_BLOCK, &set, &old) == 0);
	int before = 0, after = 0;
	for (int i = 0; i <= THREADS; i++)
		before += hits[i];
	OK(kill(getpid(), SIGUSR1));
	do {
		after = 0;
		for (int i = 0; i <= THREADS; i++)
			after += hits[i];
	} while (after == before);
	printf("process: %d, main %d\n", after - before, hits[0]);
	done = true;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);

	// All blocked: it waits, and comes when a thread unblocks it.
	OK(kill(getpid(), SIGUSR1));
	OK(kill(getpid(), SIGUSR1));
	CHECK(pthread_sigmask(SIG_SETMASK, &old, NULL) == 0);
	printf("main %d\n", hits[0]);

	CHECK(pthread_sigmask(SIG_BLOCK, &set, &old) == 0);
	pthread_t waiters[2];
	for (int i = 0; i < 2; i++)
		CHECK(pthread_create(&waiters[i], NULL, waiter, NULL) == 0);
	for (int i = 0; i < 200; i++)
		OK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i}));
	long sum = 0;
	for (int i = 0; i < 2; i++) {
		void *part;
		pthread_join(waiters[i], &part);
		sum += (long)part;
	}
	printf("sum %ld\n", sum);
	CHECK(pthread_sigmask(SIG_SETMASK, &old, NULL) == 0);
	fflush(stdout);

	// A stop stops every thread.
	pid_t pid = fork();
	OK(pid);
	if (pid == 0) {
		done = false;
		for (long i = 0; i < THREADS; i++)
			pthread_create(&threads[i], NULL, spin, (void *)(i + 1));
		for (;;)
			pause();
	}
	int status;
	poll(NULL, 0, 50);
	OK(kill(pid, SIGSTOP));
	CHECK(waitpid(pid, &status, WUNTRACED) == pid);
	printf("stopped %d\n", WIFSTOPPED(status));
	OK(kill(pid, SIGCONT));
	CHECK(waitpid(pid, &status, WCONTINUED) == pid);
	printf("continued %d\n", WIFCONTINUED(status));
	OK(kill(pid, SIGTERM));
	CHECK(waitpid(pid, &status, 0) == pid);
	printf("signalled %d %d\n", WIFSIGNALED(status), WTERMSIG(status));
	return 0;
}
