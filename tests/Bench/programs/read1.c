/* read of 1 byte from a regular file. */
#include "bench.h"

#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long n = iterations(argc, argv);
	int fd = open(argument(argc, argv, 2), O_RDONLY);
	char byte;

	if (fd < 0)
		die("open");
	double start = now();

	for (long i = 0; i < n; i++) {
		ssize_t got = read(fd, &byte, 1);

		if (got == 0 && lseek(fd, 0, SEEK_SET) == 0)
			got = read(fd, &byte, 1);
		if (got != 1)
			die("read");
	}
	print_ns(now() - start, n);
	return 0;
}
