// Datagrams, sequenced packets, descriptors and credentials in messages.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include "check.h"

static int pipes;
static void *volatile bad = (void *)16;

static void on_signal(int signal)
{
	(void)signal;
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

static void datagrams(void)
{
	struct sockaddr_un a, b, from;
	socklen_t an = name(&a, "a"), bn = name(&b, "b"), n;
	char buffer[64];
	int x = socket(AF_UNIX, SOCK_DGRAM, 0), y = socket(AF_UNIX, SOCK_DGRAM, 0), z = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), i;
	SHOW(ready(x));
	SHOW(send(x, "a", 1, 0));
	SHOW(sendto(x, "a", 1, 0, (struct sockaddr *)&a, an));
	SHOW(recv(x, buffer, 1, MSG_DONTWAIT));
	OK(bind(x, (struct sockaddr *)&a, an));
	SHOW(sendto(y, "hello", 5, 0, (struct sockaddr *)&a, an));
	SHOW(sendto(y, "", 0, 0, (struct sockaddr *)&a, an));
	SHOW(sendto(y, "bye", 3, 0, (struct sockaddr *)&a, 1));
	SHOW(ioctl(x, FIONREAD, &i));
	SHOW(i);
	n = sizeof from;
	SHOW(recvfrom(x, buffer, 3, MSG_PEEK | MSG_TRUNC, (struct sockaddr *)&from, &n));
	SHOW(n);
	SHOW(recvfrom(x, buffer, 3, 0, (struct sockaddr *)&from, &n));
	SHOW(recv(x, buffer, 3, MSG_DONTWAIT));
	SHOW(recv(x, buffer, 3, MSG_DONTWAIT));
	OK(bind(y, (struct sockaddr *)&b, bn));
	OK(sendto(y, "named", 5, 0, (struct sockaddr *)&a, an));
	n = sizeof from;
	SHOW(recvfrom(x, buffer, 64, 0, (struct sockaddr *)&from, &n));
	printf("from %d %d\n", n == bn, memcmp(&from, &b, bn));
	SHOW(sendto(y, bad, 5, 0, (struct sockaddr *)&a, an));
	OK(sendto(y, "lost", 4, 0, (struct sockaddr *)&a, an));
	SHOW(recv(x, bad, 5, 0));
	SHOW(recv(x, buffer, 5, MSG_DONTWAIT));
	static char huge[300000];
	SHOW(sendto(y, huge, 212961, 0, (struct sockaddr *)&a, an));
	SHOW(sendto(y, huge, 212960, 0, (struct sockaddr *)&a, an));
	SHOW(recv(x, huge, 300000, 0));

	// A full queue.
	for (i = 0; sendto(z, "m", 1, 0, (struct sockaddr *)&a, an) == 1; i++)
		;
	printf("full at %d: %s\n", i, errno_name(errno));
	SHOW(ready(z));
	SHOW(connect(z, (struct sockaddr *)&a, an));
	SHOW(ready(z));
	SHOW(write(z, "m", 1));
	OK(recv(x, buffer, 64, 0));
	SHOW(ready(z));
	SHOW(write(z, "m", 1));
	SHOW(ready(z));
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		usleep(20000);
		OK(recv(x, buffer, 64, 0));
		_exit(0);
	}
	struct pollfd p = {z, POLLOUT, 0};
	SHOW(poll(&p, 1, 5000));
	SHOW(write(z, "m", 1));
	OK(waitpid(child, &i, 0));
	while (recv(x, buffer, 64, MSG_DONTWAIT) > 0)
		;

	// Connected back, and elsewhere.
	SHOW(connect(x, (struct sockaddr *)&b, bn));
	SHOW(write(z, "m", 1));
	SHOW(sendto(z, "m", 1, 0, (struct sockaddr *)&a, an));
	SHOW(connect(z, (struct sockaddr *)&a, an));
	SHOW(write(y, "m", 1));
	SHOW(connect(y, (struct sockaddr *)&a, an));
	for (i = 0; i < 30; i++)
		OK(write(y, "m", 1));
	SHOW(ready(y));
	struct sockaddr_un none = {.sun_family = AF_UNSPEC};
	SHOW(connect(x, (struct sockaddr *)&none, 2));
	SHOW(ready(y));
	SHOW(option(y, SO_ERROR));
	SHOW(ready(y));
	SHOW(getpeername(x, (struct sockaddr *)&from, &n));
	SHOW(recv(x, buffer, 5, MSG_DONTWAIT));
	SHOW(shutdown(x, SHUT_RD));
	SHOW(ready(x));
	SHOW(write(y, "m", 1));
	SHOW(pipes);
	SHOW(recv(x, buffer, 5, MSG_DONTWAIT));
	SHOW(recv(x, buffer, 5, 0));
	SHOW(shutdown(y, SHUT_WR));
	SHOW(ready(y));
	SHOW(write(y, "m", 1));
	close(x);
	SHOW(write(z, "m", 1));
	SHOW(write(z, "m", 1));
	close(y);
	close(z);

	int s[2];
	OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
	OK(write(s[0], "left", 4));
	SHOW(ready(s[1]));
	close(s[0]);
	SHOW(ready(s[1]));
	SHOW(write(s[1], "x", 1));
	SHOW(write(s[1], "x", 1));
	SHOW(recv(s[1], buffer, 8, MSG_DONTWAIT));
	SHOW(pipes);
	close(s[1]);
}

static void packets(void)
{
	struct sockaddr_un a;
	socklen_t an = name(&a, "packets");
	char buffer[64];
	int s[2], l = socket(AF_UNIX, SOCK_SEQPACKET, 0), c = socket(AF_UNIX, SOCK_SEQPACKET, 0), e;
	SHOW(ready(c));
	SHOW(read(c, buffer, 1));
	SHOW(write(c, buffer, 1));
	OK(bind(l, (struct sockaddr *)&a, an));
	OK(listen(l, 3));
	OK(connect(c, (struct sockaddr *)&a, an));
	SHOW(write(c, "one", 3));
	SHOW(send(c, "two", 3, MSG_EOR));
	OK(e = accept(l, 0, 0));
	struct iovec v = {buffer, 64};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
	SHOW(recvmsg(e, &m, 0));
	SHOW(m.msg_flags);
	v.iov_len = 2;
	SHOW(recvmsg(e, &m, MSG_CMSG_CLOEXEC));
	SHOW(m.msg_flags);
	SHOW(sendto(e, "back", 4, 0, (struct sockaddr *)&a, an));
	SHOW(read(c, buffer, 64));
	SHOW(connect(c, (struct sockaddr *)&a, an));
	close(e);
	SHOW(ready(c));
	SHOW(read(c, buffer, 64));
	SHOW(recv(c, buffer, 64, MSG_DONTWAIT));
	SHOW(write(c, buffer, 64));
	SHOW(pipes);
	OK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s));
	SHOW(write(s[0], "unread", 6));
	close(s[1]);
	SHOW(ready(s[0]));
	SHOW(read(s[0], buffer, 64));
	SHOW(read(s[0], buffer, 64));
	SHOW(write(s[0], buffer, 64));
	SHOW(ready(s[0]));
	close(s[0]);
	close(l);
	close(c);
}

static long send_fds(int to, const char *text, const int *fds, int count, int extra)
{
	static char control[8192];
	struct iovec v = {(void *)text, strlen(text)};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(count * sizeof(int))};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_len = CMSG_LEN(count * sizeof(int)) + extra;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(c), fds, count * sizeof(int));
	return sendmsg(to, &m, 0);
}

// Receives, shows what came, and closes the descriptors.
static void receive(int from, int size, int space, int flags)
{
	char control[512], data[64] = "";
	struct iovec v = {data, size};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = space ? control : 0, .msg_controllen = space};
	errno = 0;
	long n = recvmsg(from, &m, flags | MSG_DONTWAIT);
	printf("received %ld %s \"%.*s\" flags %x control %d:", n, n < 0 ? errno_name(errno) : "", (int)(n > 0 ? n : 0), data, n < 0 ? 0 : m.msg_flags,
	       n < 0 ? 0 : (int)m.msg_controllen);
	for (struct cmsghdr *c = n < 0 ? 0 : CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		printf(" %d/%d/%d", (int)c->cmsg_len, c->cmsg_level, c->cmsg_type);
		if (c->cmsg_type == SCM_RIGHTS) {
			int count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int), fds[64];
			memcpy(fds, CMSG_DATA(c), count * sizeof(int));
			for (int i = 0; i < count; i++) {
				printf(" fd flags %x", fcntl(fds[i], F_GETFD));
				OK(close(fds[i]));
			}
		} else if (c->cmsg_type == SCM_CREDENTIALS) {
			struct ucred u;
			memcpy(&u, CMSG_DATA(c), sizeof u);
			printf(" pid %s uid %s gid %s", u.pid == getpid() ? "mine" : u.pid == 0 ? "0" : "other", u.uid == getuid() ? "mine" : u.uid == 65534 ? "nobody" : "other",
			       u.gid == getgid() ? "mine" : u.gid == 65534 ? "nobody" : "other");
		}
	}
	printf("\n");
}

static void rights(void)
{
	int s[2], p[2], fds[260];
	char b[16];
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	OK(pipe(p));
	SHOW(send_fds(s[0], "x", p, 2, 0));
	receive(s[1], 10, 64, 0);
	SHOW(send_fds(s[0], "y", p, 1, 0));
	receive(s[1], 10, 64, MSG_CMSG_CLOEXEC);
	SHOW(send_fds(s[0], "no room", p, 2, 0));
	receive(s[1], 10, CMSG_LEN(4), 0);
	SHOW(send_fds(s[0], "little", p, 2, 0));
	receive(s[1], 10, 15, 0);
	SHOW(send_fds(s[0], "none", p, 2, 0));
	receive(s[1], 10, 0, 0);
	OK(write(s[0], "ab", 2));
	SHOW(send_fds(s[0], "cd", p, 1, 0));
	OK(write(s[0], "ef", 2));
	SHOW(send_fds(s[0], "gh", p, 1, 0));
	receive(s[1], 10, 64, MSG_PEEK);
	receive(s[1], 10, 64, 0);
	receive(s[1], 3, 64, 0);
	receive(s[1], 10, 64, 0);
	receive(s[1], 10, 64, 0);
	SHOW(send_fds(s[0], "read", p, 1, 0));
	SHOW(read(s[1], b, 16));
	SHOW(send_fds(s[0], "", p, 1, 0));
	fds[0] = 1;
	fds[1] = 999;
	SHOW(send_fds(s[0], "z", fds, 2, 0));
	SHOW(send_fds(s[0], "z", fds, 1, -20));
	SHOW(send_fds(s[0], "z", fds, 1, 100));
	SHOW(send_fds(s[0], "z", fds, 0, 0));
	receive(s[1], 10, 64, 0);
	for (int i = 0; i < 260; i++)
		fds[i] = 1;
	SHOW(send_fds(s[0], "z", fds, 254, 0));
	SHOW(send_fds(s[0], "253", fds, 253, 0));
	receive(s[1], 10, 64, 0);
	struct iovec v = {"t", 1};
	struct { struct cmsghdr h; int v; } odd = {{sizeof(struct cmsghdr) + 4, SOL_SOCKET, 99}, 0};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &odd, .msg_controllen = sizeof odd};
	SHOW(sendmsg(s[0], &m, 0));
	odd.h.cmsg_level = 41;
	SHOW(sendmsg(s[0], &m, 0));
	SHOW(read(s[1], b, 16));
	m.msg_control = bad;
	SHOW(sendmsg(s[0], &m, 0));
	m.msg_controllen = 1 << 20;
	SHOW(sendmsg(s[0], &m, 0));
	m.msg_controllen = 0;
	m.msg_iovlen = 1025;
	SHOW(sendmsg(s[0], &m, 0));
	SHOW(recvmsg(s[0], &m, 0));
	m.msg_iovlen = 1;
	m.msg_iov = bad;
	SHOW(sendmsg(s[0], &m, 0));
	SHOW(sendmsg(s[0], bad, 0));
	SHOW(sendmsg(s[0], &m, 0x80000000));

	// The last reference is in the message.
	OK(write(p[1], "kept", 4));
	SHOW(send_fds(s[0], "p", p, 1, 0));
	close(p[0]);
	close(s[0]);
	char control[64];
	struct iovec w = {b, 16};
	struct msghdr r = {.msg_iov = &w, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	SHOW(recvmsg(s[1], &r, 0));
	int got;
	memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&r)), 4);
	memset(b, 0, sizeof b);
	SHOW(read(got, b, 16));
	printf("%s\n", b);
	close(got);
	SHOW(write(p[1], "x", 1));
	SHOW(pipes);
	close(s[1]);
	close(p[1]);

	// In a message that nobody reads: closed with the socket.
	OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
	OK(pipe(p));
	OK(send_fds(s[0], "p", p + 1, 1, 0));
	close(p[1]);
	SHOW(ready(p[0]));
	close(s[1]);
	SHOW(ready(p[0]));
	close(s[0]);
	close(p[0]);

	// A cycle: each end is in the other's queue, with the write end of a pipe.
	OK(pipe(p));
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	fds[0] = s[0];
	fds[1] = s[1];
	fds[2] = p[1];
	OK(send_fds(s[0], "cycle", fds, 3, 0));
	OK(send_fds(s[1], "cycle", fds, 3, 0));
	close(p[1]);
	SHOW(ready(p[0]));
	close(s[0]);
	close(s[1]);
	// The collector runs when a socket closes.
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	close(s[0]);
	close(s[1]);
	struct pollfd gone = {p[0], POLLIN, 0};
	SHOW(poll(&gone, 1, 3000));
	SHOW(gone.revents);
	close(p[0]);
}

static void credentials(void)
{
	int s[2];
	struct { struct cmsghdr h; struct ucred u; } c = {{CMSG_LEN(sizeof(struct ucred)), SOL_SOCKET, SCM_CREDENTIALS}, {getpid(), getuid(), getgid()}};
	struct iovec v = {"cred", 4};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof c};
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	OK(write(s[0], "early", 5));
	SHOW(sendmsg(s[0], &m, 0));
	SHOW(set(s[1], SO_PASSCRED, 1));
	SHOW(option(s[1], SO_PASSCRED));
	OK(write(s[0], "late", 4));
	receive(s[1], 30, 64, MSG_PEEK);
	receive(s[1], 30, 64, 0);
	receive(s[1], 30, 64, 0);
	receive(s[1], 30, 64, 0);
	OK(write(s[0], "cut", 3));
	receive(s[1], 30, 20, 0);
	OK(write(s[0], "none", 4));
	receive(s[1], 30, 0, 0);
	c.h.cmsg_len = CMSG_LEN(8);
	SHOW(sendmsg(s[0], &m, 0));
	c.h.cmsg_len = CMSG_LEN(12);
	c.u.uid = -1;
	SHOW(sendmsg(s[0], &m, 0));
	c.u.uid = getuid();
	c.u.pid = 0x3ffff0;
	SHOW(sendmsg(s[0], &m, 0) == -1 && (errno == ESRCH || errno == EPERM));
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		if (getuid() == 0) {
			OK(setgid(1234));
			OK(setuid(1234));
		}
		c.u.pid = getppid();
		SHOW(sendmsg(s[0], &m, 0));
		c.u.pid = getpid();
		c.u.uid = 0;
		SHOW(getuid() ? sendmsg(s[0], &m, 0) : 0);
		fflush(stdout);
		OK(write(s[0], "child", 5));
		_exit(0);
	}
	int status;
	OK(waitpid(child, &status, 0));
	OK(write(s[0], "parent", 6));
	char control[128], b[32];
	struct iovec w = {b, 32};
	struct msghdr r = {.msg_iov = &w, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	SHOW(recvmsg(s[1], &r, 0));
	struct ucred u;
	memcpy(&u, CMSG_DATA(CMSG_FIRSTHDR(&r)), sizeof u);
	printf("of the child %d\n", u.pid == child);
	receive(s[1], 30, 64, 0);
	close(s[0]);
	close(s[1]);

	struct sockaddr_un a;
	socklen_t n = sizeof a;
	OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
	OK(set(s[0], SO_PASSCRED, 1));
	OK(write(s[0], "x", 1));
	OK(getsockname(s[0], (struct sockaddr *)&a, &n));
	printf("bound by sending: %d\n", n);
	receive(s[1], 30, 64, 0);
}

static void many(void)
{
	int s[2];
	char text[3][8] = {"one", "three", "seventh"}, in[4][8];
	struct iovec v[3], w[4];
	struct mmsghdr m[3] = {0}, r[4] = {0};
	OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
	for (int i = 0; i < 4; i++) {
		if (i < 3) {
			v[i] = (struct iovec){text[i], strlen(text[i])};
			m[i].msg_hdr.msg_iov = v + i;
			m[i].msg_hdr.msg_iovlen = 1;
		}
		w[i] = (struct iovec){in[i], 8};
		r[i].msg_hdr.msg_iov = w + i;
		r[i].msg_hdr.msg_iovlen = 1;
	}
	SHOW(sendmmsg(s[0], m, 3, 0));
	printf("%d %d %d\n", m[0].msg_len, m[1].msg_len, m[2].msg_len);
	SHOW(recvmmsg(s[1], r, 2, 0, 0));
	SHOW(recvmmsg(s[1], r + 2, 2, MSG_WAITFORONE, 0));
	printf("%d %d %d %.5s\n", r[0].msg_len, r[1].msg_len, r[2].msg_len, in[1]);
	SHOW(recvmmsg(s[1], r, 2, MSG_DONTWAIT, 0));
	struct timespec t = {0, -1};
	SHOW(recvmmsg(s[1], r, 2, MSG_DONTWAIT, &t));
	SHOW(recvmmsg(s[1], bad, 2, MSG_DONTWAIT, 0));
	SHOW(sendmmsg(s[0], bad, 2, MSG_DONTWAIT));
}

int main(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	OK(sigaction(SIGPIPE, &action, 0));
	datagrams();
	packets();
	rights();
	credentials();
	many();
	return 0;
}
