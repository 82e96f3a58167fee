#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "check.h"

static void *volatile bad = (void *)16;
static pid_t tid;
static int hold[2], release[2];

static int pidfd_open(pid_t pid, unsigned flags)
{
	return syscall(SYS_pidfd_open, pid, flags);
}

static int send_signal(int fd, int signal, siginfo_t *info, unsigned flags)
{
	return syscall(SYS_pidfd_send_signal, fd, signal, info, flags);
}

static int getfd(int fd, int target, unsigned flags)
{
	return syscall(SYS_pidfd_getfd, fd, target, flags);
}

static int ready(int fd, int timeout)
{
	struct pollfd p = {fd, -1, 0};
	OK(poll(&p, 1, timeout));
	return p.revents;
}

static void *waiting_thread(void *unused)
{
	char c;
	tid = gettid();
	OK(write(hold[1], "x", 1));
	OK(read(release[0], &c, 1));
	return unused;
}

static volatile int handled, from;

static void handler(int signal, siginfo_t *info, void *context)
{
	(void)context;
	handled = signal;
	from = info->si_code;
}

static pid_t blocked_child(int end[2])
{
	fflush(stdout);
	OK(pipe(end));
	pid_t pid = fork();
	OK(pid);
	if (pid == 0) {
		char c;
		close(end[1]);
		(void)!read(end[0], &c, 1);
		_exit(3);
	}
	return pid;
}

int main(void)
{
	SHOW(pidfd_open(0, 0));
	SHOW(pidfd_open(-1, 0));
	SHOW(pidfd_open(4000000, 0));
	SHOW(pidfd_open(getpid(), 1));
	int self = pidfd_open(getpid(), 0), again = pidfd_open(getpid(), 0);
	OK(self);
	SHOW(fcntl(self, F_GETFD));
	SHOW(fcntl(self, F_GETFL));
	struct stat s, t;
	OK(fstat(self, &s));
	OK(fstat(again, &t));
	CHECK(s.st_ino == t.st_ino);
	char buffer[8];
	SHOW(read(self, buffer, 8));
	SHOW(write(self, buffer, 8));
	SHOW(lseek(self, 0, SEEK_SET));
	SHOW(ready(self, 0));

	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	OK(sigaction(SIGUSR1, &action, NULL));
	SHOW(send_signal(self, 0, NULL, 0));
	SHOW(send_signal(self, SIGUSR1, NULL, 0));
	printf("%d %d\n", handled, from);
	siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
	SHOW(send_signal(self, SIGUSR1, &info, 0));
	printf("%d %d\n", handled, from);
	SHOW(send_signal(self, SIGUSR2, &info, 0));
	SHOW(send_signal(self, SIGUSR1, bad, 0));
	SHOW(send_signal(self, 65, NULL, 0));
	SHOW(send_signal(self, 0, NULL, 0x100));
	SHOW(send_signal(0, 0, NULL, 0));
	SHOW(send_signal(-1, 0, NULL, 0));

	// The directory in /proc is as good, for this call.
	int directory = open("/proc/self/", O_RDONLY | O_DIRECTORY);
	OK(directory);
	handled = 0;
	SHOW(send_signal(directory, SIGUSR1, NULL, 0));
	printf("%d %d\n", handled, from);
	SHOW(waitid(P_PIDFD, directory, &info, WEXITED));
	SHOW(getfd(directory, 0, 0));
	close(directory);
	directory = open("/proc/thread-self", O_RDONLY | O_DIRECTORY);
	OK(directory);
	SHOW(send_signal(directory, 0, NULL, 0));
	close(directory);

	SHOW(getfd(self, self, 1));
	SHOW(getfd(0, self, 0));
	SHOW(getfd(self, 999, 0));
	int copy = getfd(self, again, 0);
	SHOW(copy == again + 1);
	SHOW(fcntl(copy, F_GETFD));
	close(copy);

	// Not the leader.
	OK(pipe(hold));
	OK(pipe(release));
	pthread_t thread;
	CHECK(pthread_create(&thread, NULL, waiting_thread, NULL) == 0);
	char c;
	OK(read(hold[0], &c, 1));
	CHECK(pidfd_open(tid, 0) == -1 && (errno == ENOENT || errno == EINVAL));
	OK(write(release[1], "x", 1));
	CHECK(pthread_join(thread, NULL) == 0);

	// A child from its life to its end.
	int end[2];
	pid_t child = blocked_child(end);
	int fd = pidfd_open(child, 0), slow = pidfd_open(child, O_NONBLOCK);
	OK(fd);
	CHECK(fstat(fd, &t) == 0 && t.st_ino != s.st_ino);
	SHOW(ready(fd, 0));
	SHOW(waitid(P_PIDFD, slow, &info, WEXITED));
	SHOW(waitid(P_PIDFD, slow, &info, WEXITED | WNOHANG));
	SHOW(waitid(P_PIDFD, 0, &info, WEXITED));
	SHOW(waitid(P_PIDFD, self, &info, WEXITED));
	info.si_signo = 0;
	info.si_code = SI_USER;
	SHOW(send_signal(fd, 0, &info, 0));
	int theirs = getfd(fd, end[0], 0);
	OK(theirs);
	OK(fstat(theirs, &s));
	OK(fstat(end[0], &t));
	CHECK(s.st_ino == t.st_ino);
	close(end[1]);
	SHOW(ready(fd, -1));
	SHOW(send_signal(fd, 0, NULL, 0));
	SHOW(getfd(fd, 0, 0));
	SHOW(waitid(P_PIDFD, fd, &info, WEXITED));
	printf("%d %d %d\n", info.si_pid == child, info.si_code, info.si_status);
	SHOW(ready(fd, 0) & POLLIN);
	SHOW(send_signal(fd, 0, NULL, 0));
	SHOW(send_signal(fd, SIGKILL, NULL, 0));
	SHOW(getfd(fd, 0, 0));
	SHOW(waitid(P_PIDFD, fd, &info, WEXITED));
	SHOW(pidfd_open(child, 0));

	// Killed by its descriptor, with somebody waiting for that in poll.
	child = blocked_child(end);
	fd = pidfd_open(child, 0);
	SHOW(send_signal(fd, SIGKILL, NULL, 0));
	SHOW(ready(fd, -1));
	SHOW(waitid(P_PIDFD, fd, &info, WEXITED));
	printf("%d %d\n", info.si_code, info.si_status);

	// CLONE_PIDFD
	int made = -1;
	SHOW(syscall(SYS_clone, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0, &made, 0, 0));
	SHOW(syscall(SYS_clone, CLONE_PIDFD | CLONE_DETACHED | SIGCHLD, 0, &made, 0, 0));
	SHOW(syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, bad, 0, 0));
	fflush(stdout);
	child = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &made, 0, 0);
	OK(child);
	if (child == 0)
		_exit(made == -1 ? 4 : 5);
	CHECK(made >= 0);
	SHOW(fcntl(made, F_GETFD));
	SHOW(ready(made, -1));
	SHOW(waitid(P_PIDFD, made, &info, WEXITED));
	printf("%d\n", info.si_status);
	return 0;
}
