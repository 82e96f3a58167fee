// stdin: some input\nfor poll
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>
#include "check.h"

static char big[70000];

static long now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void show(const char *what, struct pollfd *fds, int n, int timeout)
{
	errno = 0;
	int ready = poll(fds, n, timeout);
	printf("%s: %d %s:", what, ready, errno_name(errno));
	for (int i = 0; i < n; i++)
		printf(" %d/%x", fds[i].fd, fds[i].revents);
	printf("\n");
}

static void pipes(void)
{
	int p[2];
	OK(pipe2(p, O_NONBLOCK));
	struct pollfd fds[] = {{p[0], POLLIN | POLLRDNORM | POLLPRI, 99}, {p[1], POLLOUT | POLLWRNORM | POLLIN, 99}, {-1, POLLIN, 99}, {900, POLLIN, 99}, {-5, -1, 99}};
	show("empty", fds, 5, -1);
	show("empty, two", fds, 2, 100);
	show("empty, reader", fds, 1, 20);
	OK(write(p[1], "x", 1));
	show("one byte", fds, 2, 0);
	while (write(p[1], big, sizeof(big)) > 0)
		;
	show("full", fds, 2, 0);
	OK(read(p[0], big, 100));
	show("a bit less", fds, 2, 0);
	OK(read(p[0], big, 4000));
	show("a page less", fds, 2, 0);
	close(p[1]);
	show("writer gone", fds, 2, -1);
	while (read(p[0], big, sizeof(big)) > 0)
		;
	show("writer gone, empty", fds, 1, -1);
	fds[0].events = 0;
	show("nothing asked", fds, 1, -1);
	OK(pipe(p + 0));
	close(p[0]);
	fds[1].fd = p[1];
	fds[1].events = 0;
	show("reader gone", fds + 1, 1, -1);
	close(p[1]);
}

static void files(void)
{
	struct pollfd fds[] = {
		{open("text", O_RDONLY), -1, 0}, {open("dir", O_RDONLY | O_DIRECTORY), POLLIN | POLLOUT, 0}, {open("/dev/null", O_RDWR), POLLIN | POLLOUT, 0},
		{open("text", O_PATH), POLLIN, 0}, {open("/dev/urandom", O_RDONLY), POLLIN | POLLOUT, 0}, {open("/dev/random", O_RDONLY), POLLIN | POLLOUT, 0}};
	show("files", fds, 6, -1);
	for (int i = 0; i < 6; i++)
		close(fds[i].fd);
	struct pollfd in = {0, POLLIN, 0};
	show("stdin", &in, 1, 1000);
	int n = 0, r;
	while ((r = read(0, big, 7)) > 0)
		n += r;
	printf("%d bytes from stdin\n", n);
	show("stdin at its end", &in, 1, -1);
}

static void errors(void)
{
	struct pollfd fd = {0, POLLIN, 0};
	struct rlimit limit = {16, 16};
	SHOW(syscall(SYS_poll, 16, 1, 0));
	SHOW(syscall(SYS_poll, 16, 0, 0));
	SHOW(syscall(SYS_poll, 16, 1 << 30, 0));
	long start = now_ms();
	SHOW(poll(NULL, 0, 30));
	CHECK(now_ms() - start >= 29 && now_ms() - start < 3000);
	struct timespec t = {0, 1000000000}, zero = {0, 0}, negative = {-1, 0};
	sigset_t none;
	sigemptyset(&none);
	SHOW(syscall(SYS_ppoll, &fd, 1, &t, NULL, 8));
	SHOW(syscall(SYS_ppoll, &fd, 1, &negative, NULL, 8));
	SHOW(syscall(SYS_ppoll, &fd, 1, 16, NULL, 8));
	SHOW(syscall(SYS_ppoll, &fd, 0, &zero, &none, 4));
	SHOW(syscall(SYS_ppoll, &fd, 0, &zero, 16, 8));
	SHOW(syscall(SYS_ppoll, &fd, 0, &zero, NULL, 4));
	SHOW(syscall(SYS_ppoll, 16, 0, &zero, &none, 8));
	t.tv_nsec = 20000000;
	SHOW(syscall(SYS_ppoll, NULL, 0, &t, &none, 8));
	printf("left %ld %ld\n", t.tv_sec, t.tv_nsec);
	t.tv_sec = 5;
	fd.fd = 900;
	SHOW(syscall(SYS_ppoll, &fd, 1, &t, &none, 8));
	CHECK(t.tv_sec == 4 && t.tv_nsec > 500000000);
	// The mask is as it was.
	sigset_t mask;
	OK(sigprocmask(SIG_BLOCK, NULL, &mask));
	printf("blocked %d\n", sigismember(&mask, SIGUSR1));
	OK(setrlimit(RLIMIT_NOFILE, &limit));
	struct pollfd many[17];
	for (int i = 0; i < 17; i++)
		many[i] = (struct pollfd){-1, 0, 1};
	SHOW(poll(many, 17, 0));
	SHOW(poll(many, 16, 0));
	printf("%d %d\n", many[15].revents, many[16].revents);
}

// An array that cannot be written back, one across pages, one at an odd address.
static void arrays(void)
{
	char *pages = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct pollfd *fds = (struct pollfd *)(pages + 4096 - 20);
	for (int i = 0; i < 5; i++)
		fds[i] = (struct pollfd){i % 2 ? -1 : 900 + i, POLLIN, 77};
	show("across pages", fds, 5, 0);
	fds = (struct pollfd *)(pages + 4096 - 21);
	struct pollfd value = {900, POLLIN, 77};
	for (int i = 0; i < 5; i++)
		memcpy((char *)fds + 8 * i, &value, 8);
	SHOW(syscall(SYS_poll, fds, 5, 0));
	for (int i = 0; i < 5; i++) {
		memcpy(&value, (char *)fds + 8 * i, 8);
		printf(" %d/%x", value.fd, value.revents);
	}
	printf("\n");
	OK(mprotect(pages, 4096, PROT_READ));
	SHOW(syscall(SYS_poll, pages + 4096 - 16, 2, 0));
	OK(mprotect(pages + 8192, 4096, PROT_NONE));
	SHOW(syscall(SYS_poll, pages + 8192 - 8, 2, 0));
}

static void show_select(const char *what, int n, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout)
{
	errno = 0;
	int ready = select(n, in, out, except, timeout);
	printf("%s: %d %s", what, ready, errno_name(errno));
	fd_set *sets[3] = {in, out, except};
	for (int s = 0; s < 3; s++) {
		printf(" |");
		for (int fd = 0; sets[s] && fd < 70; fd++)
			if (FD_ISSET(fd, sets[s]))
				printf(" %d", fd);
	}
	printf("\n");
}

static void selects(void)
{
	int p[2], q[2];
	fd_set in, out, except;
	struct timeval zero = {0, 0}, soon = {0, 20000}, later = {5, 0};
	OK(pipe2(p, O_NONBLOCK));
	OK(pipe2(q, O_NONBLOCK));
	int high = fcntl(p[0], F_DUPFD, 65);
#define SETS()                      \
	do {                        \
		FD_ZERO(&in);       \
		FD_ZERO(&out);      \
		FD_ZERO(&except);   \
		FD_SET(p[0], &in);  \
		FD_SET(high, &in);  \
		FD_SET(p[1], &out); \
		FD_SET(q[1], &out); \
		FD_SET(p[0], &except); \
	} while (0)
	SETS();
	show_select("two to write", high + 1, &in, &out, &except, NULL);
	SETS();
	show_select("none to read", high + 1, &in, NULL, &except, &soon);
	printf("left %ld %ld\n", soon.tv_sec, soon.tv_usec);
	OK(write(p[1], "x", 1));
	SETS();
	show_select("two to read", high + 1, &in, NULL, NULL, &later);
	CHECK(later.tv_sec == 4);
	SETS();
	show_select("those below", high, &in, NULL, NULL, &zero);
	SETS();
	close(q[0]);
	show_select("a broken pipe", high + 1, &in, &out, &except, &zero);
	close(p[1]);
	FD_ZERO(&in);
	FD_SET(p[0], &in);
	OK(read(p[0], big, 1));
	show_select("at its end", high + 1, &in, NULL, NULL, NULL);
	SETS();
	show_select("one closed", high + 1, &in, &out, NULL, &zero);
	FD_ZERO(&in);
	FD_SET(69, &in);
	show_select("one never open", 70, &in, NULL, NULL, &zero);
	show_select("beyond what counts", 69, &in, NULL, NULL, &zero);
	int place = open("text", O_PATH);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(place, &in);
	FD_SET(place, &out);
	show_select("a path", 70, &in, &out, &in, &zero);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_ZERO(&except);
	int file = open("text", O_RDONLY);
	FD_SET(file, &in);
	FD_SET(file, &out);
	FD_SET(file, &except);
	show_select("a file", 70, &in, &out, &except, &zero);
	soon = (struct timeval){0, 20000};
	long start = now_ms();
	show_select("only time", 0, NULL, NULL, NULL, &soon);
	CHECK(now_ms() - start >= 19);
	show_select("negative", -1, NULL, NULL, NULL, &zero);
	struct timeval bad = {-1, 0}, odd = {0, -1}, much = {0, 2000000};
	show_select("negative time", 0, NULL, NULL, NULL, &bad);
	show_select("negative microseconds", 0, NULL, NULL, NULL, &odd);
	FD_ZERO(&out);
	FD_SET(file, &out);
	show_select("many microseconds", 70, NULL, &out, NULL, &much);
	CHECK(much.tv_sec == 1 && much.tv_usec > 500000);
	SHOW(syscall(SYS_select, 70, 16, NULL, NULL, &zero));
	SHOW(syscall(SYS_select, 70, NULL, NULL, NULL, 16));

	struct timespec t = {0, 20000000};
	sigset_t none;
	sigemptyset(&none);
	struct { const void *mask; size_t size; } pair = {&none, 8};
	SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &t, &pair));
	printf("left %ld %ld\n", t.tv_sec, t.tv_nsec);
	pair.size = 4;
	SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &t, &pair));
	pair.mask = NULL;
	SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &t, &pair));
	pair.mask = (void *)16, pair.size = 8;
	SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &t, &pair));
	SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &t, 16));
	SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, 16, NULL));
}

int main(void)
{
	pipes();
	files();
	arrays();
	selects();
	errors();
	return 0;
}
