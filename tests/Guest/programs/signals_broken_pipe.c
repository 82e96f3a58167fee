// A write to a pipe that loses its reader half-way: SIGPIPE comes, and the call tells what was written.
#include <fcntl.h>
#include <signal.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include "check.h"

static volatile sig_atomic_t pipes;

static void on_pipe(int signal)
{
	(void)signal;
	pipes++;
}

int main(void)
{
	static char bytes[65536];
	int ends[2];
	OK(sigaction(SIGPIPE, &(struct sigaction){.sa_handler = on_pipe}, NULL));
	for (int vector = 0; vector < 2; vector++) {
		OK(pipe(ends));
		SHOW(fcntl(ends[1], F_SETPIPE_SZ, 4096));
		fflush(stdout);
		pid_t pid = fork();
		if (pid == 0) {
			close(ends[1]);
			(void)!read(ends[0], bytes, 4096);
			usleep(50000);
			_exit(0);
		}
		close(ends[0]);
		pipes = 0;
		struct iovec parts[2] = {{bytes, 6000}, {bytes, 30000}};
		long done = vector ? writev(ends[1], parts, 2) : write(ends[1], bytes, sizeof(bytes));
		printf("%ld, SIGPIPE %d\n", done, (int)pipes);
		SHOW(write(ends[1], bytes, 1));
		printf("SIGPIPE %d\n", (int)pipes);
		OK(waitpid(pid, NULL, 0));
		OK(sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL));
		SHOW(write(ends[1], bytes, 1));
		OK(sigaction(SIGPIPE, &(struct sigaction){.sa_handler = on_pipe}, NULL));
		close(ends[1]);
	}
	return 0;
}
