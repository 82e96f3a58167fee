// timeout: 60
// Many senders at once: a realtime signal comes as often as it was sent, each with its value, in any thread that
// computes, sleeps or makes calls; a standard one comes at least once.
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include "check.h"

#define SENDERS 4
#define EACH 2000
#define THREADS 3

static atomic_long count, sum, standard;
static atomic_int over;

static void on_queued(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	atomic_fetch_add(&count, 1);
	atomic_fetch_add(&sum, info->si_value.sival_int);
}

static void on_standard(int signal)
{
	(void)signal;
	atomic_fetch_add(&standard, 1);
}

static void *victim(void *kind)
{
	double value = 1;
	for (long i = 0; !atomic_load(&over); i++) {
		switch ((long)kind) {
		case 0: // Registers and FP state must come through.
			value = value * 1.0000001 + 1e-9;
			CHECK(value > 0.9);
			if (value > 2)
				value = 1;
			break;
		case 1:
			CHECK(getpid() > 0);
			break;
		default:
			usleep(100);
		}
	}
	return NULL;
}

int main(void)
{
	pid_t self = getpid(), senders[SENDERS];
	pthread_t threads[THREADS];
	OK(sigaction(SIGRTMIN + 1, &(struct sigaction){.sa_sigaction = on_queued, .sa_flags = SA_SIGINFO | SA_RESTART}, NULL));
	OK(sigaction(SIGUSR1, &(struct sigaction){.sa_handler = on_standard, .sa_flags = SA_RESTART}, NULL));
	for (int i = 0; i < SENDERS; i++) {
		senders[i] = fork();
		OK(senders[i]);
		if (senders[i] == 0) {
			for (int n = 1; n <= EACH; n++) {
				union sigval value = {.sival_int = n};
				while (sigqueue(self, SIGRTMIN + 1, value) == -1)
					CHECK(errno == EAGAIN);
				if (n % 10 == 0)
					OK(kill(self, SIGUSR1));
			}
			_exit(0);
		}
	}
	for (long i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, victim, (void *)i) == 0);
	for (int i = 0; i < SENDERS; i++) {
		int status;
		while (waitpid(senders[i], &status, 0) == -1)
			CHECK(errno == EINTR);
		CHECK(status == 0, "%x", status);
	}
	atomic_store(&over, 1);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	printf("%ld signals, sum %ld\n", atomic_load(&count), atomic_load(&sum));
	CHECK(atomic_load(&standard) >= 1 && atomic_load(&standard) <= SENDERS * EACH / 10, "%ld", atomic_load(&standard));
	return 0;
}
