// splice, tee and vmsplice: between pipes, files and sockets, and their errors.
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "check.h"

static char big[200000];

static int waiting(int fd)
{
	int bytes = -1;
	OK(ioctl(fd, FIONREAD, &bytes));
	return bytes;
}

static unsigned sum(const char *bytes, size_t length)
{
	unsigned result = 1;
	for (size_t i = 0; i < length; i++)
		result = result * 31 + (unsigned char)bytes[i];
	return result;
}

int main(void)
{
	int a[2], b[2];
	char buffer[200000], path[] = "/tmp/spliceXXXXXX";
	signal(SIGPIPE, SIG_IGN);
	OK(pipe(a));
	OK(pipe(b));
	for (size_t i = 0; i < sizeof big; i++)
		big[i] = (char)(i * 7 + i / 251);
	int fd = mkstemp(path);
	OK(fd);
	OK(write(fd, big, sizeof big));
	OK(lseek(fd, 0, SEEK_SET));

	// Errors.
	loff_t offset = 0, negative = -1;
	SHOW(splice(fd, NULL, a[1], NULL, 0, 0xff));
	SHOW(splice(fd, NULL, a[1], NULL, 1, 0xff));
	SHOW(splice(99, NULL, a[1], NULL, 1, 0));
	SHOW(splice(fd, NULL, 99, NULL, 1, 0));
	SHOW(splice(fd, NULL, fd, NULL, 1, 0));
	SHOW(splice(a[0], &offset, fd, NULL, 1, 0));
	SHOW(splice(fd, NULL, a[1], &offset, 1, 0));
	SHOW(splice(a[1], NULL, fd, NULL, 1, 0));
	SHOW(splice(fd, NULL, a[0], NULL, 1, 0));
	SHOW(splice(a[0], NULL, a[1], NULL, 1, 0));
	SHOW(splice(fd, &negative, a[1], NULL, 1, 0));
	SHOW(splice(fd, (loff_t *)8, a[1], NULL, 1, 0));
	SHOW(splice(a[0], NULL, b[1], NULL, 1, SPLICE_F_NONBLOCK));
	int dir = open("/", O_RDONLY), append = open(path, O_WRONLY | O_APPEND);
	SHOW(splice(dir, NULL, a[1], NULL, 1, 0));
	SHOW(tee(a[0], b[1], 0, 0));
	SHOW(tee(a[0], b[1], 1, 0x100));
	SHOW(tee(a[0], fd, 1, 0));
	SHOW(tee(a[0], a[1], 1, 0));
	SHOW(tee(a[0], b[1], 1, SPLICE_F_NONBLOCK));
	SHOW(tee(99, b[1], 1, 0));

	// A file into a pipe, and on.
	SHOW(splice(fd, NULL, a[1], NULL, 10, 0));
	SHOW(lseek(fd, 0, SEEK_CUR));
	offset = 100;
	SHOW(splice(fd, &offset, a[1], NULL, 5000, 0));
	printf("offset %ld waiting %d\n", (long)offset, waiting(a[0]));
	SHOW(splice(a[0], NULL, b[1], NULL, 7, 0));
	SHOW(tee(a[0], b[1], 20, 0));
	printf("waiting %d %d\n", waiting(a[0]), waiting(b[0]));
	SHOW(read(b[0], buffer, sizeof buffer));
	printf("%s\n", memcmp(buffer, big, 10) == 0 && memcmp(buffer + 10, big + 100, 17) == 0 ? "right" : "other");
	SHOW(splice(a[0], NULL, append, NULL, 3, 0));
	offset = 0;
	SHOW(splice(a[0], NULL, fd, &offset, 3, 0));
	printf("offset %ld\n", (long)offset);
	OK(lseek(fd, 0, SEEK_SET));
	SHOW(splice(a[0], NULL, fd, NULL, 100000, 0));
	SHOW(lseek(fd, 0, SEEK_CUR));
	SHOW(waiting(a[0]));

	// As much as a pipe takes.
	offset = 0;
	SHOW(splice(fd, &offset, a[1], NULL, sizeof big, 0));
	SHOW(splice(fd, &offset, a[1], NULL, sizeof big, SPLICE_F_NONBLOCK));
	SHOW(splice(a[0], NULL, b[1], NULL, sizeof big, SPLICE_F_NONBLOCK));
	ssize_t n = read(b[0], buffer, sizeof buffer);
	printf("%zd %u\n", n, sum(buffer, (size_t)n));
	offset = 100;
	SHOW(splice(fd, &offset, a[1], NULL, sizeof big, 0));
	n = read(a[0], buffer, sizeof buffer);
	printf("%zd %u\n", n, sum(buffer, (size_t)n));
	offset = sizeof big;
	SHOW(splice(fd, &offset, a[1], NULL, 10, 0));

	// A write does not join what was spliced.
	offset = 0;
	SHOW(splice(fd, &offset, a[1], NULL, 10, 0));
	int writes = 0;
	OK(fcntl(a[1], F_SETFL, O_NONBLOCK));
	while (write(a[1], big, 4096) == 4096)
		writes++;
	printf("%d pages beside it\n", writes);
	SHOW(read(a[0], buffer, sizeof buffer));
	OK(fcntl(a[1], F_SETFL, 0));

	// Guest memory.
	struct iovec vectors[2] = { { big, 5 }, { big + 1000, 6 } };
	SHOW(vmsplice(a[1], vectors, 2, 0));
	SHOW(read(a[0], buffer, 100));
	printf("%s\n", memcmp(buffer, big, 5) == 0 && memcmp(buffer + 5, big + 1000, 6) == 0 ? "right" : "other");
	OK(write(a[1], "hello", 5));
	vectors[0].iov_base = buffer;
	SHOW(vmsplice(a[0], vectors, 1, 0));
	printf("%.5s\n", buffer);
	SHOW(vmsplice(a[0], vectors, 1, SPLICE_F_NONBLOCK));
	SHOW(vmsplice(fd, vectors, 1, 0));
	SHOW(vmsplice(99, vectors, 1, 0));
	SHOW(vmsplice(a[1], vectors, 0, 0));
	SHOW(vmsplice(a[1], vectors, 1, 0x100));
	SHOW(vmsplice(a[1], vectors, 2000, 0));
	SHOW(vmsplice(a[1], (void *)8, 1, 0));

	// Sockets.
	int s[2];
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	OK(write(a[1], "socket", 6));
	SHOW(splice(a[0], NULL, s[0], NULL, 100, 0));
	SHOW(splice(s[1], NULL, a[1], NULL, 100, 0));
	SHOW(splice(s[1], NULL, a[1], NULL, 100, SPLICE_F_NONBLOCK));
	SHOW(read(a[0], buffer, 100));
	printf("%.6s\n", buffer);
	SHOW(sendfile(a[1], fd, (off_t[]) { 10 }, 100));
	SHOW(read(a[0], buffer, 1000));

	// Waiting.
	if (fork() == 0) {
		usleep(50000);
		OK(write(a[1], "late", 4));
		_exit(0);
	}
	SHOW(splice(a[0], NULL, b[1], NULL, 100, 0));
	OK(wait(NULL));
	SHOW(read(b[0], buffer, 100));

	// Ends.
	OK(write(a[1], "end", 3));
	OK(close(a[1]));
	SHOW(splice(a[0], NULL, b[1], NULL, 100, 0));
	SHOW(splice(a[0], NULL, b[1], NULL, 100, 0));
	OK(close(b[0]));
	SHOW(splice(fd, NULL, b[1], NULL, 100, 0));
	OK(unlink(path));
	return 0;
}
