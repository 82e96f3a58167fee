#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include "check.h"

// Controlling terminals, foreground and background. Each test is a session of its own, led by a child.

static int master;
static volatile sig_atomic_t caught;

static void on_signal(int signal)
{
	caught = signal;
}

static void catch_signal(int signal)
{
	struct sigaction action = { .sa_handler = on_signal };
	OK(sigaction(signal, &action, NULL));
}

static int peer(int flags)
{
	return ioctl(master, TIOCGPTPEER, flags);
}

static const char *status_text(int status)
{
	static char text[40];
	if (WIFEXITED(status))
		snprintf(text, sizeof text, "exit %d", WEXITSTATUS(status));
	else if (WIFSTOPPED(status))
		snprintf(text, sizeof text, "stopped by %s", sigabbrev_np(WSTOPSIG(status)));
	else
		snprintf(text, sizeof text, "killed by %s", sigabbrev_np(WTERMSIG(status)));
	return text;
}

static void await(const char *who, pid_t pid)
{
	int status;
	OK(waitpid(pid, &status, WUNTRACED));
	printf("%s: %s\n", who, status_text(status));
}

// Runs the test in a new session on a new terminal.
static void session(const char *title, void (*test)(void))
{
	int unlocked = 0;
	printf("-- %s\n", title);
	master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	OK(master);
	OK(ioctl(master, TIOCSPTLCK, &unlocked));
	pid_t pid = fork();
	OK(pid);
	if (pid == 0) {
		alarm(20);
		OK(setsid());
		test();
		_exit(0);
	}
	await("leader", pid);
	close(master);
}

static int control(void)
{
	int slave = peer(O_RDWR | O_NOCTTY);
	OK(slave);
	OK(ioctl(slave, TIOCSCTTY, 0));
	return slave;
}

static pid_t in_group(void (*what)(int), int fd)
{
	pid_t pid = fork();
	OK(pid);
	if (pid == 0) {
		OK(setpgid(0, 0));
		what(fd);
		_exit(0);
	}
	(void)setpgid(pid, pid);
	return pid;
}

static void acquire(void)
{
	pid_t id;
	SHOW(open("/dev/tty", O_RDWR));
	int slave = peer(O_RDWR | O_NOCTTY);
	SHOW(open("/dev/tty", O_RDWR));
	SHOW(ioctl(slave, TIOCGPGRP, &id));
	SHOW(ioctl(slave, TIOCSCTTY, 0));
	SHOW(ioctl(slave, TIOCSCTTY, 0));
	OK(ioctl(slave, TIOCGPGRP, &id));
	printf("group is mine %d\n", id == getpid());
	OK(ioctl(slave, TIOCGSID, &id));
	printf("session is mine %d\n", id == getpid());
	OK(ioctl(master, TIOCGSID, &id));
	printf("as the master sees it %d\n", id == getpid());
	int tty = open("/dev/tty", O_RDWR);
	OK(tty);
	printf("isatty %d\n", isatty(tty));
	OK(write(tty, "x", 1));
	int other = 0, unlocked = 0;
	int second = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	OK(ioctl(second, TIOCSPTLCK, &unlocked));
	other = ioctl(second, TIOCGPTPEER, O_RDWR);
	SHOW(ioctl(other, TIOCSCTTY, 0));
	SHOW(ioctl(other, TIOCGPGRP, &id));
	SHOW(ioctl(other, TIOCNOTTY, 0));
	SHOW(tcsetpgrp(other, getpid()));
	SHOW(tcsetpgrp(slave, 999999));
	SHOW(tcsetpgrp(slave, -3));
	SHOW(ioctl(slave, TIOCSPGRP, 8));
	SHOW(tcsetpgrp(slave, getppid()));
	pid_t child = fork();
	if (child == 0) {
		SHOW(ioctl(slave, TIOCSCTTY, 0));
		tty = open("/dev/tty", O_RDWR);
		printf("child's /dev/tty %d\n", tty >= 0);
		SHOW(ioctl(slave, TIOCNOTTY, 0));
		SHOW(open("/dev/tty", O_RDWR));
		SHOW(ioctl(slave, TIOCGPGRP, &id));
		_exit(0);
	}
	await("child", child);
	child = fork();
	if (child == 0) {
		OK(setsid());
		SHOW(open("/dev/tty", O_RDWR));
		SHOW(ioctl(slave, TIOCSCTTY, 0));
		_exit(0);
	}
	await("other session", child);
	signal(SIGHUP, SIG_IGN);
	SHOW(ioctl(slave, TIOCNOTTY, 0));
	SHOW(open("/dev/tty", O_RDWR));
	SHOW(ioctl(master, TIOCGSID, &id));
	// Opened without O_NOCTTY.
	OK(peer(O_RDWR));
	tty = open("/dev/tty", O_RDWR);
	printf("acquired by open %d\n", tty >= 0);
}

static void keys(void)
{
	int slave = control();
	catch_signal(SIGINT);
	catch_signal(SIGQUIT);
	catch_signal(SIGTSTP);
	char text[] = "\003\034\032";
	for (int i = 0; i < 3; i++) {
		caught = 0;
		OK(write(master, text + i, 1));
		for (int n = 0; !caught && n < 100; n++)
			usleep(10000);
		printf("%s\n", caught ? sigabbrev_np(caught) : "none");
	}
	int signals[] = { SIGINT, SIGQUIT, SIGTSTP };
	for (int i = 0; i < 3; i++) {
		caught = 0;
		OK(ioctl(master, TIOCSIG, signals[i]));
		for (int n = 0; !caught && n < 100; n++)
			usleep(10000);
		printf("%s\n", caught ? sigabbrev_np(caught) : "none");
	}
	catch_signal(SIGWINCH);
	struct winsize size = { 10, 20, 0, 0 };
	caught = 0;
	OK(ioctl(master, TIOCSWINSZ, &size));
	printf("%s\n", caught == SIGWINCH ? "WINCH" : "none");
	caught = 0;
	OK(ioctl(master, TIOCSWINSZ, &size));
	printf("%s\n", caught == SIGWINCH ? "WINCH" : "none");
	close(slave);
}

static void reads(int fd)
{
	char c;
	ssize_t n = read(fd, &c, 1);
	printf("background read %zd %s\n", n, n == -1 ? errno_name(errno) : "");
}

static void reads_ignoring(int fd)
{
	signal(SIGTTIN, SIG_IGN);
	reads(fd);
}

static void reads_blocking(int fd)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTTIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	reads(fd);
}

static void writes(int fd)
{
	ssize_t n = write(fd, "w", 1);
	printf("background write %zd %s\n", n, n == -1 ? errno_name(errno) : "");
}

static void writes_ignoring(int fd)
{
	signal(SIGTTOU, SIG_IGN);
	writes(fd);
}

static void sets(int fd)
{
	struct termios t;
	OK(tcgetattr(fd, &t));
	SHOW(tcsetattr(fd, TCSANOW, &t));
}

static void sets_ignoring(int fd)
{
	signal(SIGTTOU, SIG_IGN);
	sets(fd);
	SHOW(tcflush(fd, TCIFLUSH));
	SHOW(tcsetpgrp(fd, getpid()));
}

static void flushes(int fd)
{
	SHOW(tcflush(fd, TCIFLUSH));
}

static void finish(const char *who, pid_t pid)
{
	await(who, pid);
	if (kill(pid, SIGKILL) == 0)
		(void)waitpid(pid, NULL, 0);
}

static void background(void)
{
	int slave = control();
	struct termios t;
	finish("reader", in_group(reads, slave));
	finish("reader ignoring", in_group(reads_ignoring, slave));
	finish("reader blocking", in_group(reads_blocking, slave));
	finish("writer", in_group(writes, slave));
	OK(tcgetattr(slave, &t));
	t.c_lflag |= TOSTOP;
	OK(tcsetattr(slave, TCSANOW, &t));
	finish("writer with TOSTOP", in_group(writes, slave));
	finish("writer ignoring", in_group(writes_ignoring, slave));
	finish("setter", in_group(sets, slave));
	finish("flusher", in_group(flushes, slave));
	finish("setter ignoring", in_group(sets_ignoring, slave));
	signal(SIGTTOU, SIG_IGN);
	SHOW(tcsetpgrp(slave, getpid()));
	// A reader in the background that gets the terminal and is continued reads on.
	pid_t reader = in_group(reads, slave);
	await("reader", reader);
	OK(tcsetpgrp(slave, reader));
	OK(write(master, "line\n", 5));
	OK(kill(reader, SIGCONT));
	await("reader", reader);
	OK(tcsetpgrp(slave, getpid()));
	// A stop key reaches all of the foreground group and nobody else.
	pid_t sleeper = fork();
	if (sleeper == 0) {
		OK(setpgid(0, 0));
		for (;;)
			pause();
	}
	(void)setpgid(sleeper, sleeper);
	OK(tcsetpgrp(slave, sleeper));
	OK(write(master, "\032", 1));
	await("sleeper", sleeper);
	OK(kill(sleeper, SIGCONT));
	OK(write(master, "\003", 1));
	await("sleeper", sleeper);
}

static void orphan(int fd)
{
	// Its parent ends: nobody in the session could continue it.
	pid_t parent = getpid();
	pid_t pid = fork();
	if (pid == 0) {
		OK(setpgid(0, 0));
		while (getppid() == parent)
			usleep(1000);
		usleep(150000);
		reads(fd);
		sets(fd);
		_exit(0);
	}
	_exit(0);
}

static void orphans(void)
{
	int slave = control(), ends[2];
	OK(pipe(ends));
	pid_t pid = in_group(orphan, slave);
	await("parent", pid);
	close(ends[1]);
	usleep(600000);
}

static void hung_up_child(int fd)
{
	(void)fd;
	catch_signal(SIGHUP);
	catch_signal(SIGCONT);
	sigset_t set, old;
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, &old);
	OK(write(3, "r", 1));
	sigsuspend(&old);
	usleep(100000);
	SHOW(open("/dev/tty", O_RDWR));
	_exit(caught == SIGHUP ? 7 : 8);
}

static int ready[2];

static void child_that_waits(int slave)
{
	OK(dup2(ready[1], 3));
	hung_up_child(slave);
}

// The leader ends; the foreground group is told.
static void leader_ends(void)
{
	int slave = control();
	char c;
	OK(pipe(ready));
	OK(fcntl(ready[0], F_DUPFD, 10));
	pid_t pid = in_group(child_that_waits, slave);
	OK(read(ready[0], &c, 1));
	signal(SIGTTOU, SIG_IGN);
	OK(tcsetpgrp(slave, pid));
}

static void master_ends(void)
{
	int slave = control();
	char c;
	catch_signal(SIGHUP);
	OK(close(master));
	for (int n = 0; !caught && n < 100; n++)
		usleep(10000);
	printf("%s\n", caught ? sigabbrev_np(caught) : "none");
	SHOW(read(slave, &c, 1));
	SHOW(write(slave, "x", 1));
	SHOW(open("/dev/tty", O_RDWR));
	struct pollfd p = { .fd = slave, .events = POLLIN | POLLOUT };
	SHOW(poll(&p, 1, 0));
	printf("%x\n", p.revents);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	session("acquire", acquire);
	session("keys", keys);
	session("background", background);
	session("orphans", orphans);
	session("leader ends", leader_ends);
	usleep(300000);
	// The session's leader has the only other end.
	int unlocked = 0;
	printf("-- master ends\n");
	pid_t pid = fork();
	OK(pid);
	if (pid == 0) {
		alarm(20);
		OK(setsid());
		master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
		OK(ioctl(master, TIOCSPTLCK, &unlocked));
		master_ends();
		_exit(0);
	}
	await("leader", pid);
	return 0;
}
