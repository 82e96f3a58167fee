#include <dirent.h>
#include <fcntl.h>
#include "check.h"

struct entry {
	unsigned long ino;
	long off;
	unsigned short reclen;
	unsigned char type;
	char name[];
};

static char *names[1000];
static int count;

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

// Reads to the end with a buffer of this size; an entry is whole or not there.
static void list(int fd, long size)
{
	char *buffer = aligned_alloc(8, (size + 7) & ~7);
	count = 0;
	for (;;) {
		long got = syscall(SYS_getdents64, fd, buffer, size);
		OK(got);
		CHECK(got <= size);
		if (got == 0)
			break;
		for (long at = 0; at < got;) {
			struct entry *e = (struct entry *)(buffer + at);
			CHECK(e->reclen % 8 == 0 && e->reclen >= 24 && at + e->reclen <= got, "record length %d", e->reclen);
			CHECK(e->ino != 0);
			char line[400];
			snprintf(line, sizeof(line), "%s %lu %d", e->name, e->ino, e->type);
			names[count++] = strdup(line);
			at += e->reclen;
		}
	}
	qsort(names, count, sizeof(*names), by_name);
	free(buffer);
}

int main(void)
{
	int fd = open("dir", O_RDONLY | O_DIRECTORY);
	OK(fd);
	list(fd, 32768);
	for (int i = 0; i < count; i++)
		printf("%s\n", names[i]);
	int all = count;
	list(fd, 1000);
	CHECK(count == 0, "at the end already");
	SHOW(lseek(fd, 0, SEEK_SET));
	list(fd, 80);
	CHECK(count == all, "small buffers: %d of %d", count, all);
	SHOW(lseek(fd, 0, SEEK_SET));
	char tiny[24];
	SHOW(syscall(SYS_getdents64, fd, tiny, 10));
	SHOW(syscall(SYS_getdents64, fd, tiny, 0));
	OK(close(fd));

	// Through libc, with a position kept and returned to.
	DIR *d = opendir("dir");
	CHECK(d != NULL);
	for (int i = 0; i < 100; i++)
		CHECK(readdir(d) != NULL);
	long place = telldir(d);
	char next[300];
	strcpy(next, readdir(d)->d_name);
	while (readdir(d))
		;
	seekdir(d, place);
	CHECK(strcmp(readdir(d)->d_name, next) == 0);
	rewinddir(d);
	int again = 0;
	while (readdir(d))
		again++;
	CHECK(again == all);
	closedir(d);
	printf("%d entries\n", all);
	return 0;
}
