#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <poll.h>
#include "check.h"

// An address where nothing is, in a variable that the compiler does not look into.
static void *volatile bad = (void *)16;

static char big[256 * 1024], back[256 * 1024];

static int available(int fd)
{
	int bytes = -1;
	OK(ioctl(fd, FIONREAD, &bytes));
	return bytes;
}

static void capacity(void)
{
	int p[2];
	OK(pipe2(p, O_NONBLOCK));
	SHOW(fcntl(p[0], F_GETPIPE_SZ));
	SHOW(write(p[1], big, sizeof(big)));
	SHOW(write(p[1], big, 1));
	SHOW(available(p[0]));
	SHOW(read(p[0], back, 4095));
	SHOW(write(p[1], big, 1));
	SHOW(read(p[0], back, 1));
	SHOW(write(p[1], big, 5000));
	SHOW(write(p[1], big, 1));
	SHOW(fcntl(p[1], F_SETPIPE_SZ, 4096));
	SHOW(fcntl(p[1], F_SETPIPE_SZ, 200000));
	SHOW(fcntl(p[0], F_GETPIPE_SZ));
	SHOW(write(p[1], big, sizeof(big)));
	SHOW(available(p[0]));
	SHOW(read(p[0], back, sizeof(back)));
	SHOW(read(p[0], back, sizeof(back)));
	SHOW(fcntl(p[1], F_SETPIPE_SZ, 0));
	SHOW(fcntl(p[1], F_SETPIPE_SZ, 4097));
	SHOW(fcntl(p[1], F_SETPIPE_SZ, 1 << 20));
	SHOW(fcntl(p[1], F_SETPIPE_SZ, 0x80000001));
	SHOW(fcntl(0x7fff, F_SETPIPE_SZ, 4096));
	int file = open("text", O_RDONLY);
	SHOW(fcntl(file, F_SETPIPE_SZ, 4096));
	SHOW(fcntl(file, F_GETPIPE_SZ));
	close(file);
	close(p[0]);
	close(p[1]);

	// Writes that do not fit behind one another take a page each.
	OK(pipe2(p, O_NONBLOCK));
	int n = 0;
	while (write(p[1], big, 3000) > 0)
		n++;
	printf("%d writes of 3000, then %s, %d bytes\n", n, errno_name(errno), available(p[0]));
	n = 0;
	while (write(p[1], big, 100) > 0)
		n++;
	printf("%d writes of 100\n", n);
	SHOW(write(p[1], big, 8192));
	SHOW(read(p[0], back, 2999));
	SHOW(write(p[1], big, 8192));
	SHOW(read(p[0], back, 1));
	SHOW(write(p[1], big, 8192));
	close(p[0]);
	close(p[1]);
	OK(pipe2(p, O_NONBLOCK));
	n = 0;
	while (write(p[1], big, 1) > 0)
		n++;
	printf("%d writes of 1\n", n);
	close(p[0]);
	close(p[1]);
}

static void content(void)
{
	int p[2];
	OK(pipe2(p, O_NONBLOCK));
	for (unsigned i = 0; i < sizeof(big); i++)
		big[i] = i * 7 + i / 4096;
	size_t in = 0, out = 0;
	unsigned step = 1;
	while (out < sizeof(big)) {
		step = step * 5 % 9973;
		size_t n = step < sizeof(big) - in ? step : sizeof(big) - in;
		ssize_t w = write(p[1], big + in, n);
		if (w > 0)
			in += w;
		ssize_t r = read(p[0], back + out, step * 3 % 7919 + 1);
		if (r > 0)
			out += r;
	}
	CHECK(memcmp(big, back, sizeof(big)) == 0);

	struct iovec w[3] = {{"abc", 3}, {NULL, 0}, {"defgh", 5}};
	SHOW(writev(p[1], w, 3));
	char a[2], b[10] = "";
	struct iovec r[2] = {{a, 2}, {b, 9}};
	SHOW(readv(p[0], r, 2));
	printf("%.2s %s\n", a, b);
	close(p[0]);
	close(p[1]);
}

static void packets(void)
{
	int p[2];
	OK(pipe2(p, O_NONBLOCK | O_DIRECT));
	SHOW(fcntl(p[0], F_GETFL));
	SHOW(fcntl(p[1], F_GETFL));
	SHOW(write(p[1], "one", 3));
	SHOW(write(p[1], "three", 5));
	SHOW(write(p[1], big, 5000));
	SHOW(available(p[0]));
	SHOW(read(p[0], back, 100));
	SHOW(read(p[0], back, 2));
	SHOW(read(p[0], back, 100000));
	SHOW(read(p[0], back, 100000));
	SHOW(read(p[0], back, 100000));
	int n = 0;
	while (write(p[1], big, 1) > 0)
		n++;
	printf("%d packets\n", n);
	// Without the flag from now on; what is there stays what it is.
	SHOW(fcntl(p[1], F_SETFL, O_NONBLOCK));
	SHOW(read(p[0], back, 100));
	SHOW(write(p[1], "xy", 2));
	for (int i = 0; i < 15; i++)
		OK(read(p[0], back, 100));
	SHOW(write(p[1], "zt", 2));
	SHOW(read(p[0], back, 100));
	close(p[0]);
	close(p[1]);
}

static void ends(void)
{
	int p[2];
	OK(pipe(p));
	SHOW(write(p[1], "left", 4));
	SHOW(write(p[0], "x", 1));
	SHOW(read(p[1], back, 1));
	SHOW(read(p[0], back, 0));
	SHOW(read(p[0], NULL, 0));
	SHOW(read(p[0], bad, 1));
	SHOW(available(p[0]));
	SHOW(write(p[1], bad, 1));
	SHOW(lseek(p[0], 0, SEEK_CUR));
	SHOW(pread(p[0], back, 1, 0));
	SHOW(pwrite(p[1], back, 1, 0));
	SHOW(ftruncate(p[1], 0));
	SHOW(fsync(p[1]));
	SHOW(fchdir(p[0]));
	SHOW(fchmod(p[0], 0644));
	close(p[1]);
	SHOW(read(p[0], back, 10));
	SHOW(read(p[0], back, 10));
	SHOW(read(p[0], bad, 10));
	close(p[0]);

	OK(pipe(p));
	close(p[0]);
	SHOW(write(p[1], NULL, 0));
	SHOW(write(p[1], "x", 1));
	SHOW(write(p[1], bad, 1));
	struct pollfd poll_in = {p[1], POLLIN, 0}, poll_out = {p[1], POLLOUT, 0};
	SHOW(poll(&poll_in, 1, 0) * 1000 + poll_in.revents);
	SHOW(poll(&poll_out, 1, 0) * 1000 + poll_out.revents);
	close(p[1]);

	SHOW(pipe(bad));
	SHOW(pipe2(p, 1));
	SHOW(syscall(SYS_pipe2, p, O_CLOEXEC | O_APPEND));
	OK(pipe2(p, O_CLOEXEC));
	printf("%d %d\n", p[0], p[1]);
	SHOW(fcntl(p[0], F_GETFD));
	SHOW(fcntl(p[1], F_GETFD));
	SHOW(fcntl(p[0], F_GETFL));
	SHOW(fcntl(p[1], F_GETFL));
	int other = dup(p[1]);
	close(p[1]);
	SHOW(write(other, "via dup", 7));
	close(other);
	SHOW(read(p[0], back, 100));
	SHOW(read(p[0], back, 100));
	close(p[0]);
}

static void status(void)
{
	int p[2], q[2];
	struct stat s, t, u;
	struct statfs f;
	OK(pipe(p));
	OK(pipe(q));
	OK(fstat(p[0], &s));
	OK(fstat(p[1], &t));
	OK(fstat(q[0], &u));
	CHECK(s.st_ino == t.st_ino && s.st_ino != u.st_ino && s.st_dev == t.st_dev && s.st_dev == u.st_dev);
	printf("mode %o links %lu size %ld block %ld uid %d\n", s.st_mode, (long)s.st_nlink, s.st_size, s.st_blksize, s.st_uid == getuid());
	OK(fstatfs(p[0], &f));
	printf("type %lx block %ld\n", f.f_type, f.f_bsize);
	SHOW(fchmod(p[0], 0644));
	OK(fstat(p[1], &t));
	printf("mode %o\n", t.st_mode);
}

static int reopen(int fd, int flags)
{
	char path[40];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return open(path, flags);
}

// Through /proc nobody waits for the other side, whether there is one or not.
static void opened_again(void)
{
	int p[2];
	OK(pipe(p));
	OK(write(p[1], "abc", 3));
	close(p[1]);
	int reader = reopen(p[0], O_RDONLY);
	SHOW(read(reader, back, 10));
	SHOW(read(reader, back, 10));
	close(reader);
	OK(pipe(p));
	close(p[0]);
	int writer = reopen(p[1], O_WRONLY);
	SHOW(write(writer, "x", 1));
	close(writer);
	writer = reopen(p[1], O_WRONLY | O_NONBLOCK);
	SHOW(write(writer, "x", 1));
	reader = reopen(p[1], O_RDONLY);
	SHOW(write(writer, "x", 1));
	SHOW(read(reader, back, 10));
}

// Efault in the middle: what was there before counts.
static void faults(void)
{
	int p[2];
	OK(pipe2(p, O_NONBLOCK));
	struct iovec good_bad[2] = {{big, 4096}, {bad, 4096}};
	SHOW(writev(p[1], good_bad, 2));
	SHOW(available(p[0]));
	OK(write(p[1], big, 5000));
	SHOW(readv(p[0], good_bad, 2));
	SHOW(available(p[0]));
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	capacity();
	content();
	packets();
	ends();
	status();
	opened_again();
	faults();
	return 0;
}
