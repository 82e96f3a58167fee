/* open and close of an existing file. */
#include "bench.h"

#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long n = iterations(argc, argv);
	const char *path = argument(argc, argv, 2);
	double start = now();

	for (long i = 0; i < n; i++) {
		int fd = open(path, O_RDONLY);

		if (fd < 0)
			die("open");
		if (close(fd) != 0)
			die("close");
	}
	print_ns(now() - start, n);
	return 0;
}
