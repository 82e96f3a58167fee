// POSIX message queues.
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include "check.h"

static void *volatile bad = (void *)16;
static char name[64], b[9000];

static int noted;

static void on_signal(int signal, siginfo_t *info, void *context)
{
	(void)context;
	printf("signal %s code %d pid %d value %d\n", signal == SIGUSR1 ? "USR1" : "other", info->si_code, info->si_pid == getpid(), info->si_value.sival_int);
	noted++;
}

static int ready(mqd_t q)
{
	struct pollfd p = {q, POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM, 0};
	OK(poll(&p, 1, 0));
	return p.revents;
}

static void get(mqd_t q)
{
	unsigned priority = 99;
	memset(b, 0, sizeof b);
	errno = 0;
	long n = mq_receive(q, b, 8192, &priority);
	printf("got %ld %s \"%s\" priority %u\n", n, n < 0 ? errno_name(errno) : "", b, priority);
}

int main(void)
{
	snprintf(name, sizeof name, "/umlhost.%d", getpid());
	SHOW(mq_open(name, O_RDWR));
	SHOW(mq_unlink(name));
	SHOW(mq_open("/a/b", O_RDWR | O_CREAT, 0600, 0));
	SHOW(syscall(SYS_mq_open, "", O_RDWR | O_CREAT, 0600, 0));
	SHOW(syscall(SYS_mq_open, bad, O_RDWR | O_CREAT, 0600, 0));
	SHOW(syscall(SYS_mq_open, "x", O_RDWR | O_CREAT, 0600, bad));
	struct mq_attr a = {.mq_maxmsg = 0, .mq_msgsize = 10};
	SHOW(mq_open(name, O_RDWR | O_CREAT, 0600, &a));
	a.mq_maxmsg = 70000;
	SHOW(mq_open(name, O_RDWR | O_CREAT, 0600, &a));
	mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0640, 0);
	OK(q);
	SHOW(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0640, 0));
	SHOW(fcntl(q, F_GETFD));
	OK(mq_getattr(q, &a));
	printf("%lx %ld %ld %ld\n", a.mq_flags, a.mq_maxmsg, a.mq_msgsize, a.mq_curmsgs);
	struct stat s;
	OK(fstat(q, &s));
	printf("mode %o size %ld\n", s.st_mode, s.st_size);
	SHOW(ready(q));
	get(q);
	SHOW(mq_send(q, "low", 3, 1));
	SHOW(mq_send(q, "high", 4, 30));
	SHOW(mq_send(q, "low too", 7, 1));
	SHOW(mq_send(q, "", 0, 5));
	SHOW(mq_send(q, "x", 1, 32768));
	SHOW(mq_send(q, b, 8193, 0));
	SHOW(mq_send(q, bad, 1, 0));
	SHOW(mq_send(0, "x", 1, 0));
	SHOW(mq_send(999, "x", 1, 0));
	SHOW(mq_receive(q, b, 8191, 0));
	SHOW(ready(q));
	memset(b, 0, 99);
	SHOW(read(q, b, 99));
	printf("%s", b);
	SHOW(write(q, b, 1));
	get(q);
	get(q);
	get(q);
	get(q);
	for (int i = 0; i < 10; i++)
		OK(mq_send(q, "fill", 4, 0));
	SHOW(mq_send(q, "fill", 4, 0));
	SHOW(ready(q));
	a.mq_flags = 0;
	SHOW(mq_setattr(q, &a, 0));
	SHOW(fcntl(q, F_GETFL) & O_NONBLOCK);
	a.mq_flags = 1;
	SHOW(mq_setattr(q, &a, 0));
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += 20000000;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	SHOW(mq_timedsend(q, "late", 4, 0, &t));
	for (int i = 0; i < 10; i++)
		get(q);
	SHOW(mq_timedreceive(q, b, 8192, 0, &t));
	t.tv_nsec = -1;
	SHOW(mq_timedreceive(q, b, 8192, 0, &t));
	mqd_t r = mq_open(name, O_RDONLY);
	SHOW(mq_send(r, "x", 1, 0));
	SHOW(mq_close(r));

	// Notices.
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
	sigaction(SIGUSR1, &action, 0);
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 77};
	SHOW(mq_notify(q, &e));
	SHOW(mq_notify(q, &e));
	memset(b, 0, 99);
	SHOW(lseek(q, 0, SEEK_SET));
	SHOW(mq_send(q, "first", 5, 0));
	SHOW(noted);
	SHOW(mq_send(q, "second", 6, 0));
	SHOW(noted);
	SHOW(mq_notify(q, &e));
	SHOW(mq_send(q, "third", 5, 0));
	SHOW(noted);
	SHOW(mq_notify(q, 0));
	e.sigev_notify = SIGEV_NONE;
	SHOW(mq_notify(q, &e));
	SHOW(mq_notify(q, 0));
	e.sigev_notify = 55;
	SHOW(mq_notify(q, &e));
	e.sigev_notify = SIGEV_SIGNAL;
	e.sigev_signo = 65;
	SHOW(mq_notify(q, &e));
	SHOW(mq_notify(0, 0));

	// Between processes.
	for (int i = 0; i < 3; i++)
		get(q);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		for (int i = 0; i < 40; i++)
			OK(mq_send(q, (char *)&i, sizeof i, i % 3));
		_exit(0);
	}
	long sum = 0;
	for (int i = 0; i < 40; i++) {
		int v;
		CHECK(mq_receive(q, b, 8192, 0) == 4);
		memcpy(&v, b, 4);
		sum += v;
	}
	int status;
	OK(waitpid(child, &status, 0));
	printf("sum %ld status %x\n", sum, status);
	SHOW(mq_unlink(name));
	SHOW(mq_unlink(name));
	SHOW(mq_send(q, "still there", 11, 0));
	get(q);
	SHOW(mq_close(q));
	SHOW(mq_close(q));
	return 0;
}
