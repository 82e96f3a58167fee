// timeout: 60
// fork under a storm of signals: handlers run, nothing else shows of them, and a signal to the process group reaches
// the children that are just being made.
#include <signal.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include "check.h"

static volatile sig_atomic_t alarms, usr1;

static void on_alarm(int signal)
{
	(void)signal;
	alarms++;
}

static void on_usr1(int signal)
{
	(void)signal;
	usr1++;
}

// A signal that comes before the call is the parent's: the child sees its handler's work and has none waiting.
static void with_timer(void)
{
	struct itimerval every = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
	OK(sigaction(SIGALRM, &(struct sigaction){.sa_handler = on_alarm}, NULL));
	OK(setitimer(ITIMER_REAL, &every, NULL));
	for (int i = 0; i < 300; i++) {
		pid_t pid = fork();
		CHECK(pid >= 0, "%d", i);
		if (pid == 0) {
			sigset_t waiting;
			sigpending(&waiting);
			_exit(sigismember(&waiting, SIGALRM) ? 1 : 0);
		}
		int status;
		pid_t waited;
		while ((waited = waitpid(pid, &status, 0)) == -1 && errno == EINTR)
			;
		CHECK(waited == pid && status == 0, "%x", status);
	}
	OK(setitimer(ITIMER_REAL, &never, NULL));
	CHECK(alarms > 0);
}

// Another process interrupts as fast as it can: fork, vfork and clone never give EINTR.
static void with_storm(void)
{
	pid_t parent = getpid();
	OK(sigaction(SIGUSR1, &(struct sigaction){.sa_handler = on_usr1}, NULL));
	pid_t storm = fork();
	if (storm == 0) {
		signal(SIGUSR1, SIG_IGN);
		for (;;) {
			kill(parent, SIGUSR1);
			usleep(50);
		}
	}
	for (int i = 0; i < 300; i++) {
		pid_t pid = i % 3 == 0 ? fork() : i % 3 == 1 ? vfork() : (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
		CHECK(pid >= 0, "%d", i);
		if (pid == 0)
			_exit(7);
		int status;
		while (waitpid(pid, &status, 0) == -1)
			CHECK(errno == EINTR);
		CHECK(status == 0x700, "%x", status);
	}
	OK(kill(storm, SIGKILL));
	while (waitpid(storm, NULL, 0) == -1)
		CHECK(errno == EINTR);
	CHECK(usr1 > 0);
}

// A whole process group is killed while its leader forks: nobody is left over.
static void with_group(void)
{
	for (int i = 0; i < 50; i++) {
		int alive[2];
		OK(pipe(alive));
		pid_t leader = fork();
		if (leader == 0) {
			setpgid(0, 0);
			close(alive[0]);
			(void)!write(alive[1], "x", 1);
			for (;;)
				if (fork() == 0)
					for (;;)
						pause();
		}
		close(alive[1]);
		char c;
		CHECK(read(alive[0], &c, 1) == 1);
		usleep(200 * (i % 20));
		OK(kill(-leader, i % 2 ? SIGTERM : SIGKILL));
		// Every member has the pipe: its end is theirs.
		CHECK(read(alive[0], &c, 1) == 0);
		close(alive[0]);
		int status;
		while (waitpid(leader, &status, 0) == -1)
			CHECK(errno == EINTR);
		CHECK(WIFSIGNALED(status), "%x", status);
	}
}

// SIGKILL in the middle of vfork and of a fork of much memory.
static void killed_maker(void)
{
	size_t size = 64 << 20;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(memory != MAP_FAILED);
	memset(memory, 1, size);
	for (int i = 0; i < 20; i++) {
		pid_t maker = fork();
		if (maker == 0) {
			for (;;) {
				pid_t pid = i % 2 ? vfork() : fork();
				if (pid == 0)
					_exit(0);
				waitpid(pid, NULL, 0);
			}
		}
		usleep(1000 + i * 300);
		OK(kill(maker, SIGKILL));
		int status;
		CHECK(waitpid(maker, &status, 0) == maker && status == SIGKILL, "%x", status);
	}
	OK(munmap(memory, size));
}

int main(void)
{
	with_timer();
	with_storm();
	with_group();
	killed_maker();
	puts("done");
	return 0;
}
