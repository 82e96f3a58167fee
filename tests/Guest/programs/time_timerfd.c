#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include "check.h"

static long now(int clock)
{
	struct timespec t;
	OK(clock_gettime(clock, &t));
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

static int set(int fd, int flags, long value, long interval)
{
	struct itimerspec s = {{interval / 1000000000, interval % 1000000000}, {value / 1000000000, value % 1000000000}};
	return timerfd_settime(fd, flags, &s, NULL);
}

static int ready(int fd, int timeout)
{
	struct pollfd p = {fd, POLLIN | POLLOUT, 0};
	OK(poll(&p, 1, timeout));
	return p.revents;
}

static void errors(void)
{
	struct itimerspec s = {{0, 0}, {0, 0}};
	uint64_t ticks;
	for (int clock = -3; clock < 14; clock++) {
		if (clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM)
			continue;
		int fd = timerfd_create(clock, 0);
		printf("clock %d: %s\n", clock, fd >= 0 ? "yes" : errno_name(errno));
		if (fd >= 0)
			close(fd);
	}
	SHOW(timerfd_create(CLOCK_MONOTONIC, 1));
	SHOW(timerfd_create(99, 1));
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	SHOW(fcntl(fd, F_GETFD));
	printf("%x\n", fcntl(fd, F_GETFL));
	SHOW(timerfd_settime(-1, 0, &s, NULL));
	SHOW(timerfd_settime(0, 0, &s, NULL));
	SHOW(syscall(SYS_timerfd_settime, -1, 0, NULL, NULL));
	SHOW(syscall(SYS_timerfd_settime, -1, 4, &s, NULL));
	SHOW(syscall(SYS_timerfd_settime, fd, 4, &s, NULL));
	SHOW(syscall(SYS_timerfd_settime, fd, 0, &s, 8));
	SHOW(timerfd_gettime(-1, &s));
	SHOW(timerfd_gettime(0, &s));
	SHOW(syscall(SYS_timerfd_gettime, fd, 8));
	s.it_value.tv_nsec = 1000000000;
	SHOW(timerfd_settime(fd, 0, &s, NULL));
	SHOW(timerfd_settime(-1, 0, &s, NULL));
	s = (struct itimerspec){{0, -1}, {0, 0}};
	SHOW(timerfd_settime(fd, 0, &s, NULL));
	SHOW(read(fd, &ticks, 7));
	SHOW(read(fd, &ticks, 8));
	SHOW(write(fd, &ticks, 8));
	SHOW(pread(fd, &ticks, 8, 0));
	SHOW(lseek(fd, 0, SEEK_SET));
	SHOW(set(fd, 0, 1, 0));
	SHOW(ready(fd, 1000) == POLLIN);
	SHOW(syscall(SYS_read, fd, 8, 8));
	struct stat status;
	SHOW(fstat(fd, &status));
	printf("%o\n", status.st_mode);
	close(fd);
}

static void once(int clock)
{
	uint64_t ticks = 0;
	struct itimerspec s;
	int fd = timerfd_create(clock, 0);
	for (int absolute = 0; absolute < 2; absolute++) {
		long start = now(clock);
		SHOW(set(fd, absolute ? TFD_TIMER_ABSTIME : 0, absolute ? start + 20000000 : 20000000, 0));
		SHOW(ready(fd, 0));
		SHOW(timerfd_gettime(fd, &s));
		CHECK(s.it_value.tv_sec == 0 && s.it_value.tv_nsec > 0 && s.it_value.tv_nsec <= 20000000);
		SHOW(read(fd, &ticks, 8));
		CHECK(ticks == 1 && now(clock) - start >= 20000000);
		SHOW(ready(fd, 0));
		SHOW(timerfd_gettime(fd, &s));
		CHECK(s.it_value.tv_nsec == 0);
	}
	SHOW(set(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, 1, 0));
	SHOW(syscall(SYS_read, fd, &ticks, 100));
	CHECK(ticks == 1);
	close(fd);
}

static void periods(void)
{
	uint64_t ticks = 0;
	struct itimerspec s;
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	SHOW(set(fd, 0, 10000000, 10000000));
	SHOW(read(fd, &ticks, 8));
	struct timespec length = {0, 45000000};
	OK(nanosleep(&length, NULL));
	SHOW(ready(fd, -1) == POLLIN);
	SHOW(read(fd, &ticks, 8));
	CHECK(ticks >= 4 && ticks < 400, "%lu", ticks);
	SHOW(ready(fd, 1000) == POLLIN);
	SHOW(timerfd_gettime(fd, &s));
	CHECK(s.it_interval.tv_nsec == 10000000 && s.it_value.tv_nsec > 0 && s.it_value.tv_nsec <= 10000000);
	SHOW(read(fd, &ticks, 8));
	CHECK(ticks >= 1);
	// Setting it forgets what has come.
	SHOW(ready(fd, 1000) == POLLIN);
	s = (struct itimerspec){{0, 0}, {1000, 0}};
	struct itimerspec old;
	SHOW(timerfd_settime(fd, 0, &s, &old));
	CHECK(old.it_interval.tv_nsec == 10000000);
	SHOW(read(fd, &ticks, 8));
	SHOW(timerfd_settime(fd, 0, &s, &old));
	CHECK(old.it_interval.tv_nsec == 0 && (old.it_value.tv_sec == 999 || old.it_value.tv_sec == 1000));
	s.it_value.tv_sec = LONG_MAX;
	SHOW(timerfd_settime(fd, TFD_TIMER_ABSTIME, &s, &old));
	SHOW(read(fd, &ticks, 8));
	// Hundreds of thousands of periods are one number.
	SHOW(set(fd, 0, 100, 100));
	OK(nanosleep(&length, NULL));
	SHOW(read(fd, &ticks, 8));
	CHECK(ticks >= 449000, "%lu", ticks);
	SHOW(set(fd, 0, 0, 100));
	SHOW(read(fd, &ticks, 8));
	close(fd);
}

static void in_epoll(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), epoll = epoll_create1(0);
	struct epoll_event event = {EPOLLIN | EPOLLET, {.fd = fd}};
	OK(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
	SHOW(epoll_wait(epoll, &event, 1, 0));
	OK(set(fd, 0, 10000000, 0));
	SHOW(epoll_wait(epoll, &event, 1, 5000));
	SHOW(epoll_wait(epoll, &event, 1, 20));
	OK(set(fd, 0, 1000000, 0));
	SHOW(epoll_wait(epoll, &event, 1, 5000));
	CHECK(event.events == EPOLLIN && event.data.fd == fd);
	close(fd);
	close(epoll);
}

int main(void)
{
	errors();
	once(CLOCK_MONOTONIC);
	once(CLOCK_REALTIME);
	once(CLOCK_BOOTTIME);
	periods();
	in_epoll();
	return 0;
}
