// stdin: first line\nsecond line\n
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include "check.h"

// Reads all of standard input by three ways of waiting; the harness gives a pipe.
int main(void)
{
	struct stat s;
	OK(fstat(0, &s));
	printf("pipe %d\n", S_ISFIFO(s.st_mode));
	int ep = epoll_create1(0);
	struct epoll_event e = {.events = EPOLLIN};
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, 0, &e));
	char byte;
	struct pollfd p = {0, POLLIN, 0};
	for (int i = 0;; i++) {
		int n;
		if (i % 3 == 0) {
			CHECK(poll(&p, 1, -1) == 1);
		} else if (i % 3 == 1) {
			CHECK(epoll_wait(ep, &e, 1, -1) == 1);
		} else {
			OK(fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK));
			while ((n = read(0, &byte, 1)) == -1 && errno == EAGAIN)
				CHECK(poll(&p, 1, 10000) == 1);
			OK(fcntl(0, F_SETFL, fcntl(0, F_GETFL) & ~O_NONBLOCK));
			if (n == 0)
				break;
			putchar(byte);
			continue;
		}
		n = read(0, &byte, 1);
		CHECK(n >= 0);
		if (n == 0)
			break;
		putchar(byte);
	}
	CHECK(poll(&p, 1, -1) == 1);
	// A pipe's end is POLLHUP only once all writers are gone, which is now.
	printf("at the end: %x\n", p.revents);
	fflush(stdout);
	p = (struct pollfd){1, POLLOUT, 0};
	SHOW(poll(&p, 1, -1));
	printf("%x\n", p.revents);
	return 0;
}
