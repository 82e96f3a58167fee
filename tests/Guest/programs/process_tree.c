// timeout: 60
// A tree of processes that share a jobserver of two tokens, as make -j2 does: every node takes a token to work, and
// gives its parent what its subtree found through a pipe.
#include <sys/wait.h>
#include "check.h"

static int tokens[2];

static long work(long seed)
{
	char token;
	CHECK(read(tokens[0], &token, 1) == 1);
	unsigned long value = seed;
	for (int i = 0; i < 20000; i++)
		value = value * 6364136223846793005ul + 1442695040888963407ul;
	CHECK(write(tokens[1], &token, 1) == 1);
	return value >> 40;
}

static long node(int depth, long seed)
{
	int results[2];
	pid_t children[3];
	long sum = work(seed);
	if (depth == 0)
		return sum;
	OK(pipe(results));
	for (int i = 0; i < 3; i++) {
		children[i] = fork();
		OK(children[i]);
		if (children[i] == 0) {
			close(results[0]);
			long found = node(depth - 1, seed * 3 + i + 1);
			CHECK(write(results[1], &found, sizeof(found)) == sizeof(found));
			_exit(depth * 3 + i);
		}
	}
	close(results[1]);
	long found;
	ssize_t got;
	while ((got = read(results[0], &found, sizeof(found))) != 0) {
		CHECK(got == sizeof(found));
		sum += found;
	}
	close(results[0]);
	for (int i = 0; i < 3; i++) {
		int status;
		CHECK(waitpid(children[i], &status, 0) == children[i]);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == depth * 3 + i, "%x", status);
	}
	return sum;
}

int main(void)
{
	OK(pipe(tokens));
	CHECK(write(tokens[1], "++", 2) == 2);
	printf("%ld\n", node(4, 1));
	char left[3];
	CHECK(read(tokens[0], left, 3) == 2);
	SHOW(wait(NULL));
	return 0;
}
