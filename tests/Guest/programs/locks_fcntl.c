// Record locks, of processes and of open file descriptions, and flock.
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "check.h"

static struct flock range(short type, short whence, off_t start, off_t len)
{
	struct flock l = { .l_type = type, .l_whence = whence, .l_start = start, .l_len = len };
	return l;
}

#define SET(fd, cmd, type, whence, start, len)                                                     \
	do {                                                                                       \
		struct flock l_ = range(type, whence, start, len);                                 \
		errno = 0;                                                                         \
		int r_ = fcntl(fd, cmd, &l_);                                                      \
		printf(#cmd " " #type " " #whence " %ld %ld: %s\n", (long)(start), (long)(len),    \
		       r_ == -1 ? errno_name(errno) : "0");                                        \
	} while (0)

// What another process would meet.
static void others(const char *path, off_t start, off_t len)
{
	fflush(stdout);
	if (fork() == 0) {
		int fd = open(path, O_RDWR);
		struct flock l = range(F_WRLCK, SEEK_SET, start, len);
		OK(fcntl(fd, F_GETLK, &l));
		if (l.l_type == F_UNLCK)
			printf("  others: free\n");
		else
			printf("  others: type %d whence %d start %ld len %ld pid %s\n", l.l_type, l.l_whence,
			       (long)l.l_start, (long)l.l_len, l.l_pid == getppid() ? "parent" : l.l_pid == -1 ? "-1" : "other");
		fflush(stdout);
		_exit(0);
	}
	OK(wait(NULL));
}

static void nothing(int signal)
{
	(void)signal;
}

static void deadlock(int fd)
{
	int ready[2];
	OK(pipe(ready));
	pid_t child = fork();
	if (child == 0) {
		struct flock l = range(F_WRLCK, SEEK_SET, 200, 1);
		OK(fcntl(fd, F_SETLK, &l));
		OK(write(ready[1], "x", 1));
		l = range(F_WRLCK, SEEK_SET, 100, 1);
		// Waits for the parent, or finds that the parent waits for it.
		int r = fcntl(fd, F_SETLKW, &l);
		_exit(r == 0 ? 0 : errno);
	}
	struct flock l = range(F_WRLCK, SEEK_SET, 100, 1);
	char c;
	OK(fcntl(fd, F_SETLK, &l));
	OK(read(ready[0], &c, 1));
	l = range(F_WRLCK, SEEK_SET, 200, 1);
	int r = fcntl(fd, F_SETLKW, &l), mine = r == 0 ? 0 : errno, status;
	l = range(F_UNLCK, SEEK_SET, 0, 0);
	OK(fcntl(fd, F_SETLK, &l));
	OK(wait(&status));
	int theirs = WEXITSTATUS(status);
	printf("deadlock: one of two %s\n", (mine == EDEADLK) + (theirs == EDEADLK) == 1 && mine + theirs == EDEADLK ? "EDEADLK" : "wrong");
}

int main(void)
{
	char path[] = "/tmp/locksXXXXXX";
	int fd = mkstemp(path);
	OK(fd);
	OK(ftruncate(fd, 1000));
	OK(lseek(fd, 50, SEEK_SET));

	SET(fd, F_SETLK, F_WRLCK, SEEK_SET, 10, 20);
	others(path, 0, 0);
	others(path, 30, 0);
	SET(fd, F_SETLK, F_UNLCK, SEEK_SET, 15, 5);
	others(path, 0, 0);
	others(path, 15, 0);
	others(path, 15, 5);
	SET(fd, F_SETLK, F_WRLCK, SEEK_SET, 15, 5);
	others(path, 0, 0);
	SET(fd, F_SETLK, F_RDLCK, SEEK_SET, 0, 0);
	others(path, 0, 0);
	SET(fd, F_SETLK, F_UNLCK, SEEK_SET, 0, 0);
	SET(fd, F_SETLK, F_WRLCK, SEEK_CUR, 10, -20);
	others(path, 0, 0);
	SET(fd, F_SETLK, F_UNLCK, SEEK_SET, 0, 0);
	SET(fd, F_SETLK, F_WRLCK, SEEK_END, -10, 0);
	others(path, 0, 0);
	SET(fd, F_SETLK, F_UNLCK, SEEK_SET, 0, 0);
	SET(fd, F_SETLK, F_WRLCK, SEEK_SET, 5, -10);
	SET(fd, F_SETLK, F_WRLCK, SEEK_SET, -1, 10);
	SET(fd, F_SETLK, F_WRLCK, 7, 0, 10);
	SET(fd, F_SETLK, 9, SEEK_SET, 0, 10);
	SET(fd, F_GETLK, F_UNLCK, SEEK_SET, 0, 10);
	SET(fd, F_OFD_GETLK, F_UNLCK, SEEK_SET, 0, 10);
	SET(fd, F_SETLK, F_WRLCK, SEEK_SET, 1, 0x7fffffffffffffff);
	SET(fd, F_SETLK, F_WRLCK, SEEK_SET, 2, 0x7fffffffffffffff);
	SET(fd, F_SETLK, F_UNLCK, SEEK_SET, 0, 0);
	SET(-1, F_SETLK, F_WRLCK, SEEK_SET, 0, 0);
	SHOW(fcntl(fd, F_SETLK, (void *)8));
	int ro = open(path, O_RDONLY), wo = open(path, O_WRONLY), none = open(path, O_PATH);
	SET(ro, F_SETLK, F_WRLCK, SEEK_SET, 0, 1);
	SET(wo, F_SETLK, F_RDLCK, SEEK_SET, 0, 1);
	SET(none, F_SETLK, F_RDLCK, SEEK_SET, 0, 1);
	SHOW(flock(none, LOCK_SH));

	// Any close of the file by the process gives all back.
	SET(fd, F_SETLK, F_WRLCK, SEEK_SET, 0, 1);
	others(path, 0, 0);
	OK(close(ro));
	others(path, 0, 0);

	// Open file descriptions.
	int second = open(path, O_RDWR);
	SET(fd, F_OFD_SETLK, F_WRLCK, SEEK_SET, 0, 10);
	SET(second, F_OFD_SETLK, F_RDLCK, SEEK_SET, 5, 10);
	SET(second, F_SETLK, F_RDLCK, SEEK_SET, 5, 10);
	others(path, 0, 0);
	struct flock with_pid = range(F_WRLCK, SEEK_SET, 0, 1);
	with_pid.l_pid = 1;
	SHOW(fcntl(fd, F_OFD_SETLK, &with_pid));
	int copy = dup(fd);
	OK(close(fd));
	SET(second, F_OFD_SETLK, F_RDLCK, SEEK_SET, 5, 10);
	OK(close(copy));
	SET(second, F_OFD_SETLK, F_RDLCK, SEEK_SET, 5, 10);
	fd = open(path, O_RDWR);

	// flock.
	SHOW(flock(fd, LOCK_EX | LOCK_NB));
	SHOW(flock(second, LOCK_SH | LOCK_NB));
	SHOW(flock(fd, LOCK_SH | LOCK_NB));
	SHOW(flock(second, LOCK_SH | LOCK_NB));
	SHOW(flock(fd, LOCK_EX | LOCK_NB));
	SHOW(flock(second, LOCK_EX | LOCK_NB));
	SHOW(flock(second, LOCK_UN));
	SHOW(flock(fd, LOCK_SH | LOCK_EX));
	SHOW(flock(fd, 0));
	SHOW(flock(99, LOCK_SH));
	SHOW(flock(99, 64));
	SHOW(fcntl(fd, F_GETLEASE));

	// Waiting, and a signal that ends it.
	OK(flock(fd, LOCK_EX));
	struct sigaction action = { .sa_handler = nothing };
	OK(sigaction(SIGALRM, &action, NULL));
	alarm(1);
	SHOW(flock(second, LOCK_EX));
	OK(flock(fd, LOCK_UN));
	SET(second, F_OFD_SETLK, F_UNLCK, SEEK_SET, 0, 0);
	fflush(stdout);
	int go[2];
	OK(pipe(go));
	pid_t child = fork();
	if (child == 0) {
		int own = open(path, O_RDWR);
		struct flock l = range(F_WRLCK, SEEK_SET, 0, 10);
		OK(fcntl(own, F_SETLK, &l));
		OK(write(go[1], "x", 1));
		usleep(100000);
		_exit(0); // gives it back
	}
	char c;
	OK(read(go[0], &c, 1));
	SET(second, F_SETLK, F_RDLCK, SEEK_SET, 0, 1);
	SET(second, F_SETLKW, F_WRLCK, SEEK_SET, 0, 10);
	OK(wait(NULL));
	others(path, 0, 0);
	SET(second, F_SETLK, F_UNLCK, SEEK_SET, 0, 0);
	deadlock(second);
	OK(unlink(path));
	return 0;
}
