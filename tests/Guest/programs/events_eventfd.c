#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include "check.h"

static int ready(int fd)
{
	struct pollfd p = {fd, POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM | POLLPRI, 0};
	OK(poll(&p, 1, 0));
	return p.revents;
}

static long take(int fd)
{
	uint64_t value;
	return read(fd, &value, 8) == 8 ? (long)value : -1;
}

static long add(int fd, uint64_t value)
{
	return write(fd, &value, 8);
}

int main(void)
{
	char buffer[64];
	int fd = eventfd(3, EFD_NONBLOCK);
	SHOW(ready(fd));
	SHOW(take(fd));
	SHOW(take(fd));
	SHOW(ready(fd));
	SHOW(add(fd, 5));
	SHOW(add(fd, 7));
	SHOW(take(fd));
	SHOW(add(fd, 0));
	SHOW(take(fd));
	SHOW(add(fd, UINT64_MAX));
	SHOW(add(fd, UINT64_MAX - 1));
	SHOW(ready(fd));
	SHOW(add(fd, 1));
	SHOW(add(fd, 0));
	SHOW(take(fd));
	SHOW(add(fd, UINT64_MAX - 2));
	SHOW(ready(fd));
	SHOW(add(fd, 2));
	SHOW(add(fd, 1));
	SHOW(ready(fd));
	SHOW(take(fd));
	SHOW(read(fd, buffer, 7));
	SHOW(write(fd, buffer, 7));
	SHOW(syscall(SYS_write, fd, 16, 8));
	SHOW(add(fd, 1));
	SHOW(read(fd, buffer, 64));
	memset(buffer, 0, sizeof(buffer));
	buffer[0] = 9;
	SHOW(write(fd, buffer, 16));
	SHOW(take(fd));
	SHOW(add(fd, 1));
	SHOW(syscall(SYS_read, fd, 16, 8));
	SHOW(take(fd));
	struct iovec parts[2] = {{buffer, 4}, {buffer + 4, 4}};
	OK(add(fd, 77));
	SHOW(readv(fd, parts, 2));
	printf("%d\n", buffer[0]);
	SHOW(lseek(fd, 10, SEEK_SET));
	SHOW(pread(fd, buffer, 8, 0));
	SHOW(ftruncate(fd, 0));
	SHOW(fchmod(fd, 0777));
	SHOW(fcntl(fd, F_GETFL));
	SHOW(fcntl(fd, F_GETFD));

	struct stat s;
	struct statfs f;
	OK(fstat(fd, &s));
	OK(fstatfs(fd, &f));
	printf("mode %o size %ld links %ld block %ld type %lx\n", s.st_mode, s.st_size, (long)s.st_nlink, s.st_blksize, f.f_type);

	int sem = eventfd(3, EFD_SEMAPHORE | EFD_CLOEXEC);
	SHOW(fcntl(sem, F_GETFL));
	SHOW(fcntl(sem, F_GETFD));
	SHOW(take(sem));
	SHOW(take(sem));
	SHOW(add(sem, 1));
	SHOW(take(sem));
	SHOW(take(sem));
	SHOW(ready(sem));
	SHOW(fcntl(sem, F_SETFL, O_NONBLOCK));
	SHOW(take(sem));

	SHOW(syscall(SYS_eventfd2, 0, 2));
	SHOW(syscall(SYS_eventfd2, 0xffffffff, EFD_NONBLOCK));
	SHOW(take(5));
	SHOW(syscall(SYS_eventfd, 1));
	SHOW(fcntl(6, F_GETFL));
	return 0;
}
