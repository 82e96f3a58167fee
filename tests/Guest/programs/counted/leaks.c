// leaks forks|execs|processes|threads N: much of one kind; what is left of it is the report's to say.
#include <pthread.h>
#include <sys/wait.h>
#include "check.h"

static int hold[2], up[2];

static void forks(int count, char *const exec[])
{
	for (int i = 0; i < count; i++) {
		int status;
		pid_t pid = fork();
		OK(pid);
		if (pid == 0) {
			if (exec != NULL)
				execv(exec[0], exec);
			_exit(3);
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(status == 0x300, "%x", status);
	}
}

static void processes(int count)
{
	char c;
	for (int i = 0; i < count; i++) {
		pid_t pid = fork();
		OK(pid);
		if (pid == 0) {
			close(hold[1]);
			OK(write(up[1], "x", 1));
			(void)!read(hold[0], &c, 1);
			_exit(0);
		}
	}
	for (int i = 0; i < count; i++)
		CHECK(read(up[0], &c, 1) == 1);
	close(hold[1]);
	for (int i = 0; i < count; i++)
		OK(wait(NULL));
}

static void *thread(void *unused)
{
	char c;
	(void)unused;
	OK(write(up[1], "x", 1));
	(void)!read(hold[0], &c, 1);
	return NULL;
}

static void threads(int count)
{
	char c;
	pthread_t *ids = calloc(count, sizeof(*ids));
	pthread_attr_t small;
	CHECK(pthread_attr_init(&small) == 0 && pthread_attr_setstacksize(&small, 65536) == 0);
	for (int i = 0; i < count; i++)
		CHECK(pthread_create(&ids[i], &small, thread, NULL) == 0, "%d", i);
	for (int i = 0; i < count; i++)
		CHECK(read(up[0], &c, 1) == 1);
	close(hold[1]);
	for (int i = 0; i < count; i++)
		CHECK(pthread_join(ids[i], NULL) == 0);
}

int main(int argc, char **argv)
{
	CHECK(argc == 3);
	int count = atoi(argv[2]);
	OK(pipe(hold));
	OK(pipe(up));
	if (strcmp(argv[1], "end") == 0)
		return 3;
	if (strcmp(argv[1], "forks") == 0)
		forks(count, NULL);
	else if (strcmp(argv[1], "execs") == 0)
		forks(count, (char *[]){argv[0], "end", "0", NULL});
	else if (strcmp(argv[1], "processes") == 0)
		processes(count);
	else if (strcmp(argv[1], "threads") == 0)
		threads(count);
	else
		return 2;
	puts("done");
	return 0;
}
