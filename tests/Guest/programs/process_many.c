// timeout: 60
#include <sys/wait.h>
#include "check.h"

// 500 at once, all waiting for one pipe; each reports once it runs.
int main(void)
{
	int hold[2], up[2], status;
	char c;
	OK(pipe(hold));
	OK(pipe(up));
	for (int i = 0; i < 500; i++) {
		pid_t pid = fork();
		CHECK(pid != -1, "after %d", i);
		if (pid == 0) {
			close(hold[1]);
			OK(write(up[1], "x", 1));
			(void)!read(hold[0], &c, 1);
			_exit(i & 0x7f);
		}
	}
	for (int i = 0; i < 500; i++)
		CHECK(read(up[0], &c, 1) == 1);
	puts("all there");
	close(hold[1]);
	int sum = 0, count = 0;
	while (wait(&status) > 0) {
		CHECK(WIFEXITED(status), "%x", status);
		sum += WEXITSTATUS(status);
		count++;
	}
	printf("%d %d\n", count, sum);
	return 0;
}
