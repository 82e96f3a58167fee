// Process groups: kill(0), kill(-group), orphaned groups that do not stop, SIGHUP to none.
#include <signal.h>
#include <sys/wait.h>
#include "check.h"

static volatile int seen;
static void handler(int signal)
{
	(void)signal;
	seen++;
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	signal(SIGUSR1, handler);
	pid_t group = fork();
	OK(group);
	if (group == 0) {
		OK(setpgid(0, 0));
		int fds[2];
		OK(pipe(fds));
		signal(SIGUSR2, handler);
		pid_t children[3];
		for (int i = 0; i < 3; i++) {
			children[i] = fork();
			OK(children[i]);
			if (children[i] == 0) {
				if (i == 2)
					OK(setpgid(0, 0));
				else
					signal(SIGUSR1, SIG_DFL);
				(void)!write(fds[1], "x", 1);
				for (;;)
					pause();
			}
		}
		for (int i = 0; i < 3; i++) {
			char byte;
			OK(read(fds[0], &byte, 1));
		}
		SHOW(kill(0, 0));
		SHOW(kill(0, SIGUSR1));
		printf("seen %d\n", seen);
		for (int i = 0; i < 2; i++) {
			int status;
			CHECK(waitpid(children[i], &status, 0) == children[i]);
			printf("%d\n", status);
		}
		int status;
		SHOW(waitpid(children[2], &status, WNOHANG));
		SHOW(kill(-children[2], SIGTERM));
		CHECK(waitpid(children[2], &status, 0) == children[2]);
		printf("%d\n", status);
		SHOW(kill(-children[2], SIGTERM));
		_exit(0);
	}
	int status;
	CHECK(waitpid(group, &status, 0) == group);
	printf("group %d seen here %d\n", status, seen);

	// In a session of its own a group's members have nobody who could continue them.
	pid_t session = fork();
	OK(session);
	if (session == 0) {
		OK(setsid());
		raise(SIGTSTP);
		raise(SIGTTIN);
		raise(SIGTTOU);
		printf("not stopped\n");
		_exit(0);
	}
	CHECK(waitpid(session, &status, WUNTRACED) == session);
	printf("session %d\n", status);
	pid_t job = fork();
	OK(job);
	if (job == 0) {
		OK(setpgid(0, 0));
		raise(SIGTSTP);
		_exit(3);
	}
	CHECK(waitpid(job, &status, WUNTRACED) == job);
	printf("job stopped %d %d\n", WIFSTOPPED(status), WSTOPSIG(status));
	OK(kill(-job, SIGCONT));
	CHECK(waitpid(job, &status, 0) == job);
	printf("job %d\n", WEXITSTATUS(status));
	return 0;
}
