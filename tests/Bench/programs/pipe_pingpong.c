/* One byte to a child and back through two pipes: nanoseconds per round trip. */
#include "pingpong.h"

#include "fork.h"

static void put(int fd, char byte)
{
	if (write(fd, &byte, 1) != 1)
		die("write");
}

static void get(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		die("read");
}

int main(int argc, char **argv)
{
	long n = iterations(argc, argv);
	int to_child[2], to_parent[2];

	if (pipe(to_child) != 0 || pipe(to_parent) != 0)
		die("pipe");
	struct sides *sides = new_sides();
	pid_t pid = fork_or_die();

	if (pid == 0) {
		/* Only the parent keeps the writing end, so that its death ends the child. */
		close(to_child[1]);
		close(to_parent[0]);
		for (long i = 0; i < n; i++) {
			get(to_child[0]);
			second_looks(sides, i);
			put(to_parent[1], 'c');
		}
		_exit(0);
	}
	close(to_child[0]);
	close(to_parent[1]);
	double start = now();

	for (long i = 0; i < n; i++) {
		put(to_child[1], 'p');
		get(to_parent[0]);
		first_looks(sides, i);
	}
	double ns = now() - start;

	wait_success(pid);
	print_sides(ns, n, sides);
	return 0;
}
