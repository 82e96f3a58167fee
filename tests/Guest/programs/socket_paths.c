// Unix sockets with names in the file system.
#include <fcntl.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include "check.h"

static struct sockaddr_un named(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	strcpy(a.sun_path, path);
	return a;
}

int main(void)
{
	char folder[] = "/tmp/umlhost-socket-XXXXXX", b[8];
	CHECK(mkdtemp(folder));
	OK(chdir(folder));
	struct sockaddr_un a = named("server"), file = named("file"), none = named("none"), deep = named("no/where"), got;
	socklen_t n = sizeof got;
	struct stat s;
	int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0), d = socket(AF_UNIX, SOCK_DGRAM, 0);
	SHOW(connect(c, (struct sockaddr *)&a, sizeof a));
	SHOW(bind(l, (struct sockaddr *)&deep, sizeof a));
	SHOW(bind(l, (struct sockaddr *)&a, sizeof a));
	SHOW(bind(l, (struct sockaddr *)&a, sizeof a));
	SHOW(bind(l, (struct sockaddr *)&none, sizeof a));
	SHOW(bind(d, (struct sockaddr *)&a, sizeof a));
	OK(stat("server", &s));
	printf("%o\n", s.st_mode);
	SHOW(open("server", 0));
	OK(getsockname(l, (struct sockaddr *)&got, &n));
	printf("%d %s\n", (int)n, got.sun_path);
	SHOW(connect(c, (struct sockaddr *)&a, sizeof a));
	SHOW(listen(l, 5));
	SHOW(connect(d, (struct sockaddr *)&a, sizeof a));
	SHOW(connect(c, (struct sockaddr *)&a, sizeof a));
	SHOW(write(c, "named", 5));
	n = sizeof got;
	int e = accept(l, (struct sockaddr *)&got, &n);
	printf("from %d\n", (int)n);
	SHOW(read(e, b, 8));
	OK(close(creat("file", 0600)));
	SHOW(connect(d, (struct sockaddr *)&file, sizeof a));
	SHOW(connect(d, (struct sockaddr *)&none, sizeof a));
	SHOW(rename("server", "moved"));
	struct sockaddr_un moved = named("moved");
	int f = socket(AF_UNIX, SOCK_STREAM, 0);
	SHOW(connect(f, (struct sockaddr *)&moved, sizeof a));
	SHOW(close(l));
	SHOW(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&moved, sizeof a));
	SHOW(bind(d, (struct sockaddr *)&moved, sizeof a));
	SHOW(unlink("moved"));
	SHOW(bind(d, (struct sockaddr *)&moved, sizeof a));
	SHOW(unlink("moved"));
	SHOW(unlink("file"));
	SHOW(rmdir(folder));
	return 0;
}
