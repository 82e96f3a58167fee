/* The cheapest system call: all that is left is the trap. */
#include "bench.h"

#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long n = iterations(argc, argv);
	double start = now();

	for (long i = 0; i < n; i++)
		syscall(SYS_getppid);
	print_ns(now() - start, n);
	return 0;
}
