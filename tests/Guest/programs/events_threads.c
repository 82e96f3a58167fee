#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include "check.h"

enum { Threads = 4, Events = 3000 };

static int ep, source, stop, p[2];
static atomic_int handled, inside, woken;

// Several threads at one instance: a one-shot item is with one of them at a time.
static void *one_shot(void *unused)
{
	for (;;) {
		struct epoll_event e;
		int n = epoll_wait(ep, &e, 1, -1);
		CHECK(n == 1);
		if (e.data.fd == stop)
			return unused;
		CHECK(atomic_fetch_add(&inside, 1) == 0);
		uint64_t value;
		CHECK(read(source, &value, 8) == 8);
		atomic_fetch_add(&handled, value);
		CHECK(atomic_fetch_sub(&inside, 1) == 1);
		e.events = EPOLLIN | EPOLLONESHOT;
		OK(epoll_ctl(ep, EPOLL_CTL_MOD, source, &e));
	}
}

// Each byte ends one reader's wait; none is left over and none is lost.
static void *read_bytes(void *unused)
{
	char byte;
	while (read(p[0], &byte, 1) == 1)
		atomic_fetch_add(&handled, 1);
	return unused;
}

// Each has an instance of its own that watches the same file exclusively.
static void *exclusive(void *unused)
{
	int own = epoll_create1(0);
	struct epoll_event e = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.fd = source};
	OK(epoll_ctl(own, EPOLL_CTL_ADD, source, &e));
	e = (struct epoll_event){.events = EPOLLIN, .data.fd = stop};
	OK(epoll_ctl(own, EPOLL_CTL_ADD, stop, &e));
	for (;;) {
		uint64_t value;
		CHECK(epoll_wait(own, &e, 1, -1) == 1);
		if (e.data.fd == stop)
			break;
		atomic_fetch_add(&woken, 1);
		if (read(source, &value, 8) == 8)
			atomic_fetch_add(&handled, value);
	}
	close(own);
	return unused;
}

static void run(const char *what, void *(*body)(void *), int fd, int size, int end)
{
	pthread_t threads[Threads];
	atomic_store(&handled, 0);
	for (int i = 0; i < Threads; i++)
		CHECK(pthread_create(&threads[i], NULL, body, NULL) == 0);
	uint64_t one = 1;
	for (int i = 0; i < Events; i++)
		CHECK(write(fd, &one, size) == size);
	while (atomic_load(&handled) < Events)
		sched_yield();
	if (end)
		close(fd);
	else
		CHECK(write(stop, &one, 8) == 8);
	for (int i = 0; i < Threads; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	if (!end)
		CHECK(read(stop, &one, 8) == 8);
	printf("%s: %d\n", what, atomic_load(&handled));
}

int main(void)
{
	ep = epoll_create1(0);
	source = eventfd(0, EFD_NONBLOCK);
	stop = eventfd(0, 0);
	struct epoll_event e = {.events = EPOLLIN | EPOLLONESHOT, .data.fd = source};
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, source, &e));
	e = (struct epoll_event){.events = EPOLLIN, .data.fd = stop};
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, stop, &e));
	run("one-shot", one_shot, source, 8, 0);
	run("exclusive", exclusive, source, 8, 0);
	OK(pipe(p));
	run("readers", read_bytes, p[1], 1, 1);
	return 0;
}
