#include <fcntl.h>
#include <sys/resource.h>
#include "check.h"

int main(void)
{
	int fd = open("text", O_RDONLY);
	SHOW(fd);
	SHOW(dup(fd));
	SHOW(dup2(fd, 10));
	SHOW(dup2(fd, fd));
	SHOW(dup2(fd, -1));
	SHOW(dup2(fd, 1 << 30));
	SHOW(dup3(fd, 11, O_CLOEXEC));
	SHOW(dup3(fd, fd, 0));
	SHOW(dup3(fd, 12, 0x1));
	SHOW(fcntl(11, F_GETFD));
	SHOW(fcntl(10, F_GETFD));
	SHOW(fcntl(10, F_SETFD, FD_CLOEXEC));
	SHOW(fcntl(10, F_GETFD));
	SHOW(fcntl(fd, F_GETFD));
	SHOW(fcntl(fd, F_GETFL));
	SHOW(fcntl(fd, F_SETFL, O_NONBLOCK | O_WRONLY | O_CREAT));
	SHOW(fcntl(fd, F_GETFL));
	SHOW(fcntl(10, F_GETFL));
	SHOW(fcntl(fd, F_SETFL, 0));
	SHOW(fcntl(10, F_GETFL));
	SHOW(fcntl(fd, F_DUPFD, 20));
	SHOW(fcntl(fd, F_DUPFD, 20));
	SHOW(fcntl(fd, F_DUPFD_CLOEXEC, 30));
	SHOW(fcntl(30, F_GETFD));
	SHOW(fcntl(fd, F_DUPFD, -1));
	SHOW(fcntl(fd, F_DUPFD, 1 << 30));
	SHOW(fcntl(fd, 99));
	SHOW(fcntl(open("dir", O_RDONLY | O_DIRECTORY | O_CLOEXEC), F_GETFL));
	SHOW(fcntl(open("/dev/null", O_RDWR | O_APPEND), F_GETFL));
	SHOW(fcntl(open("/dev/null", O_WRONLY | O_NONBLOCK), F_GETFL));
	SHOW(fcntl(open("text", O_PATH), F_GETFL));

	// The lowest free number is taken.
	OK(close(4));
	SHOW(open("text", O_RDONLY));
	OK(close(0));
	SHOW(open("text", O_RDONLY));
	OK(close(0));

	// Up to the limit and no further.
	struct rlimit limit = {64, 64};
	OK(setrlimit(RLIMIT_NOFILE, &limit));
	int last = -1, next;
	while ((next = open("text", O_RDONLY)) >= 0)
		last = next;
	printf("last %d, then %s\n", last, errno_name(errno));
	SHOW(dup(fd));
	SHOW(dup2(fd, 64));
	SHOW(dup2(fd, 63));
	SHOW(fcntl(fd, F_DUPFD, 64));
	SHOW(fcntl(fd, F_DUPFD, 10));
	SHOW(syscall(SYS_close_range, 3, 63, 0));
	SHOW(open("text", O_RDONLY));

	// Closed standard descriptors are reported, not forgotten.
	OK(close(2));
	SHOW(write(2, "x", 1));
	return 0;
}
