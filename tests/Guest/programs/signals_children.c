// Signals between processes: restarts, stop and continue, SIGCHLD, SIGPIPE, process groups.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include "check.h"

static volatile int calls;
static siginfo_t child_info;

static void count(int signal)
{
	(void)signal;
	calls++;
}

static void on_child(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	child_info = *info;
	calls++;
}

static void handle(int signal, void (*handler)(int), int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
	OK(sigaction(signal, &action, NULL));
}

static long now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void nap(int ms)
{
	for (long end = now_ms() + ms, left; (left = end - now_ms()) > 0;)
		poll(NULL, 0, (int)left);
}

// A child that sends us a signal after a moment, then a byte after another.
static pid_t disturb(int signal, int fd)
{
	pid_t parent = getpid();
	fflush(stdout);
	pid_t pid = fork();
	OK(pid);
	if (pid == 0) {
		nap(50);
		kill(parent, signal);
		nap(50);
		if (write(fd, "x", 1) != 1)
			_exit(1);
		_exit(0);
	}
	return pid;
}

static void wait_for(pid_t pid, const char *what)
{
	int status;
	pid_t got;
	do
		got = waitpid(pid, &status, 0);
	while (got == -1 && errno == EINTR);
	CHECK(got == pid);
	printf("%s: exited %d %d signalled %d %d core %d\n", what, WIFEXITED(status), WIFEXITED(status) ? WEXITSTATUS(status) : 0,
	       WIFSIGNALED(status), WIFSIGNALED(status) ? WTERMSIG(status) : 0, WIFSIGNALED(status) ? WCOREDUMP(status) != 0 : 0);
}

static void restarts(void)
{
	int fds[2];
	char byte;
	OK(pipe(fds));
	static const int flags[] = {SA_RESTART, 0};
	for (int i = 0; i < 2; i++) {
		calls = 0;
		handle(SIGUSR1, count, flags[i]);
		pid_t pid = disturb(SIGUSR1, fds[1]);
		SHOW(read(fds[0], &byte, 1));
		printf("calls %d\n", calls);
		wait_for(pid, "disturber");
		if (i == 1)
			OK(read(fds[0], &byte, 1));
		calls = 0;
		pid = disturb(SIGUSR1, fds[1]);
		int status;
		SHOW(waitpid(pid, &status, 0) == pid);
		printf("calls %d\n", calls);
		if (i == 1)
			wait_for(pid, "waited");
		OK(read(fds[0], &byte, 1));
	}
	// Ignored, and stopped: as if nothing had been.
	handle(SIGUSR1, SIG_IGN, 0);
	pid_t pid = disturb(SIGUSR1, fds[1]);
	SHOW(read(fds[0], &byte, 1));
	wait_for(pid, "ignored");
	handle(SIGUSR1, count, SA_RESTART);
	pid = disturb(SIGUSR1, fds[1]);
	calls = 0;
	SHOW(pause());
	printf("calls %d\n", calls);
	OK(read(fds[0], &byte, 1));
	wait_for(pid, "pause");
	close(fds[0]);
	close(fds[1]);
}

static void show_child(const char *what)
{
	printf("%s: code %d status %d uid %d\n", what, child_info.si_code, child_info.si_status, child_info.si_uid == getuid());
	memset(&child_info, 0, sizeof(child_info));
}

static void until(int number)
{
	while (calls < number)
		nap(1);
}

static void stops(void)
{
	struct sigaction action = {.sa_sigaction = on_child, .sa_flags = SA_SIGINFO | SA_RESTART};
	OK(sigaction(SIGCHLD, &action, NULL));
	calls = 0;
	fflush(stdout);
	pid_t pid = fork();
	OK(pid);
	if (pid == 0)
		for (;;)
			;
	int status;
	siginfo_t info = {0};
	SHOW(waitpid(pid, &status, WNOHANG | WUNTRACED | WCONTINUED));
	OK(kill(pid, SIGSTOP));
	until(1);
	show_child("stopped");
	CHECK(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOWAIT) == 0);
	printf("waitid: code %d status %d\n", info.si_code, info.si_status);
	CHECK(waitpid(pid, &status, WUNTRACED) == pid);
	printf("WIFSTOPPED %d %d\n", WIFSTOPPED(status), WSTOPSIG(status));
	SHOW(waitpid(pid, &status, WNOHANG | WUNTRACED));
	// A stopped process does not act on other signals until it goes on.
	OK(kill(pid, SIGTERM));
	nap(20);
	SHOW(waitpid(pid, &status, WNOHANG));
	OK(kill(pid, SIGCONT));
	wait_for(pid, "terminated after SIGCONT");

	pid = fork();
	OK(pid);
	if (pid == 0)
		for (;;)
			pause();
	calls = 0;
	OK(kill(pid, SIGSTOP));
	CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
	until(1);
	OK(kill(pid, SIGCONT));
	until(2);
	show_child("continued");
	CHECK(waitpid(pid, &status, WCONTINUED) == pid);
	printf("WIFCONTINUED %d\n", WIFCONTINUED(status));
	action.sa_flags |= SA_NOCLDSTOP;
	OK(sigaction(SIGCHLD, &action, NULL));
	calls = 0;
	OK(kill(pid, SIGSTOP));
	CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
	nap(20);
	printf("SA_NOCLDSTOP: calls %d\n", calls);
	OK(kill(pid, SIGKILL));
	wait_for(pid, "killed while stopped");
	printf("calls %d\n", calls);
	show_child("killed");
	handle(SIGCHLD, SIG_DFL, 0);
}

static void pipes(void)
{
	int fds[2];
	OK(pipe(fds));
	close(fds[0]);
	handle(SIGPIPE, count, 0);
	calls = 0;
	SHOW(write(fds[1], "x", 1));
	printf("SIGPIPE calls %d\n", calls);
	handle(SIGPIPE, SIG_IGN, 0);
	SHOW(write(fds[1], "x", 1));
	handle(SIGPIPE, SIG_DFL, 0);
	fflush(stdout);
	pid_t pid = fork();
	OK(pid);
	if (pid == 0) {
		(void)!write(fds[1], "x", 1);
		_exit(0);
	}
	wait_for(pid, "SIGPIPE");
	close(fds[1]);
}

// A child inherits mask and actions, but no pending signals.
static void inheritance(void)
{
	sigset_t set, old;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	handle(SIGUSR1, count, 0);
	OK(sigprocmask(SIG_BLOCK, &set, &old));
	OK(raise(SIGUSR1));
	fflush(stdout);
	calls = 0;
	pid_t pid = fork();
	OK(pid);
	if (pid == 0) {
		sigset_t pending, blocked;
		sigpending(&pending);
		sigprocmask(SIG_BLOCK, NULL, &blocked);
		printf("child: pending %d blocked %d\n", sigismember(&pending, SIGUSR1), sigismember(&blocked, SIGUSR1));
		raise(SIGUSR1);
		sigprocmask(SIG_SETMASK, &old, NULL);
		printf("child: calls %d\n", calls);
		fflush(stdout);
		_exit(0);
	}
	wait_for(pid, "inherited");
	OK(sigprocmask(SIG_SETMASK, &old, NULL));
	printf("parent: calls %d\n", calls);
}

static void spinning(void)
{
	fflush(stdout);
	for (int i = 0; i < 3; i++) {
		static const int signals[] = {SIGTERM, SIGKILL, SIGQUIT};
		pid_t pid = fork();
		OK(pid);
		if (pid == 0)
			for (;;)
				;
		nap(20);
		OK(kill(pid, signals[i]));
		wait_for(pid, "spinning");
	}
}

int main(void)
{
	restarts();
	stops();
	pipes();
	inheritance();
	spinning();
	return 0;
}
