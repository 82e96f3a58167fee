#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "check.h"

static const char *self;
static int self_fd, status;
static void *volatile bad = (void *)16;

static void fork_and_exec(const char *path, char *const argv[], char *const envp[])
{
	fflush(stdout);
	pid_t pid = fork();
	OK(pid);
	if (pid == 0) {
		execve(path, argv, envp);
		printf("execve: %s\n", errno_name(errno));
		fflush(stdout);
		_exit(99);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	printf("status %x\n", status);
}

static void report(int argc, char **argv, char **envp)
{
	char name[16];
	printf("argc %d:", argc);
	for (int i = 0; i < argc; i++)
		printf(" '%s'", i == 0 && strcmp(argv[0], self) == 0 ? "self" : argv[i]);
	printf("\nenvp:");
	for (; *envp; envp++)
		printf(" '%s'", *envp);
	OK(prctl(PR_GET_NAME, name));
	printf("\ncomm %s\n", strncmp(name, "process_exec", 12) == 0 ? "process_exec" : name);
}

static void passing(void)
{
	char *argv[] = {"zero", "report", "", "a b", "\xff\x80", NULL};
	char *envp[] = {"A=1", "", "noequals", "A=2", NULL};
	char *none[] = {NULL};
	fork_and_exec(self, argv, envp);
	fork_and_exec(self, argv, none);
	fork_and_exec(self, argv, NULL);
	char *longest = malloc(32 * 4096 + 2);
	memset(longest, 'x', 32 * 4096 + 1);
	longest[32 * 4096 - 1] = 0;
	char *big[] = {"zero", "length", longest, NULL};
	fork_and_exec(self, big, none);
	longest[32 * 4096 - 1] = 'x';
	longest[32 * 4096] = 0;
	fork_and_exec(self, big, none);

	// Together: a quarter of the stack limit, but no more than 6 MiB.
	longest[100000] = 0;
	char **many = calloc(200, sizeof(char *));
	many[0] = "zero";
	many[1] = "length";
	for (int i = 2; i < 62; i++)
		many[i] = longest;
	SHOW(execve(self, many, none) == -1 ? errno : 0);
	many[12] = NULL;
	fork_and_exec(self, many, none);
	struct rlimit limit;
	OK(getrlimit(RLIMIT_STACK, &limit));
	limit.rlim_cur = 1 << 20;
	many[4] = NULL;
	fflush(stdout);
	if (fork() == 0) {
		OK(setrlimit(RLIMIT_STACK, &limit));
		SHOW(execve(self, many, none));
		fflush(stdout);
		_exit(1);
	}
	wait(&status);
	printf("status %x\n", status);
}

static void errors(void)
{
	char *argv[] = {"x", NULL};
	SHOW(execve("", argv, NULL));
	SHOW(execve("/nonexistent", argv, NULL));
	SHOW(execve("/nonexistent/x", argv, NULL));
	SHOW(execve("/etc/passwd/x", argv, NULL));
	SHOW(execve("/", argv, NULL));
	SHOW(execve("/etc/passwd", argv, NULL));
	SHOW(execve("/dev/null", argv, NULL));
	SHOW(execve(bad, argv, NULL));
	SHOW(execve(self, bad, NULL));
	SHOW(execve(self, argv, bad));
	char *wild[] = {"x", bad, NULL};
	SHOW(execve(self, wild, NULL));
	static char path[5000];
	memset(path, '/', 4999);
	SHOW(execve(path, argv, NULL));
	memset(path, 'a', 300);
	path[300] = 0;
	SHOW(execve(path, argv, NULL));
	SHOW(execve("exec/empty", argv, NULL));
	SHOW(execve("exec/text", argv, NULL));
	SHOW(execve("exec/mode", argv, NULL));
	SHOW(execve("exec/elf", argv, NULL));
	SHOW(execve("exec/nothing", argv, NULL));
	SHOW(execve("exec/gone", argv, NULL));
	SHOW(execve("exec/dir", argv, NULL));
	SHOW(execve("exec/loop", argv, NULL));
	SHOW(syscall(SYS_execveat, AT_FDCWD, "/nonexistent", argv, NULL, 0x1));
	SHOW(syscall(SYS_execveat, 99, "x", argv, NULL, 0));
	SHOW(syscall(SYS_execveat, 99, "", argv, NULL, AT_EMPTY_PATH));
	SHOW(syscall(SYS_execveat, self_fd, "", argv, NULL, 0));
	SHOW(syscall(SYS_execveat, self_fd, "x", argv, NULL, 0));
	SHOW(syscall(SYS_execveat, AT_FDCWD, "", argv, NULL, AT_EMPTY_PATH));
	int script = open("exec/script", O_RDONLY | O_CLOEXEC);
	SHOW(syscall(SYS_execveat, script, "", argv, NULL, AT_EMPTY_PATH));
	close(script);
	SHOW(syscall(SYS_execveat, AT_FDCWD, "exec/link", argv, NULL, AT_SYMLINK_NOFOLLOW));
}

static void scripts(void)
{
	char *argv[] = {"zero", "one two", NULL};
	char *null[] = {NULL};
	char *envp[] = {"E=e", NULL};
	fork_and_exec("exec/script", argv, envp);
	fork_and_exec("exec/script", null, envp);
	fork_and_exec("exec/second", argv, envp);
	fork_and_exec("exec/noeol", argv, envp);
}

static void handler(int signal)
{
	(void)signal;
}

static void *sleeper(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static char argument[4][32];

static void *exec_thread(void *unused)
{
	char *argv[] = {"zero", "tid", argument[0], NULL};
	execve(self, argv, NULL);
	_exit(98);
	return unused;
}

static void state(void)
{
	// Descriptors, signals, memory.
	fflush(stdout);
	pid_t pid = fork();
	OK(pid);
	if (pid == 0) {
		int keep = open("/dev/null", O_RDONLY), drop = open("/dev/null", O_RDONLY | O_CLOEXEC);
		int later = open("/dev/null", O_RDONLY);
		OK(fcntl(later, F_SETFD, FD_CLOEXEC));
		signal(SIGUSR1, handler);
		signal(SIGUSR2, SIG_IGN);
		sigset_t set;
		sigemptyset(&set);
		sigaddset(&set, SIGTERM);
		OK(sigprocmask(SIG_SETMASK, &set, NULL));
		OK(raise(SIGTERM));
		snprintf(argument[0], 32, "%d", keep);
		snprintf(argument[1], 32, "%d", drop);
		snprintf(argument[2], 32, "%d", later);
		snprintf(argument[3], 32, "%d", getpid());
		char *argv[] = {"zero", "state", argument[0], argument[1], argument[2], argument[3], NULL};
		execve(self, argv, NULL);
		_exit(97);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	printf("status %x\n", status);

	// From a thread that is not the leader: it gets the leader's id, the others end.
	for (int i = 0; i < 10; i++) {
		fflush(stdout);
		pid = fork();
		OK(pid);
		if (pid == 0) {
			pthread_t thread;
			snprintf(argument[0], 32, "%d", getpid());
			for (int j = 0; j < 4; j++)
				CHECK(pthread_create(&thread, NULL, sleeper, NULL) == 0);
			CHECK(pthread_create(&thread, NULL, exec_thread, NULL) == 0);
			if (i % 2)
				pthread_exit(NULL);
			for (;;)
				pause();
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(status == 55 << 8, "%x", status);
	}

	// vfork and exec: the parent goes on at exec.
	pid = vfork();
	if (pid == 0) {
		char *argv[] = {"zero", "wait", NULL};
		execve(self, argv, NULL);
		_exit(96);
	}
	CHECK(waitpid(pid, &status, WNOHANG) == 0);
	OK(kill(pid, SIGKILL));
	CHECK(waitpid(pid, &status, 0) == pid);
	printf("status %x\n", status);
	pid = vfork();
	if (pid == 0) {
		char *argv[] = {"x", NULL};
		execve("/nonexistent", argv, NULL);
		_exit(95);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	printf("status %x\n", status);

	// By descriptor; many times over.
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		char *argv[] = {"zero", "again", "20", NULL};
		fexecve(self_fd, argv, environ);
		_exit(94);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	printf("status %x\n", status);
}

int main(int argc, char **argv, char **envp)
{
	self = getenv("SELF") ? getenv("SELF") : argv[0];
	if (argc > 1) {
		if (strcmp(argv[1], "report") == 0 || strcmp(argv[1], "script  with spaces") == 0)
			report(argc, argv, envp);
		else if (strcmp(argv[1], "script") == 0)
			printf("argc %d %s\n", argc, argv[argc - 1]);
		else if (strcmp(argv[1], "length") == 0)
			printf("argc %d length %zu\n", argc, strlen(argv[2]));
		else if (strcmp(argv[1], "wait") == 0)
			for (;;)
				pause();
		else if (strcmp(argv[1], "tid") == 0)
			_exit(getpid() == atoi(argv[2]) && gettid() == getpid() ? 55 : 56);
		else if (strcmp(argv[1], "again") == 0) {
			int left = atoi(argv[2]);
			if (left == 0)
				_exit(20);
			char count[16];
			snprintf(count, sizeof(count), "%d", left - 1);
			char *next[] = {"zero", "again", count, NULL};
			int fd = atoi(getenv("SELF_FD"));
			fexecve(fd, next, environ);
			_exit(93);
		} else if (strcmp(argv[1], "state") == 0) {
			struct sigaction action;
			sigset_t set;
			SHOW(fcntl(atoi(argv[2]), F_GETFD));
			SHOW(fcntl(atoi(argv[3]), F_GETFD));
			SHOW(fcntl(atoi(argv[4]), F_GETFD));
			SHOW(getpid() == atoi(argv[5]));
			OK(sigaction(SIGUSR1, NULL, &action));
			printf("USR1 %s\n", action.sa_handler == SIG_DFL ? "default" : "other");
			OK(sigaction(SIGUSR2, NULL, &action));
			printf("USR2 %s\n", action.sa_handler == SIG_IGN ? "ignored" : "other");
			OK(sigprocmask(SIG_BLOCK, NULL, &set));
			SHOW(sigismember(&set, SIGTERM));
			OK(sigpending(&set));
			SHOW(sigismember(&set, SIGTERM));
		}
		fflush(stdout);
		return 0;
	}
	char full[PATH_MAX], number[16];
	CHECK(realpath(self, full));
	self = full;
	self_fd = open(self, O_RDONLY);
	OK(self_fd);
	snprintf(number, sizeof(number), "%d", self_fd);
	OK(setenv("SELF_FD", number, 1));
	passing();
	errors();
	scripts();
	state();
	return 0;
}
