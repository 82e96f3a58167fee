#include <fcntl.h>
#include "check.h"

int main(void)
{
	int fd = open("tail", O_RDONLY), other = open("tail", O_RDONLY);
	CHECK(fd >= 0 && other >= 0);
	char buffer[20000], again[100];
	SHOW(lseek(fd, 100, SEEK_SET));
	SHOW(lseek(fd, -1, SEEK_CUR));
	SHOW(lseek(fd, -100, SEEK_CUR));
	SHOW(lseek(fd, 0, SEEK_END));
	SHOW(lseek(fd, -13000, SEEK_END));
	SHOW(lseek(fd, -12388, SEEK_END));
	SHOW(lseek(fd, 1, SEEK_END));
	SHOW(read(fd, buffer, 10));
	SHOW(lseek(fd, 1l << 40, SEEK_SET));
	SHOW(read(fd, buffer, 10));
	SHOW(lseek(fd, 1l << 40, SEEK_CUR));
	SHOW(lseek(fd, 0x7fffffffffffffff, SEEK_SET));
	SHOW(lseek(fd, 1, SEEK_CUR));
	SHOW(lseek(fd, -1, SEEK_SET));
	SHOW(lseek(fd, 0, 5));
	SHOW(lseek(fd, 0, -1));
	SHOW(lseek(fd, 10, SEEK_SET));
	SHOW(lseek(fd, 10, SEEK_DATA));
	SHOW(lseek(fd, 10, SEEK_HOLE));
	SHOW(lseek(fd, 20000, SEEK_DATA));
	SHOW(lseek(0, 0, SEEK_SET));
	SHOW(lseek(1, 0, SEEK_CUR));
	SHOW(pread(0, buffer, 1, 0));

	// Positions: shared after dup, not between two opens; pread leaves them.
	SHOW(lseek(fd, 5000, SEEK_SET));
	int copy = dup(fd);
	CHECK(read(copy, buffer, 100) == 100);
	SHOW(lseek(fd, 0, SEEK_CUR));
	SHOW(lseek(other, 0, SEEK_CUR));
	CHECK(pread(fd, again, 100, 5000) == 100 && memcmp(buffer, again, 100) == 0);
	SHOW(lseek(copy, 0, SEEK_CUR));
	OK(close(fd));
	SHOW(lseek(copy, 0, SEEK_CUR));
	SHOW(read(other, buffer, 20000));
	SHOW(read(other, buffer, 20000));
	SHOW(pread(other, buffer, 20000, 12000));
	SHOW(pread(other, buffer, 100, 12388));
	SHOW(pread(other, buffer, 100, 1l << 62));
	SHOW(pread(other, buffer, 100, 0x7fffffffffffffff));

	// Devices.
	int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR), full = open("/dev/full", O_RDWR);
	memset(buffer, 1, sizeof(buffer));
	SHOW(read(null, buffer, 100));
	SHOW(write(null, buffer, 100));
	SHOW(read(zero, buffer, 10000));
	CHECK(buffer[0] == 0 && buffer[9999] == 0 && buffer[10000] == 1);
	SHOW(write(zero, buffer, 100));
	SHOW(read(full, buffer, 100));
	SHOW(write(full, buffer, 100));
	SHOW(lseek(null, 10, SEEK_SET));
	SHOW(lseek(zero, 10, SEEK_SET));
	SHOW(lseek(zero, 0, SEEK_END));
	int random = open("/dev/urandom", O_RDONLY);
	SHOW(read(random, buffer, 64));
	return 0;
}
