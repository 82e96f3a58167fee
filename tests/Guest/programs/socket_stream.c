// Streams of AF_UNIX: states, errors, shutdown, poll, peek, limits.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include "check.h"

static int pipes;
static void *volatile bad = (void *)16;

static void on_pipe(int signal __attribute__((unused)))
{
	pipes++;
}

static int ready(int fd)
{
	struct pollfd p = {fd, POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM | POLLPRI | POLLRDHUP | POLLWRBAND | POLLRDBAND, 0};
	OK(poll(&p, 1, 0));
	return p.revents;
}

static socklen_t name(struct sockaddr_un *a, const char *text)
{
	a->sun_family = AF_UNIX;
	a->sun_path[0] = 0;
	int n = snprintf(a->sun_path + 1, sizeof(a->sun_path) - 1, "umlhost.%d.%s", getpid(), text);
	return offsetof(struct sockaddr_un, sun_path) + 1 + n;
}

static int queued(int fd, unsigned long request)
{
	int n = -7;
	return ioctl(fd, request, &n) == 0 ? n : -errno;
}

static int option(int fd, int which)
{
	int value = -7;
	socklen_t length = sizeof(value);
	return getsockopt(fd, SOL_SOCKET, which, &value, &length) == 0 ? value : -errno;
}

static int set(int fd, int which, int value)
{
	return setsockopt(fd, SOL_SOCKET, which, &value, sizeof(value));
}

static void creation(void)
{
	int s[2];
	SHOW(socket(AF_UNIX, SOCK_STREAM, 2));
	SHOW(socket(AF_UNIX, 4, 0));
	SHOW(socket(AF_UNIX, 4, 7));
	SHOW(socket(AF_UNIX, 12, 0));
	SHOW(socket(AF_UNIX, SOCK_STREAM | 0x100, 0));
	SHOW(socket(46, SOCK_STREAM, 0));
	SHOW(socket(-1, SOCK_STREAM, 0));
	SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, bad));
	SHOW(socketpair(AF_UNIX, SOCK_STREAM, 5, s));
	SHOW(socketpair(AF_UNIX, 99, 0, s));
	int raw = socket(AF_UNIX, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 1);
	OK(raw);
	SHOW(option(raw, SO_TYPE));
	SHOW(option(raw, SO_PROTOCOL));
	SHOW(option(raw, SO_DOMAIN));
	SHOW(fcntl(raw, F_GETFL));
	SHOW(fcntl(raw, F_GETFD));
	struct stat st;
	struct statfs fs;
	OK(fstat(raw, &st));
	OK(fstatfs(raw, &fs));
	printf("mode %o size %ld links %ld type %lx\n", st.st_mode, st.st_size, (long)st.st_nlink, fs.f_type);
	SHOW(lseek(raw, 0, SEEK_SET));
	SHOW(ftruncate(raw, 0));
	SHOW(pread(raw, s, 1, 0));
	SHOW(fsync(raw));
	SHOW(ioctl(raw, 0x5401, s));
	SHOW(close(raw));
	SHOW(accept(0x7000, 0, 0));
	int p[2];
	OK(pipe(p));
	SHOW(accept(p[0], 0, 0));
	SHOW(listen(p[0], 1));
	SHOW(send(p[1], "x", 1, 0));
	SHOW(shutdown(p[1], 0));
	close(p[0]);
	close(p[1]);
}

static void pair(void)
{
	int s[2];
	char b[64];
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	SHOW(ready(s[0]));
	SHOW(write(s[0], "hello", 5));
	SHOW(ready(s[1]));
	SHOW(queued(s[1], FIONREAD));
	SHOW(queued(s[0], TIOCOUTQ));
	SHOW(recv(s[1], b, 3, MSG_PEEK));
	SHOW(recv(s[1], b, 3, 0));
	SHOW(queued(s[1], FIONREAD));
	SHOW(read(s[1], b, 64));
	SHOW(queued(s[0], TIOCOUTQ));
	SHOW(recv(s[1], b, 64, MSG_DONTWAIT));
	SHOW(read(s[1], b, 0));
	SHOW(recv(s[1], b, 0, MSG_DONTWAIT));
	SHOW(write(s[0], b, 0));
	SHOW(send(s[0], "abc", 3, MSG_OOB | MSG_DONTWAIT) != -8);
	while (recv(s[1], b, 64, MSG_DONTWAIT) > 0)
		;
	struct iovec v[3] = {{"one ", 4}, {"", 0}, {"two", 3}};
	SHOW(writev(s[0], v, 3));
	struct iovec r[2] = {{b, 2}, {b + 10, 9}};
	memset(b, 0, sizeof b);
	SHOW(readv(s[1], r, 2));
	printf("%s|%s\n", b, b + 10);
	SHOW(sendto(s[0], "x", 1, 0, (struct sockaddr *)b, 2));
	SHOW(sendto(s[0], "x", 1, 0, (struct sockaddr *)b, 200));
	SHOW(send(s[0], bad, 5, 0));
	SHOW(write(s[0], bad, 5));
	OK(write(s[0], "12345", 5));
	SHOW(recv(s[1], bad, 5, 0));
	SHOW(recv(s[1], b, 64, MSG_TRUNC));
	OK(write(s[0], "ab", 2));
	OK(write(s[0], "cd", 2));
	SHOW(recv(s[1], b, 4, MSG_WAITALL));
	OK(write(s[0], "abcdef", 6));
	SHOW(set(s[1], SO_PEEK_OFF, 1));
	SHOW(recv(s[1], b, 2, MSG_PEEK));
	printf("%.2s\n", b);
	SHOW(option(s[1], SO_PEEK_OFF));
	SHOW(recv(s[1], b, 2, 0));
	SHOW(option(s[1], SO_PEEK_OFF));
	SHOW(recv(s[1], b, 9, MSG_PEEK));
	printf("%.3s\n", b);
	SHOW(recv(s[1], b, 9, MSG_PEEK | MSG_DONTWAIT));
	SHOW(recv(s[1], b, 9, 0));

	struct sockaddr_un a;
	socklen_t n = sizeof a;
	SHOW(getsockname(s[0], (struct sockaddr *)&a, &n));
	SHOW(n);
	n = sizeof a;
	SHOW(getpeername(s[0], (struct sockaddr *)&a, &n));
	SHOW(n);
	SHOW(connect(s[0], (struct sockaddr *)&a, 2));
	SHOW(listen(s[0], 5));
	SHOW(accept(s[0], 0, 0));
	n = -1;
	SHOW(getsockname(s[0], (struct sockaddr *)&a, &n));
	n = 77;
	SHOW(recvfrom(s[0], b, 1, MSG_DONTWAIT, (struct sockaddr *)&a, &n));
	OK(write(s[1], "q", 1));
	SHOW(recvfrom(s[0], b, 1, MSG_DONTWAIT, (struct sockaddr *)&a, &n));
	SHOW(n);

	SHOW(shutdown(s[0], 3));
	SHOW(shutdown(s[0], SHUT_WR));
	SHOW(ready(s[0]));
	SHOW(ready(s[1]));
	SHOW(read(s[1], b, 5));
	SHOW(send(s[0], "x", 1, MSG_NOSIGNAL));
	SHOW(write(s[0], "x", 1));
	SHOW(pipes);
	SHOW(write(s[1], "back", 4));
	SHOW(shutdown(s[0], SHUT_RD));
	SHOW(ready(s[0]));
	SHOW(ready(s[1]));
	SHOW(read(s[0], b, 10));
	SHOW(read(s[0], b, 10));
	SHOW(write(s[1], "x", 1));
	SHOW(pipes);
	OK(close(s[0]));
	SHOW(ready(s[1]));
	SHOW(option(s[1], SO_ERROR));
	OK(close(s[1]));

	// Closing with something unread resets the other side.
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	OK(write(s[0], "unread", 6));
	OK(write(s[1], "read", 4));
	OK(close(s[1]));
	SHOW(ready(s[0]));
	SHOW(read(s[0], b, 10));
	SHOW(read(s[0], b, 10));
	SHOW(read(s[0], b, 10));
	SHOW(write(s[0], b, 10));
	SHOW(ready(s[0]));
	n = sizeof a;
	SHOW(getpeername(s[0], (struct sockaddr *)&a, &n));
	OK(close(s[0]));
}

static void limits(void)
{
	static char big[70000];
	int sizes[] = {1, 100, 500, 1000, 3777, 5000, 8192};
	for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		int s[2], count = 0;
		OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s));
		while (write(s[0], big, sizes[i]) > 0)
			count++;
		printf("%d: %d times, %s, %d, ready %x\n", sizes[i], count, errno_name(errno), queued(s[0], TIOCOUTQ), ready(s[0]));
		while (ready(s[0]) == 0)
			OK(read(s[1], big, sizes[i]));
		printf("writable at %d\n", queued(s[0], TIOCOUTQ));
		close(s[0]);
		close(s[1]);
	}
	int s[2];
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	SHOW(option(s[0], SO_SNDBUF));
	SHOW(set(s[0], SO_SNDBUF, 1));
	SHOW(option(s[0], SO_SNDBUF));
	SHOW(set(s[0], SO_RCVBUF, 1));
	SHOW(option(s[0], SO_RCVBUF));
	SHOW(set(s[0], SO_SNDBUF, 30000));
	SHOW(option(s[0], SO_SNDBUF));
	SHOW(send(s[0], big, 70000, MSG_DONTWAIT) < 70000);
	struct timeval t = {0, 40000}, got;
	SHOW(setsockopt(s[0], SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t));
	SHOW(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
	socklen_t n = sizeof got;
	SHOW(getsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &got, &n));
	printf("%ld.%06ld %d\n", (long)got.tv_sec, (long)got.tv_usec, (int)n);
	SHOW(send(s[0], big, 70000, 0));
	SHOW(recv(s[0], big, 1, 0));
	t.tv_usec = 1000000;
	SHOW(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
	SHOW(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &t, 8));
	close(s[0]);
	close(s[1]);
}

static void connections(void)
{
	struct sockaddr_un a, b;
	socklen_t an = name(&a, "listen"), n;
	int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
	char buffer[8];
	SHOW(ready(l));
	SHOW(listen(l, 1));
	SHOW(accept(l, 0, 0));
	SHOW(connect(c, (struct sockaddr *)&a, an));
	SHOW(read(c, buffer, 1));
	SHOW(write(c, buffer, 1));
	SHOW(sendto(c, buffer, 1, 0, (struct sockaddr *)&a, an));
	SHOW(getpeername(c, (struct sockaddr *)&b, &(socklen_t){sizeof b}));
	SHOW(bind(l, (struct sockaddr *)&a, 1));
	SHOW(bind(l, (struct sockaddr *)&a, 111));
	SHOW(bind(l, bad, 20));
	a.sun_family = AF_INET;
	SHOW(bind(l, (struct sockaddr *)&a, an));
	a.sun_family = AF_UNIX;
	SHOW(bind(l, (struct sockaddr *)&a, an));
	SHOW(bind(l, (struct sockaddr *)&a, an));
	SHOW(bind(c, (struct sockaddr *)&a, an));
	int d = socket(AF_UNIX, SOCK_DGRAM, 0);
	SHOW(connect(d, (struct sockaddr *)&a, an));
	SHOW(bind(d, (struct sockaddr *)&a, an));
	SHOW(listen(d, 1));
	SHOW(accept(d, 0, 0));
	close(d);
	SHOW(connect(c, (struct sockaddr *)&a, an));
	SHOW(option(l, SO_ACCEPTCONN));
	SHOW(listen(l, 1));
	SHOW(option(l, SO_ACCEPTCONN));
	SHOW(ready(l));
	SHOW(connect(l, (struct sockaddr *)&a, an));
	SHOW(queued(l, FIONREAD));
	SHOW(read(l, buffer, 1));
	SHOW(connect(c, (struct sockaddr *)&a, an));
	SHOW(connect(c, (struct sockaddr *)&a, an));
	SHOW(ready(c));
	SHOW(ready(l));
	n = sizeof b;
	OK(getpeername(c, (struct sockaddr *)&b, &n));
	printf("peer %d %d\n", n == an, memcmp(&a, &b, n));
	SHOW(write(c, "early", 5));
	int more[2], i;
	for (i = 0; i < 2; i++)
		more[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	SHOW(connect(more[0], (struct sockaddr *)&a, an));
	SHOW(connect(more[1], (struct sockaddr *)&a, an));
	SHOW(fcntl(l, F_SETFL, O_NONBLOCK));
	n = sizeof b;
	int e = accept4(l, (struct sockaddr *)&b, &n, SOCK_CLOEXEC);
	OK(e);
	printf("from %d, flags %x %x\n", n, fcntl(e, F_GETFL), fcntl(e, F_GETFD));
	SHOW(read(e, buffer, 8));
	n = sizeof b;
	OK(getsockname(e, (struct sockaddr *)&b, &n));
	printf("accepted's name %d\n", n == an);
	SHOW(accept4(l, 0, 0, 0x100));
	SHOW(connect(more[1], (struct sockaddr *)&a, an));
	int f = accept4(l, 0, 0, SOCK_NONBLOCK);
	SHOW(fcntl(f, F_GETFL));
	SHOW(read(f, buffer, 1));
	struct ucred cred;
	n = sizeof cred;
	OK(getsockopt(e, SOL_SOCKET, SO_PEERCRED, &cred, &n));
	printf("cred %d %d %d\n", cred.pid == getpid(), cred.uid == geteuid(), cred.gid == getegid());
	OK(getsockopt(d = socket(AF_UNIX, SOCK_STREAM, 0), SOL_SOCKET, SO_PEERCRED, &cred, &n));
	printf("no cred %d %d %d\n", cred.pid, cred.uid, cred.gid);
	SHOW(getsockopt(d, SOL_SOCKET, SO_PEERSEC, buffer, &n));
	n = sizeof buffer;
	SHOW(getsockopt(d, SOL_SOCKET, SO_PEERGROUPS, buffer, &n));
	SHOW(getsockopt(d, 6, 1, buffer, &n));
	SHOW(setsockopt(d, 6, 1, buffer, 4));
	SHOW(getsockopt(d, SOL_SOCKET, 999, buffer, &n));
	SHOW(setsockopt(d, SOL_SOCKET, 999, buffer, 4));
	SHOW(setsockopt(d, SOL_SOCKET, SO_REUSEADDR, buffer, 3));
	SHOW(set(d, SO_REUSEADDR, 5));
	SHOW(option(d, SO_REUSEADDR));
	SHOW(set(d, SO_TYPE, 5));
	SHOW(set(d, SO_KEEPALIVE, 1));
	SHOW(option(d, SO_KEEPALIVE));
	SHOW(set(d, SO_RCVLOWAT, 0));
	SHOW(option(d, SO_RCVLOWAT));
	SHOW(set(d, SO_SNDLOWAT, 9));
	SHOW(option(d, SO_SNDLOWAT));
	SHOW(shutdown(l, SHUT_RD));
	SHOW(ready(l));
	close(accept(l, 0, 0));
	SHOW(accept(l, 0, 0));
	SHOW(connect(d, (struct sockaddr *)&a, an));
	close(l);
	SHOW(connect(d, (struct sockaddr *)&a, an));
	SHOW(ready(more[1]));
	SHOW(read(more[1], buffer, 1));
	SHOW(write(more[1], buffer, 1));
	SHOW(pipes);

	// Autobind.
	a.sun_family = AF_UNIX;
	SHOW(bind(d, (struct sockaddr *)&a, 2));
	n = sizeof b;
	SHOW(getsockname(d, (struct sockaddr *)&b, &n));
	SHOW(n);
	SHOW(strspn(b.sun_path + 1, "0123456789abcdef"));
	SHOW(bind(d, (struct sockaddr *)&a, 2));
}

// Blocking connect, accept and read against another process.
static void blocking(void)
{
	struct sockaddr_un a;
	socklen_t an = name(&a, "block");
	int l = socket(AF_UNIX, SOCK_STREAM, 0);
	OK(bind(l, (struct sockaddr *)&a, an));
	OK(listen(l, 0));
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		char b[8];
		for (int i = 0; i < 20; i++) {
			int c = socket(AF_UNIX, SOCK_STREAM, 0);
			OK(connect(c, (struct sockaddr *)&a, an));
			OK(write(c, &i, 4));
			CHECK(recv(c, b, 8, MSG_WAITALL) == 8);
			CHECK(read(c, b, 1) == 0);
			close(c);
		}
		_exit(0);
	}
	int sum = 0;
	for (int i = 0; i < 20; i++) {
		int c = accept(l, 0, 0), v;
		OK(c);
		CHECK(read(c, &v, 4) == 4);
		sum += v;
		OK(write(c, "abcd", 4));
		usleep(1000);
		OK(write(c, "efgh", 4));
		close(c);
	}
	int status;
	OK(waitpid(child, &status, 0));
	printf("sum %d status %x\n", sum, status);

	// Large writes against a slow reader.
	int s[2];
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	child = fork();
	static char big[1 << 20];
	if (child == 0) {
		close(s[0]);
		for (unsigned i = 0; i < sizeof big; i++)
			big[i] = i * 7 + (i >> 8);
		CHECK(write(s[1], big, sizeof big) == sizeof big);
		_exit(0);
	}
	close(s[1]);
	unsigned at = 0;
	long r;
	while ((r = read(s[0], big + at, 10000)) > 0)
		at += r;
	for (unsigned i = 0; i < at; i++)
		CHECK(big[i] == (char)(i * 7 + (i >> 8)));
	OK(waitpid(child, &status, 0));
	printf("got %u status %x\n", at, status);

	// A signal ends a wait.
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	struct sigaction action = {.sa_handler = on_pipe};
	sigaction(SIGALRM, &action, 0);
	ualarm(20000, 0);
	SHOW(read(s[0], big, 1));
	ualarm(20000, 0);
	SHOW(accept(l, 0, 0));
	action.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &action, 0);
	struct timeval t = {5, 0};
	OK(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t));
	ualarm(20000, 0);
	SHOW(read(s[0], big, 1));
}

static void epolls(void)
{
	int s[2], e = epoll_create1(0);
	char b[8];
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	struct epoll_event event = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.u64 = 5}};
	OK(epoll_ctl(e, EPOLL_CTL_ADD, s[0], &event));
	SHOW(epoll_wait(e, &event, 1, 0));
	SHOW(event.events);
	SHOW(epoll_wait(e, &event, 1, 0));
	OK(write(s[1], "a", 1));
	SHOW(epoll_wait(e, &event, 1, 0));
	SHOW(event.events);
	OK(write(s[1], "b", 1));
	SHOW(epoll_wait(e, &event, 1, 0));
	OK(read(s[0], b, 8));
	SHOW(epoll_wait(e, &event, 1, 0));
	OK(write(s[0], "b", 1));
	SHOW(epoll_wait(e, &event, 1, 0));
	OK(read(s[1], b, 1));
	SHOW(epoll_wait(e, &event, 1, 0));
	OK(shutdown(s[1], SHUT_WR));
	SHOW(epoll_wait(e, &event, 1, 0));
	SHOW(event.events);
	OK(close(s[1]));
	SHOW(epoll_wait(e, &event, 1, 0));
	SHOW(event.events);
}

int main(void)
{
	struct sigaction action = {.sa_handler = on_pipe};
	OK(sigaction(SIGPIPE, &action, 0));
	creation();
	pair();
	limits();
	connections();
	blocking();
	epolls();
	return 0;
}
