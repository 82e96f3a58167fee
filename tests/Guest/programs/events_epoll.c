#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <time.h>
#include "check.h"

static void *volatile bad = (void *)16;
static char big[70000];

static long now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int ctl(int ep, int op, int fd, uint32_t events)
{
	struct epoll_event e = {.events = events, .data.u64 = 0x100000000 + fd};
	return epoll_ctl(ep, op, fd, &e);
}

static void show(const char *what, int ep, int most, int timeout)
{
	struct epoll_event e[16];
	errno = 0;
	int n = epoll_wait(ep, e, most, timeout);
	printf("%s: %d %s:", what, n, n < 0 ? errno_name(errno) : "");
	for (int i = 0; i < n; i++)
		printf(" %lx/%x", (long)e[i].data.u64, e[i].events);
	printf("\n");
}

static void put(int fd, uint64_t n)
{
	OK(write(fd, &n, 8));
}

static void get(int fd)
{
	uint64_t n;
	OK(read(fd, &n, 8));
}

static void errors(void)
{
	int ep = epoll_create1(EPOLL_CLOEXEC), other = epoll_create(1), e = eventfd(0, 0), p[2];
	SHOW(fcntl(ep, F_GETFD));
	SHOW(fcntl(other, F_GETFD));
	SHOW(fcntl(ep, F_GETFL));
	SHOW(epoll_create(0));
	SHOW(epoll_create(-1));
	SHOW(epoll_create1(1));
	OK(pipe(p));
	SHOW(ctl(ep, EPOLL_CTL_ADD, e, EPOLLIN));
	SHOW(ctl(ep, EPOLL_CTL_ADD, e, EPOLLIN));
	SHOW(ctl(ep, EPOLL_CTL_MOD, p[0], EPOLLIN));
	SHOW(ctl(ep, EPOLL_CTL_DEL, p[0], EPOLLIN));
	SHOW(ctl(ep, 9, p[0], EPOLLIN));
	SHOW(ctl(ep, EPOLL_CTL_ADD, 900, EPOLLIN));
	SHOW(ctl(900, EPOLL_CTL_ADD, e, EPOLLIN));
	SHOW(ctl(e, EPOLL_CTL_ADD, ep, EPOLLIN));
	SHOW(ctl(e, EPOLL_CTL_ADD, e, EPOLLIN));
	SHOW(ctl(ep, EPOLL_CTL_ADD, ep, EPOLLIN));
	SHOW(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], bad));
	SHOW(epoll_ctl(ep, 9, 900, bad));
	SHOW(epoll_ctl(ep, EPOLL_CTL_DEL, e, bad));
	SHOW(ctl(ep, EPOLL_CTL_ADD, open("text", O_RDONLY), EPOLLIN));
	SHOW(ctl(ep, EPOLL_CTL_ADD, open("dir", O_RDONLY | O_DIRECTORY), EPOLLIN));
	SHOW(ctl(ep, EPOLL_CTL_ADD, open("text", O_PATH), EPOLLIN));
	SHOW(ctl(ep, EPOLL_CTL_ADD, open("/dev/null", O_RDWR), EPOLLIN));
	SHOW(ctl(ep, EPOLL_CTL_ADD, open("/dev/zero", O_RDWR), EPOLLIN));
	SHOW(ctl(ep, EPOLL_CTL_ADD, open("/dev/full", O_RDWR), EPOLLIN));
	SHOW(ctl(ep, EPOLL_CTL_ADD, open("/dev/urandom", O_RDONLY), EPOLLIN));
	SHOW(ctl(ep, EPOLL_CTL_ADD, open("/dev/random", O_RDONLY), EPOLLIN));
	SHOW(ctl(ep, EPOLL_CTL_ADD, e, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT));
	SHOW(ctl(ep, EPOLL_CTL_ADD, e, EPOLLIN | EPOLLEXCLUSIVE | EPOLLRDHUP));
	SHOW(ctl(ep, EPOLL_CTL_ADD, other, EPOLLIN | EPOLLEXCLUSIVE));
	SHOW(ctl(ep, EPOLL_CTL_ADD, e, EPOLLIN | EPOLLEXCLUSIVE));
	SHOW(ctl(ep, EPOLL_CTL_MOD, e, EPOLLIN));
	SHOW(ctl(ep, EPOLL_CTL_MOD, e, EPOLLIN | EPOLLEXCLUSIVE));
	SHOW(ctl(ep, EPOLL_CTL_ADD, p[0], EPOLLIN));
	SHOW(ctl(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLEXCLUSIVE));
	SHOW(ctl(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLWAKEUP));
	struct epoll_event one;
	SHOW(syscall(SYS_epoll_wait, other, &one, 0, 0));
	SHOW(syscall(SYS_epoll_wait, other, &one, -1, 0));
	SHOW(syscall(SYS_epoll_wait, other, &one, 0x7fffffff, 0));
	SHOW(epoll_wait(e, &one, 1, 0));
	SHOW(epoll_wait(900, &one, 1, 0));
	SHOW(syscall(SYS_epoll_wait, e, -1, 1, 0));
	SHOW(syscall(SYS_epoll_wait, other, 16, 1, 0));
	put(e, 1);
	OK(ctl(other, EPOLL_CTL_ADD, e, EPOLLIN));
	SHOW(syscall(SYS_epoll_wait, other, 16, 1, 0));
	SHOW(epoll_wait(other, &one, 1, 0));
	SHOW(read(ep, &one, 1));
	SHOW(write(ep, &one, 1));
	sigset_t none;
	sigemptyset(&none);
	SHOW(syscall(SYS_epoll_pwait, other, &one, 1, 0, &none, 4));
	SHOW(syscall(SYS_epoll_pwait, other, &one, 1, 0, 16, 8));
	SHOW(syscall(SYS_epoll_pwait, other, &one, 1, 0, &none, 8));
	struct timespec t = {0, 1000000000};
	SHOW(syscall(SYS_epoll_pwait2, other, &one, 1, &t, NULL, 0));
	SHOW(syscall(SYS_epoll_pwait2, other, &one, 1, 16, NULL, 0));
	SHOW(syscall(SYS_epoll_pwait2, other, &one, 1, NULL, NULL, 0));
	get(e);
	t.tv_nsec = 20000000;
	long start = now_ms();
	SHOW(syscall(SYS_epoll_pwait2, other, &one, 1, &t, &none, 8));
	CHECK(now_ms() - start >= 19);
	SHOW(epoll_wait(other, &one, 1, 20));
	CHECK(now_ms() - start >= 39 && now_ms() - start < 3000);
	printf("%ld\n", t.tv_nsec);
	syscall(SYS_close_range, 3, ~0u, 0);
}

static void level(void)
{
	int ep = epoll_create1(0), a = eventfd(1, 0), b = eventfd(0, 0), c = eventfd(1, 0), p[2];
	OK(pipe2(p, O_NONBLOCK));
	OK(ctl(ep, EPOLL_CTL_ADD, a, EPOLLIN));
	OK(ctl(ep, EPOLL_CTL_ADD, b, EPOLLIN));
	OK(ctl(ep, EPOLL_CTL_ADD, c, EPOLLIN));
	show("a and c", ep, 16, -1);
	show("again", ep, 16, -1);
	show("one at a time", ep, 1, -1);
	show("one at a time", ep, 1, -1);
	show("one at a time", ep, 1, -1);
	put(b, 1);
	show("all", ep, 16, -1);
	get(a);
	show("no a", ep, 16, -1);
	get(b);
	get(c);
	show("none", ep, 16, 0);
	show("none for a while", ep, 16, 10);
	OK(ctl(ep, EPOLL_CTL_MOD, b, EPOLLOUT | EPOLLIN));
	show("b out", ep, 16, -1);
	OK(ctl(ep, EPOLL_CTL_MOD, b, 0));
	show("b off", ep, 16, 0);
	OK(ctl(ep, EPOLL_CTL_DEL, b, 0));
	put(b, 1);
	show("b out of it", ep, 16, 0);
	OK(ctl(ep, EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLRDHUP));
	OK(ctl(ep, EPOLL_CTL_ADD, p[1], EPOLLOUT));
	show("pipe", ep, 16, -1);
	while (write(p[1], big, sizeof(big)) > 0)
		;
	show("full pipe", ep, 16, -1);
	while (read(p[0], big, sizeof(big)) > 0)
		;
	show("empty pipe", ep, 16, -1);
	OK(write(p[1], big, 10));
	close(p[1]);
	show("writer closed", ep, 16, -1);
	OK(read(p[0], big, 10));
	show("writer closed, empty", ep, 16, -1);
	OK(ctl(ep, EPOLL_CTL_MOD, p[0], 0));
	show("hup always", ep, 16, -1);
	close(p[0]);
	show("closed", ep, 16, 0);
	OK(pipe(p));
	OK(ctl(ep, EPOLL_CTL_ADD, p[1], 0));
	close(p[0]);
	show("reader closed", ep, 16, -1);
	syscall(SYS_close_range, 3, ~0u, 0);
}

static void edge(void)
{
	int ep = epoll_create1(0), e = eventfd(0, 0), p[2];
	OK(pipe2(p, O_NONBLOCK));
	OK(ctl(ep, EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLET));
	OK(ctl(ep, EPOLL_CTL_ADD, p[1], EPOLLOUT | EPOLLET));
	OK(ctl(ep, EPOLL_CTL_ADD, e, EPOLLIN | EPOLLET));
	show("new", ep, 16, 0);
	show("told already", ep, 16, 0);
	OK(write(p[1], big, 10));
	show("written", ep, 16, 0);
	show("told already", ep, 16, 0);
	OK(read(p[0], big, 5));
	show("part read", ep, 16, 0);
	OK(write(p[1], big, 10));
	show("more written", ep, 16, 0);
	OK(write(p[1], big, 10));
	OK(write(p[1], big, 10));
	show("twice written", ep, 16, 0);
	show("told already", ep, 16, 0);
	while (write(p[1], big, 4096) > 0)
		;
	show("full", ep, 16, 0);
	OK(read(p[0], big, 100));
	show("still full", ep, 16, 0);
	OK(read(p[0], big, 4096));
	show("room", ep, 16, 0);
	OK(read(p[0], big, 4096));
	show("more room", ep, 16, 0);
	put(e, 1);
	show("eventfd", ep, 16, 0);
	put(e, 1);
	show("eventfd again", ep, 16, 0);
	show("told already", ep, 16, 0);
	OK(ctl(ep, EPOLL_CTL_MOD, e, EPOLLIN | EPOLLET));
	show("set again", ep, 16, 0);
	close(p[1]);
	show("writer gone", ep, 16, 0);
	show("told already", ep, 16, 0);
	syscall(SYS_close_range, 3, ~0u, 0);
}

static void one_shot(void)
{
	int ep = epoll_create1(0), e = eventfd(1, 0);
	OK(ctl(ep, EPOLL_CTL_ADD, e, EPOLLIN | EPOLLONESHOT));
	show("once", ep, 16, -1);
	show("no more", ep, 16, 0);
	put(e, 1);
	show("no more", ep, 16, 0);
	OK(ctl(ep, EPOLL_CTL_MOD, e, EPOLLIN | EPOLLONESHOT));
	show("armed", ep, 16, -1);
	show("no more", ep, 16, 0);
	get(e);
	OK(ctl(ep, EPOLL_CTL_MOD, e, EPOLLIN | EPOLLONESHOT | EPOLLET));
	show("armed, not ready", ep, 16, 0);
	put(e, 1);
	show("ready", ep, 16, 0);
	show("no more", ep, 16, 0);
	OK(ctl(ep, EPOLL_CTL_MOD, e, EPOLLIN | EPOLLOUT));
	show("level", ep, 16, -1);
	show("level", ep, 16, -1);
	syscall(SYS_close_range, 3, ~0u, 0);
}

static void nested(void)
{
	int in = epoll_create1(0), out = epoll_create1(0), edge_out = epoll_create1(0), e = eventfd(0, 0);
	OK(ctl(in, EPOLL_CTL_ADD, e, EPOLLIN));
	OK(ctl(out, EPOLL_CTL_ADD, in, EPOLLIN));
	OK(ctl(edge_out, EPOLL_CTL_ADD, in, EPOLLIN | EPOLLET));
	struct pollfd p = {in, POLLIN | POLLOUT | POLLRDNORM, 0};
	SHOW(poll(&p, 1, 0));
	show("none", out, 16, 0);
	put(e, 1);
	SHOW(poll(&p, 1, -1));
	printf("%x\n", p.revents);
	fd_set set;
	FD_ZERO(&set);
	FD_SET(out, &set);
	SHOW(select(out + 1, &set, NULL, NULL, NULL));
	show("out", out, 16, -1);
	show("edge", edge_out, 16, 0);
	show("edge", edge_out, 16, 0);
	show("in", in, 16, -1);
	show("out", out, 16, -1);
	get(e);
	show("out", out, 16, 0);
	show("in", in, 16, 0);
	put(e, 1);
	show("edge", edge_out, 16, 0);
	show("edge", edge_out, 16, 0);
	SHOW(ctl(in, EPOLL_CTL_ADD, out, EPOLLIN));
	syscall(SYS_close_range, 3, ~0u, 0);

	// From below upwards, from the top downwards, and both ends to a middle.
	int chain[8];
	for (int i = 0; i < 8; i++)
		chain[i] = epoll_create1(0);
	for (int i = 1; i < 8; i++)
		SHOW(ctl(chain[i], EPOLL_CTL_ADD, chain[i - 1], EPOLLIN));
	SHOW(ctl(chain[0], EPOLL_CTL_ADD, chain[3], EPOLLIN));
	syscall(SYS_close_range, 3, ~0u, 0);
	for (int i = 0; i < 8; i++)
		chain[i] = epoll_create1(0);
	for (int i = 1; i < 8; i++)
		SHOW(ctl(chain[i - 1], EPOLL_CTL_ADD, chain[i], EPOLLIN));
	syscall(SYS_close_range, 3, ~0u, 0);
	for (int i = 0; i < 8; i++)
		chain[i] = epoll_create1(0);
	for (int i = 0; i < 8; i++)
		if (i != 3 && i < 7)
			SHOW(ctl(chain[i], EPOLL_CTL_ADD, chain[i + 1], EPOLLIN));
	SHOW(ctl(chain[3], EPOLL_CTL_ADD, chain[4], EPOLLIN));
	syscall(SYS_close_range, 3, ~0u, 0);
}

static void closing(void)
{
	int ep = epoll_create1(0), e = eventfd(1, 0);
	int copy = dup(e);
	OK(ctl(ep, EPOLL_CTL_ADD, e, EPOLLIN));
	OK(ctl(ep, EPOLL_CTL_ADD, copy, EPOLLIN));
	show("both", ep, 16, -1);
	int old = e;
	close(e);
	show("still both: the copy keeps it open", ep, 16, -1);
	SHOW(ctl(ep, EPOLL_CTL_DEL, old, 0));
	close(copy);
	show("none", ep, 16, 0);
	e = eventfd(0, 0);
	SHOW(e == old);
	SHOW(ctl(ep, EPOLL_CTL_ADD, e, EPOLLIN));
	put(e, 1);
	show("the new one", ep, 16, -1);
	// Another file under the same number is another item.
	copy = dup(e);
	int other = eventfd(1, 0);
	dup2(other, e);
	SHOW(ctl(ep, EPOLL_CTL_ADD, e, EPOLLIN | EPOLLOUT));
	show("two of one number", ep, 16, -1);
	close(copy);
	show("one left", ep, 16, -1);
	close(ep);
	ep = epoll_create1(0);
	show("empty", ep, 16, 0);
	syscall(SYS_close_range, 3, ~0u, 0);
}

// A thousand, of which a few are ready.
static void many(void)
{
	int ep = epoll_create1(0), fds[1000], seen = 0;
	struct epoll_event events[7];
	for (int i = 0; i < 1000; i++) {
		fds[i] = eventfd(i % 10 == 0, EFD_NONBLOCK);
		if (fds[i] < 0) {
			fds[i] = -1;
			continue;
		}
		struct epoll_event e = {.events = EPOLLIN | (i % 20 ? EPOLLET : 0), .data.u32 = i};
		OK(epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &e));
	}
	for (int n; (n = epoll_wait(ep, events, 7, 0)) > 0;)
		for (int i = 0; i < n; i++, seen++)
			get(fds[events[i].data.u32]);
	printf("%d seen\n", seen);
	syscall(SYS_close_range, 3, ~0u, 0);
}

int main(void)
{
	errors();
	level();
	edge();
	one_shot();
	nested();
	closing();
	many();
	return 0;
}
