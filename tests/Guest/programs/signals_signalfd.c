// signalfd: what a read gives, and the errors.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include "check.h"

static void show(int fd)
{
	struct signalfd_siginfo records[4];
	memset(records, 0x11, sizeof(records));
	errno = 0;
	ssize_t got = read(fd, records, sizeof(records));
	printf("read %zd %s\n", got, errno_name(errno));
	for (int i = 0; i < got / (ssize_t)sizeof(records[0]); i++)
		printf("  %u code %d pid %d uid %d int %d tid %u status %d\n", records[i].ssi_signo, records[i].ssi_code,
		       records[i].ssi_pid == (unsigned)getpid(), records[i].ssi_uid == getuid(), records[i].ssi_int,
		       records[i].ssi_tid, records[i].ssi_status);
}

int main(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN);
	sigaddset(&set, SIGKILL);
	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	SHOW(syscall(SYS_signalfd4, -1, &set, 4, 0));
	SHOW(syscall(SYS_signalfd4, -1, 8, 8, 0));
	SHOW(syscall(SYS_signalfd4, -1, &set, 8, 1));
	SHOW(syscall(SYS_signalfd4, 99, &set, 8, 0));
	SHOW(syscall(SYS_signalfd4, 1, &set, 8, 0));
	int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	OK(fd);
	printf("flags %x fd flags %x\n", fcntl(fd, F_GETFL), fcntl(fd, F_GETFD));
	SHOW(write(fd, &set, 8));
	SHOW(read(fd, &set, 127));
	SHOW(lseek(fd, 3, SEEK_SET));
	show(fd);
	OK(raise(SIGUSR1));
	OK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 7}));
	OK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 8}));
	show(fd);
	show(fd);
	OK(raise(SIGUSR1));
	SHOW(syscall(SYS_read, fd, 8, 128));
	show(fd);
	OK(raise(SIGUSR1));
	sigdelset(&set, SIGUSR1);
	SHOW(signalfd(fd, &set, 0) == fd);
	show(fd);
	sigaddset(&set, SIGUSR1);
	SHOW(signalfd(fd, &set, 0) == fd);
	OK(fcntl(fd, F_SETFL, 0));
	show(fd);
	return 0;
}
