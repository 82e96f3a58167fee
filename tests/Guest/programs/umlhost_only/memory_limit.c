// umlhost: --memory=64M --log-level=error
// timeout: 60
#include <sys/mman.h>
#include <sys/wait.h>
#include "check.h"

// A limit for the whole tree: ENOMEM for what cannot be meant, SIGKILL for who touches more than there is, and the
// others go on.
#define MB (1ul << 20)
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static int touch(unsigned long size)
{
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		for (unsigned long done = 0; done < size; done += 8 * MB) {
			char *p = mmap(NULL, 8 * MB, RW, ANON, -1, 0);
			if (p == MAP_FAILED)
				_exit(1);
			memset(p, 1, 8 * MB);
		}
		_exit(0);
	}
	int status;
	OK(waitpid(pid, &status, 0));
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int main(void)
{
	SHOW((long)mmap(NULL, 65 * MB, RW, ANON, -1, 0));
	SHOW((long)mmap(NULL, 65 * MB, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	SHOW(mmap(NULL, 65 * MB, RW, ANON | MAP_NORESERVE, -1, 0) == MAP_FAILED);
	SHOW(mmap(NULL, 1024 * MB, PROT_READ, ANON, -1, 0) == MAP_FAILED);
	SHOW(malloc(200 * MB) == NULL);
	SHOW(touch(40 * MB));
	SHOW(touch(40 * MB));
	SHOW(touch(80 * MB));
	SHOW(touch(40 * MB));
	return 0;
}
