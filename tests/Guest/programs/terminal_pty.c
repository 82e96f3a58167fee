#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include "check.h"

// A pair of master and slave, in one process.

static char buffer[20000];
static char *volatile nowhere = (char *)8;

static void show_bytes(const char *what, ssize_t n)
{
	printf("%s = ", what);
	if (n == -1) {
		printf("%s\n", errno_name(errno));
		return;
	}
	printf("%zd:", n);
	for (ssize_t i = 0; i < n && i < 60; i++)
		printf(buffer[i] > ' ' && buffer[i] < 127 ? " %c" : " %02x", (unsigned char)buffer[i]);
	printf("\n");
}

#define READ(fd, count)                                                                                                                              \
	do {                                                                                                                                         \
		errno = 0;                                                                                                                           \
		show_bytes("read " #fd " " #count, read(fd, buffer, count));                                                                         \
	} while (0)

static void show_poll(const char *what, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP };
	// The host moves bytes from one side to the other in its own time.
	usleep(30000);
	int n = poll(&p, 1, 0);
	printf("%s: poll %d %x\n", what, n, p.revents);
}

static int count(int fd, unsigned long request)
{
	int n = -1;
	return ioctl(fd, request, &n) == 0 ? n : -errno;
}

static int master_open(void)
{
	int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	OK(fd);
	return fd;
}

static int peer(int master, int flags)
{
	return ioctl(master, TIOCGPTPEER, flags);
}

static int open_pair(int *master)
{
	int unlocked = 0;
	*master = master_open();
	OK(ioctl(*master, TIOCSPTLCK, &unlocked));
	int slave = peer(*master, O_RDWR | O_NOCTTY);
	OK(slave);
	return slave;
}

static void set_raw(int fd, int min, int time)
{
	struct termios t;
	OK(tcgetattr(fd, &t));
	cfmakeraw(&t);
	t.c_cc[VMIN] = min;
	t.c_cc[VTIME] = time;
	OK(tcsetattr(fd, TCSANOW, &t));
}

static void opening(void)
{
	int master = master_open(), n;
	printf("locked %d\n", count(master, TIOCGPTLCK));
	SHOW(peer(master, O_RDWR | O_NOCTTY));
	n = 0;
	SHOW(ioctl(master, TIOCSPTLCK, &n));
	printf("locked %d\n", count(master, TIOCGPTLCK));
	int other = master_open();
	printf("numbers differ %d\n", count(master, TIOCGPTN) != count(other, TIOCGPTN));
	close(other);
	int slave = peer(master, O_RDWR | O_NOCTTY | O_CLOEXEC);
	OK(slave);
	printf("cloexec %d flags %x\n", fcntl(slave, F_GETFD), fcntl(slave, F_GETFL) & O_ACCMODE);
	struct stat status;
	OK(fstat(slave, &status));
	printf("slave type %o major %lu number right %d\n", status.st_mode & S_IFMT, status.st_rdev >> 8, (int)(status.st_rdev & 0xff) == count(master, TIOCGPTN));
	OK(fstat(master, &status));
	printf("master type %o device %lx\n", status.st_mode & S_IFMT, (long)status.st_rdev);
	struct stat tty;
	unsigned device = 0;
	OK(fstat(slave, &tty));
	SHOW(ioctl(master, 0x80045432, &device));
	printf("device right %d\n", device == tty.st_rdev);
	printf("isatty %d %d\n", isatty(master), isatty(slave));
	SHOW(lseek(slave, 0, SEEK_SET));
	SHOW(lseek(master, 0, SEEK_CUR));
	SHOW(pread(slave, buffer, 1, 0));
	SHOW(ftruncate(slave, 0));
	SHOW(fsync(slave));
	close(slave);
	close(master);
}

static void modes(void)
{
	int master, slave = open_pair(&master);
	struct termios t;
	struct winsize size = { 1, 2, 3, 4 };
	int n = 0;
	struct { unsigned char bytes[64]; } raw = { 0 };
	OK(ioctl(slave, TCGETS, &raw));
	for (int i = 0; i < 36; i++)
		printf("%02x ", raw.bytes[i]);
	memset(&raw, 0, sizeof raw);
	OK(ioctl(slave, 0x802c542a, &raw));
	for (int i = 0; i < 44; i++)
		printf("%02x ", raw.bytes[i]);
	memset(&raw, 0, sizeof raw);
	OK(ioctl(slave, TCGETA, &raw));
	for (int i = 0; i < 17; i++)
		printf("%02x ", raw.bytes[i]);
	printf("\n");
	OK(tcgetattr(slave, &t));
	t.c_cflag = CS7 | PARENB | CSTOPB | B9600;
	t.c_lflag ^= ECHO;
	SHOW(tcsetattr(slave, TCSADRAIN, &t));
	OK(tcgetattr(master, &t));
	printf("through the master %x %x %d\n", t.c_cflag, t.c_lflag, cfgetospeed(&t) == B9600);
	SHOW(ioctl(slave, TIOCGWINSZ, &size));
	printf("%d %d %d %d\n", size.ws_row, size.ws_col, size.ws_xpixel, size.ws_ypixel);
	size = (struct winsize){ 24, 80, 7, 8 };
	SHOW(ioctl(master, TIOCSWINSZ, &size));
	memset(&size, 0, sizeof size);
	SHOW(ioctl(slave, TIOCGWINSZ, &size));
	printf("%d %d %d %d\n", size.ws_row, size.ws_col, size.ws_xpixel, size.ws_ypixel);
	SHOW(ioctl(slave, TIOCGETD, &n));
	printf("discipline %d\n", n);
	SHOW(ioctl(slave, TIOCSETD, &n));
	SHOW(ioctl(slave, TIOCGPTN, &n));
	SHOW(ioctl(slave, TIOCSPTLCK, &n));
	SHOW(ioctl(slave, TIOCPKT, &n));
	SHOW(ioctl(slave, TIOCGPTPEER, O_RDWR));
	SHOW(ioctl(slave, TIOCGPGRP, &n));
	SHOW(ioctl(slave, TIOCSPGRP, &n));
	SHOW(ioctl(slave, TIOCGSID, &n));
	SHOW(ioctl(slave, TIOCNOTTY, 0));
	SHOW(ioctl(master, TIOCGPGRP, &n));
	printf("group %d\n", n);
	SHOW(ioctl(master, TIOCGSID, &n));
	SHOW(ioctl(master, TIOCNOTTY, 0));
	SHOW(ioctl(slave, TIOCMGET, &n));
	SHOW(ioctl(slave, TCXONC, 7));
	SHOW(ioctl(slave, TCFLSH, 7));
	SHOW(ioctl(slave, TCSBRK, 1));
	SHOW(ioctl(slave, TCSBRK, 0));
	SHOW(ioctl(slave, TCSBRKP, 0));
	SHOW(ioctl(slave, TIOCOUTQ, &n));
	SHOW(ioctl(slave, 0x5499, &n));
	SHOW(ioctl(slave, TCGETS, 8));
	SHOW(ioctl(slave, TCSETS, 8));
	SHOW(ioctl(slave, TIOCGWINSZ, 8));
	SHOW(ioctl(master, TIOCGPTN, 8));
	SHOW(ioctl(master, TIOCSIG, 1));
	SHOW(ioctl(master, TIOCSIG, SIGINT));
	printf("exclusive %d\n", count(slave, TIOCGEXCL));
	SHOW(ioctl(slave, TIOCEXCL));
	printf("exclusive %d\n", count(slave, TIOCGEXCL));
	SHOW(ioctl(slave, TIOCNXCL));
	printf("exclusive %d\n", count(slave, TIOCGEXCL));
	n = 1;
	SHOW(ioctl(slave, FIONBIO, &n));
	READ(slave, 10);
	close(slave);
	close(master);
}

static void data(void)
{
	int master, slave = open_pair(&master);
	OK(write(master, "hello\nworld", 11));
	show_poll("slave", slave);
	show_poll("master", master);
	printf("to read %d %d\n", count(slave, FIONREAD), count(master, FIONREAD));
	READ(master, 100);
	READ(slave, 3);
	READ(slave, 100);
	show_poll("slave", slave);
	OK(fcntl(slave, F_SETFL, O_NONBLOCK));
	READ(slave, 100);
	READ(slave, 0);
	OK(write(master, "\004", 1));
	usleep(30000);
	READ(slave, 100);
	OK(write(slave, "a\tb\n", 4));
	usleep(30000);
	READ(master, 100);
	SHOW(write(slave, "", 0));
	SHOW(write(slave, nowhere, 4));
	SHOW(read(slave, nowhere, 4));
	OK(write(master, "typed", 5));
	usleep(30000);
	READ(master, 100);
	OK(tcflush(slave, TCIFLUSH));
	OK(write(master, "\n", 1));
	usleep(30000);
	READ(slave, 100);
	READ(master, 100);
	close(slave);
	close(master);
}

static long tenths_since(struct timespec *start)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000 + 50) / 100;
}

static int writer_fd;

static void *type_later(void *text)
{
	for (const char *c = text; *c; c++) {
		usleep(100000);
		(void)!write(writer_fd, c, 1);
	}
	return NULL;
}

#define TIMED_READ(fd, n)                                                                                                                            \
	do {                                                                                                                                         \
		struct timespec start_;                                                                                                              \
		clock_gettime(CLOCK_MONOTONIC, &start_);                                                                                             \
		READ(fd, n);                                                                                                                         \
		long tenths_ = tenths_since(&start_);                                                                                                \
		printf("took %s\n", tenths_ == 0 ? "no time" : "time");                                                                              \
	} while (0)

static void minimum_and_time(void)
{
	int master, slave = open_pair(&master);
	pthread_t thread;
	writer_fd = master;

	set_raw(slave, 0, 0);
	TIMED_READ(slave, 10);
	OK(write(master, "ab", 2));
	usleep(30000);
	TIMED_READ(slave, 10);

	set_raw(slave, 0, 3);
	TIMED_READ(slave, 10);
	OK(pthread_create(&thread, NULL, type_later, "x"));
	TIMED_READ(slave, 10);
	pthread_join(thread, NULL);

	set_raw(slave, 3, 0);
	OK(pthread_create(&thread, NULL, type_later, "xyz"));
	TIMED_READ(slave, 10);
	pthread_join(thread, NULL);
	OK(write(master, "ab", 2));
	show_poll("two of three", slave);
	TIMED_READ(slave, 2);
	OK(write(master, "abc", 3));
	show_poll("three of three", slave);
	READ(slave, 10);

	// Time counts from the first byte, anew with each.
	set_raw(slave, 5, 4);
	OK(pthread_create(&thread, NULL, type_later, "pq"));
	TIMED_READ(slave, 10);
	pthread_join(thread, NULL);
	OK(write(master, "ab", 2));
	show_poll("two of five with time", slave);
	READ(slave, 10);

	// Where less is asked for than the minimum.
	set_raw(slave, 200, 0);
	memset(buffer, 'm', 150);
	OK(write(master, buffer, 150));
	usleep(30000);
	OK(fcntl(slave, F_SETFL, O_NONBLOCK));
	SHOW(read(slave, buffer, 150));
	SHOW(read(slave, buffer, 20));
	SHOW(read(slave, buffer, 60));
	close(slave);
	close(master);
}

static void capacity(void)
{
	int master, slave = open_pair(&master);
	long total = 0, n;
	set_raw(slave, 1, 0);
	OK(fcntl(slave, F_SETFL, O_NONBLOCK));
	OK(fcntl(master, F_SETFL, O_NONBLOCK));
	memset(buffer, 'z', sizeof buffer);
	while ((n = write(slave, buffer, 1000)) > 0)
		total += n;
	printf("slave writes end: %s, about 20000: %d\n", errno_name(errno), total > 12000 && total < 28000);
	long got = 0;
	while (usleep(20000), (n = read(master, buffer, sizeof buffer)) > 0)
		got += n;
	printf("master reads end: %s, all %d\n", errno_name(errno), got == total);
	show_poll("empty slave", slave);
	total = got = 0;
	while ((n = write(master, buffer, 1000)) > 0)
		total += n;
	printf("master writes end: %s, about 20000: %d\n", errno_name(errno), total > 12000 && total < 28000);
	while (usleep(20000), (n = read(slave, buffer, sizeof buffer)) > 0)
		got += n;
	printf("slave reads end: %s, all %d\n", errno_name(errno), got == total);
	show_poll("empty master", master);
	close(slave);
	close(master);
}

static void hangups(void)
{
	int master, slave = open_pair(&master);
	show_poll("master", master);
	OK(write(slave, "last", 4));
	close(slave);
	show_poll("master without slave", master);
	READ(master, 100);
	READ(master, 100);
	show_poll("master without slave", master);
	SHOW(write(master, "x", 1));
	slave = peer(master, O_RDWR | O_NOCTTY);
	OK(slave);
	show_poll("master with slave again", master);
	OK(fcntl(master, F_SETFL, O_NONBLOCK));
	READ(master, 100);
	int second = peer(master, O_RDONLY | O_NOCTTY);
	OK(second);
	SHOW(write(second, "x", 1));
	close(slave);
	show_poll("master with one slave", master);
	close(master);
	show_poll("slave without master", second);
	READ(second, 10);
	struct termios t;
	SHOW(tcgetattr(second, &t));
	SHOW(tcsetpgrp(second, getpid()));
	close(second);
	slave = open_pair(&master);
	close(master);
	SHOW(write(slave, "x", 1));
	close(slave);

	// The other side's end wakes who waits.
	slave = open_pair(&master);
	pid_t pid = fork();
	OK(pid);
	if (pid == 0) {
		close(master);
		usleep(200000);
		_exit(0);
	}
	close(slave);
	READ(master, 10);
	OK(waitpid(pid, NULL, 0));
	close(master);
}

static void epoll(void)
{
	int master, slave = open_pair(&master), ep = epoll_create1(0);
	struct epoll_event e = { .events = EPOLLIN | EPOLLET, .data.fd = slave };
	set_raw(slave, 1, 0);
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, slave, &e));
	SHOW(epoll_wait(ep, &e, 1, 0));
	OK(write(master, "a", 1));
	SHOW(epoll_wait(ep, &e, 1, 1000));
	SHOW(epoll_wait(ep, &e, 1, 0));
	OK(write(master, "b", 1));
	SHOW(epoll_wait(ep, &e, 1, 1000));
	READ(slave, 10);
	close(ep);
	close(slave);
	close(master);
}

static void packets(void)
{
	int master, slave = open_pair(&master), on = 1;
	printf("packet mode %d\n", count(master, TIOCGPKT));
	OK(ioctl(master, TIOCPKT, &on));
	printf("packet mode %d\n", count(master, TIOCGPKT));
	OK(write(slave, "data", 4));
	usleep(30000);
	READ(master, 3);
	READ(master, 100);
	OK(write(master, "\023", 1));
	show_poll("stopped", master);
	READ(master, 100);
	OK(write(master, "\021", 1));
	show_poll("started", master);
	READ(master, 100);
	struct termios t;
	OK(tcgetattr(slave, &t));
	t.c_iflag &= ~IXON;
	OK(tcsetattr(slave, TCSANOW, &t));
	show_poll("no flow control", master);
	READ(master, 100);
	t.c_iflag |= IXON;
	OK(tcsetattr(slave, TCSANOW, &t));
	READ(master, 100);
	OK(tcflush(slave, TCIFLUSH));
	READ(master, 100);
	OK(tcflush(slave, TCOFLUSH));
	READ(master, 100);
	OK(tcflow(slave, TCOOFF));
	READ(master, 100);
	OK(fcntl(slave, F_SETFL, O_NONBLOCK));
	SHOW(write(slave, "x", 1));
	OK(tcflow(slave, TCOON));
	READ(master, 100);
	SHOW(write(slave, "x", 1));
	usleep(30000);
	READ(master, 100);
	close(slave);
	close(master);
}

static void wait_for_writer(void)
{
	// A slave that is stopped keeps its writer waiting until ^Q.
	int master, slave = open_pair(&master);
	pthread_t thread;
	OK(write(master, "\023", 1));
	usleep(30000);
	writer_fd = master;
	OK(pthread_create(&thread, NULL, type_later, "\021"));
	TIMED_READ(slave, 0);
	struct timespec start;
	clock_gettime(CLOCK_MONOTONIC, &start);
	SHOW(write(slave, "late", 4));
	printf("took %s\n", tenths_since(&start) == 0 ? "no time" : "time");
	pthread_join(thread, NULL);
	usleep(30000);
	READ(master, 100);
	close(slave);
	close(master);
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void interrupted(void)
{
	int master, slave = open_pair(&master);
	struct sigaction action = { .sa_handler = on_alarm };
	OK(sigaction(SIGALRM, &action, NULL));
	ualarm(100000, 0);
	READ(slave, 10);
	ualarm(100000, 0);
	READ(master, 10);
	close(slave);
	close(master);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	signal(SIGHUP, SIG_IGN);
	opening();
	modes();
	data();
	minimum_and_time();
	capacity();
	hangups();
	epoll();
	packets();
	wait_for_writer();
	interrupted();
	return 0;
}
