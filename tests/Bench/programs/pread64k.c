/* pread of 64 KiB, walking through a file that is in the page cache. */
#include "bench.h"

#include <fcntl.h>
#include <unistd.h>

#define CHUNK 65536L

static char buffer[CHUNK];

int main(int argc, char **argv)
{
	long n = iterations(argc, argv);
	int fd = open(argument(argc, argv, 2), O_RDONLY);

	if (fd < 0)
		die("open");
	long chunks = lseek(fd, 0, SEEK_END) / CHUNK;

	if (chunks <= 0)
		die("lseek");
	memset(buffer, 1, sizeof(buffer));
	double start = now();

	for (long i = 0; i < n; i++)
		if (pread(fd, buffer, CHUNK, i % chunks * CHUNK) != CHUNK)
			die("pread");
	print_ns(now() - start, n);
	return 0;
}
