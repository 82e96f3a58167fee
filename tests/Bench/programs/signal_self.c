/* kill(getpid(), SIGUSR1) into a handler, and back through sigreturn. */
#include "bench.h"

#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t delivered;

static void handler(int signal)
{
	delivered = signal;
}

int main(int argc, char **argv)
{
	long n = iterations(argc, argv);
	struct sigaction action = { .sa_handler = handler };

	if (sigaction(SIGUSR1, &action, NULL) != 0)
		die("sigaction");
	double start = now();

	for (long i = 0; i < n; i++) {
		delivered = 0;
		if (kill(getpid(), SIGUSR1) != 0)
			die("kill");
		if (delivered != SIGUSR1) {
			fprintf(stderr, "kill returned before the handler ran\n");
			return 1;
		}
	}
	print_ns(now() - start, n);
	return 0;
}
