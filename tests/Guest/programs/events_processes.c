#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include "check.h"

static char buffer[100000];

static unsigned sum_of(const char *bytes, long n, unsigned sum)
{
	for (long i = 0; i < n; i++)
		sum = sum * 31 + (unsigned char)bytes[i];
	return sum;
}

// One writer and one reader, with sizes that do not fit each other.
static void stream(int packet)
{
	int p[2];
	enum { Total = 3000000 };
	OK(pipe2(p, packet ? O_DIRECT : 0));
	pid_t child = fork();
	OK(child);
	if (child == 0) {
		close(p[0]);
		unsigned sum = 0, step = 1;
		for (long done = 0; done < Total;) {
			step = step * 5 % 79999 + 1;
			long n = step < Total - done ? step : Total - done;
			for (long i = 0; i < n; i++)
				buffer[i] = (done + i) * 7 + (done + i) / 4093;
			sum = sum_of(buffer, n, sum);
			CHECK(write(p[1], buffer, n) == n);
			done += n;
		}
		CHECK(write(p[1], &sum, 4) == 4);
		_exit(0);
	}
	close(p[1]);
	long total = 0;
	unsigned sum = 0, step = 7, check;
	while (total < Total) {
		step = step * 3 % 65537 + (packet ? 4096 : 1);
		long n = read(p[0], buffer, step < Total - total ? step : Total - total);
		CHECK(n > 0);
		sum = sum_of(buffer, n, sum);
		total += n;
	}
	CHECK(read(p[0], &check, 4) == 4 && check == sum);
	CHECK(read(p[0], &check, 4) == 0);
	int status;
	CHECK(wait(&status) == child && status == 0);
	printf("%ld bytes\n", total);
}

// Small writes are never mixed: many writers, many readers.
static void atomic(void)
{
	int p[2], done[2];
	enum { Writers = 6, Readers = 4, Each = 400, Size = 512 };
	OK(pipe(p));
	OK(pipe(done));
	fflush(stdout);
	for (int w = 0; w < Writers; w++) {
		if (fork() == 0) {
			memset(buffer, 'a' + w, Size);
			for (int i = 0; i < Each; i++)
				CHECK(write(p[1], buffer, Size) == Size);
			_exit(0);
		}
	}
	for (int r = 0; r < Readers; r++) {
		if (fork() == 0) {
			close(p[1]);
			int counts[Writers] = {0}, n;
			while ((n = read(p[0], buffer, Size)) > 0) {
				CHECK(n == Size);
				for (int i = 1; i < Size; i++)
					CHECK(buffer[i] == buffer[0]);
				counts[buffer[0] - 'a']++;
			}
			CHECK(n == 0);
			CHECK(write(done[1], counts, sizeof(counts)) == sizeof(counts));
			_exit(0);
		}
	}
	close(p[0]);
	close(p[1]);
	int totals[Writers] = {0}, counts[Writers], status;
	for (int r = 0; r < Readers; r++) {
		CHECK(read(done[0], counts, sizeof(counts)) == sizeof(counts));
		for (int w = 0; w < Writers; w++)
			totals[w] += counts[w];
	}
	for (int w = 0; w < Writers; w++)
		printf("%d ", totals[w]);
	for (int i = 0; i < Writers + Readers; i++)
		CHECK(wait(&status) > 0 && status == 0);
	printf("\n");
	close(done[0]);
	close(done[1]);
}

// Back and forth, through pipes and eventfds, by each way of waiting.
static void ping_pong(int way)
{
	int there = eventfd(0, EFD_NONBLOCK), back[2];
	OK(pipe2(back, O_NONBLOCK));
	int ep = epoll_create1(0);
	struct epoll_event e = {.events = EPOLLIN | EPOLLET};
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, there, &e));
	uint64_t n;
	pid_t child = fork();
	OK(child);
	if (child == 0) {
		for (int i = 0; i < 2000;) {
			struct pollfd fd = {there, POLLIN, 0};
			if (way)
				CHECK(poll(&fd, 1, 10000) == 1);
			else
				CHECK(epoll_wait(ep, &e, 1, 10000) == 1);
			CHECK(read(there, &n, 8) == 8);
			i += n;
			CHECK(write(back[1], &n, n) == (long)n);
		}
		_exit(0);
	}
	for (int i = 0; i < 2000; i++) {
		n = 1;
		CHECK(write(there, &n, 8) == 8);
		struct pollfd fd = {back[0], POLLIN, 0};
		CHECK(poll(&fd, 1, 10000) == 1);
		CHECK(read(back[0], &n, 8) == 1);
	}
	int status;
	CHECK(wait(&status) == child && status == 0);
	close(there);
	close(back[0]);
	close(back[1]);
	close(ep);
	printf("ping-pong %d\n", way);
}

int main(void)
{
	stream(0);
	stream(1);
	atomic();
	ping_pong(0);
	ping_pong(1);
	return 0;
}
