// SIGIO: owners, signals and when they come, for pipes and sockets.
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "check.h"

static volatile int count, last_code, last_fd, last_signal;
static volatile long last_band;

static void got(int signal, siginfo_t *info, void *context)
{
	(void)context;
	count++;
	last_signal = signal;
	last_code = info->si_code;
	last_band = info->si_band;
	last_fd = info->si_fd;
}

static void seen(const char *what, int fd)
{
	printf("%s: %d", what, count);
	if (count && last_signal != SIGIO)
		printf(" signal +%d code %d band %#lx fd %s", last_signal - SIGRTMIN, last_code, last_band, last_fd == fd ? "right" : "wrong");
	else if (count)
		printf(" SIGIO code %#x", (unsigned)last_code);
	printf("\n");
	count = 0;
}

int main(void)
{
	int p[2], s[2], on = 1, off = 0;
	char buffer[100];
	struct sigaction action = { .sa_sigaction = got, .sa_flags = SA_SIGINFO | SA_RESTART };
	OK(sigaction(SIGIO, &action, NULL));
	OK(sigaction(SIGRTMIN + 3, &action, NULL));
	OK(pipe(p));

	SHOW(fcntl(p[0], F_GETOWN));
	SHOW(fcntl(p[0], F_SETOWN, 999999));
	SHOW(fcntl(p[0], F_SETOWN, -999999));
	SHOW(fcntl(p[0], F_SETOWN, INT_MIN));
	SHOW(fcntl(p[0], F_SETOWN, getpid()));
	printf("owner %s\n", fcntl(p[0], F_GETOWN) == getpid() ? "me" : "other");
	struct f_owner_ex owner = { 7, 0 };
	SHOW(fcntl(p[0], F_SETOWN_EX, &owner));
	owner = (struct f_owner_ex){ F_OWNER_TID, gettid() };
	SHOW(fcntl(p[0], F_SETOWN_EX, &owner));
	OK(fcntl(p[0], F_GETOWN_EX, &owner));
	printf("type %d %s\n", owner.type, owner.pid == gettid() ? "me" : "other");
	SHOW(fcntl(p[0], F_SETSIG, 65));
	SHOW(fcntl(p[0], F_SETSIG, -1));
	SHOW(fcntl(p[0], F_GETSIG));

	OK(write(p[1], "x", 1));
	seen("not asked", p[0]);
	OK(fcntl(p[0], F_SETFL, O_ASYNC));
	printf("flags %#x\n", fcntl(p[0], F_GETFL) & O_ASYNC);
	OK(write(p[1], "x", 1));
	seen("write", p[0]);
	OK(write(p[1], "x", 1));
	seen("write again", p[0]);
	OK(read(p[0], buffer, 100));
	seen("read", p[0]);
	OK(fcntl(p[0], F_SETSIG, SIGRTMIN + 3));
	OK(write(p[1], "x", 1));
	seen("with F_SETSIG", p[0]);
	SHOW(ioctl(p[0], FIOASYNC, &off));
	OK(write(p[1], "x", 1));
	seen("off", p[0]);
	SHOW(ioctl(p[0], FIOASYNC, &on));
	SHOW(ioctl(p[0], FIOASYNC, &on));
	if (fork() == 0) {
		usleep(20000);
		OK(write(p[1], "y", 1));
		_exit(0);
	}
	OK(wait(NULL));
	seen("by another", p[0]);

	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	OK(fcntl(s[0], F_SETOWN, -getpgrp()));
	printf("owner %s\n", fcntl(s[0], F_GETOWN) == -getpgrp() ? "group" : "other");
	OK(fcntl(s[0], F_SETFL, O_ASYNC));
	OK(write(s[1], "x", 1));
	seen("socket", s[0]);
	int null = open("/dev/null", O_RDWR), file = open("/proc/self/exe", O_RDONLY);
	SHOW(ioctl(null, FIOASYNC, &on));
	SHOW(ioctl(file, FIOASYNC, &on));
	SHOW(ioctl(file, FIOASYNC, &off));
	OK(fcntl(file, F_SETFL, O_ASYNC));
	printf("flags %#x\n", fcntl(file, F_GETFL) & O_ASYNC);
	return 0;
}
