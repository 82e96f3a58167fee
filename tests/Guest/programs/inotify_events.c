// inotify: which events which calls make, in which order, and the calls' errors.
#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "check.h"

static int in;

static const char *const names[] = {
	"ACCESS", "MODIFY", "ATTRIB", "CLOSE_WRITE", "CLOSE_NOWRITE", "OPEN", "MOVED_FROM", "MOVED_TO",
	"CREATE", "DELETE", "DELETE_SELF", "MOVE_SELF", "?", "UNMOUNT", "Q_OVERFLOW", "IGNORED",
};

// Prints all events that wait.
static void events(const char *what)
{
	char buffer[8192] __attribute__((aligned(8)));
	static unsigned first_cookie;
	printf("%s:\n", what);
	for (;;) {
		ssize_t n = read(in, buffer, sizeof buffer);
		if (n <= 0)
			break;
		for (char *at = buffer; at < buffer + n;) {
			struct inotify_event *e = (void *)at;
			printf("  wd %d", e->wd);
			for (int bit = 0; bit < 16; bit++)
				if (e->mask & 1u << bit)
					printf(" %s", names[bit]);
			if (e->mask & IN_ISDIR)
				printf(" ISDIR");
			if (e->cookie) {
				if (!first_cookie)
					first_cookie = e->cookie;
				printf(" cookie +%u", e->cookie - first_cookie);
			}
			printf(" len %u %s\n", e->len, e->len ? e->name : "");
			at += sizeof *e + e->len;
		}
	}
}

#define TRY(call)                                                                                  \
	do {                                                                                       \
		OK(call);                                                                          \
		events(#call);                                                                     \
	} while (0)

int main(void)
{
	char dir[] = "/tmp/inotifyXXXXXX";
	OK(mkdtemp(dir));
	OK(chdir(dir));
	FAILS(inotify_init1(1), EINVAL);
	in = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	OK(in);
	OK(mkdir("d", 0755));

	SHOW(inotify_add_watch(in, ".", IN_ALL_EVENTS));
	SHOW(inotify_add_watch(in, "d", IN_ALL_EVENTS));
	SHOW(inotify_add_watch(in, "d", IN_ALL_EVENTS | IN_MASK_CREATE));
	SHOW(inotify_add_watch(in, "none", IN_ALL_EVENTS));
	SHOW(inotify_add_watch(in, ".", 0));
	SHOW(inotify_add_watch(in, ".", 0x1000));
	SHOW(inotify_add_watch(in, ".", IN_OPEN | 0x1000));
	SHOW(inotify_add_watch(in, ".", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE));
	SHOW(inotify_add_watch(99, ".", IN_OPEN));
	SHOW(inotify_add_watch(99, ".", 0));
	SHOW(inotify_add_watch(1, ".", IN_OPEN));
	SHOW(inotify_rm_watch(in, 99));
	SHOW(inotify_rm_watch(1, 1));
	SHOW(inotify_rm_watch(99, 1));

	int fd;
	TRY(fd = open("a", O_RDWR | O_CREAT, 0644));
	SHOW(inotify_add_watch(in, "a", IN_ALL_EVENTS));
	SHOW(inotify_add_watch(in, "a", IN_ALL_EVENTS | IN_ONLYDIR));
	TRY(write(fd, "hello", 5));
	TRY(write(fd, "", 0));
	TRY((write(fd, "x", 1), write(fd, "y", 1)));
	char buffer[16];
	TRY(pread(fd, buffer, 3, 0));
	TRY(pread(fd, buffer, 3, 100));
	TRY(ftruncate(fd, 2));
	TRY(fchmod(fd, 0600));
	TRY(futimens(fd, NULL));
	struct timespec one[2] = { { .tv_sec = 5 }, { .tv_nsec = UTIME_OMIT } };
	TRY(futimens(fd, one));
	struct timespec other[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = 5 } };
	TRY(futimens(fd, other));
	TRY(fchown(fd, -1, getgid()));
	TRY(fallocate(fd, 0, 0, 10));
	TRY(link("a", "b"));
	TRY(rename("b", "c"));
	TRY(rename("c", "d/c"));
	TRY(unlink("d/c"));
	TRY(close(fd));
	TRY(fd = open("a", O_WRONLY | O_TRUNC));
	TRY(close(fd));
	TRY(fd = open("a", O_RDONLY));
	TRY(close(fd));
	TRY(fd = open("a", O_PATH));
	TRY(close(fd));
	TRY(truncate("a", 3));
	TRY(symlink("a", "s"));
	TRY(mknod("f", S_IFIFO | 0600, 0));
	TRY(mkdir("sub", 0755));
	SHOW(inotify_add_watch(in, "sub", IN_ALL_EVENTS));
	TRY(fd = open("sub", O_RDONLY | O_DIRECTORY));
	char entries[1024];
	TRY(syscall(SYS_getdents64, fd, entries, sizeof entries));
	TRY(close(fd));
	TRY(rename("sub", "sub2"));
	TRY(rmdir("sub2"));
	TRY(unlink("s"));

	// A file that is replaced, and one that is still open when its name goes.
	OK(close(open("e", O_RDWR | O_CREAT, 0644)));
	events("made");
	SHOW(inotify_add_watch(in, "e", IN_ALL_EVENTS));
	TRY(rename("a", "e"));
	TRY(fd = open("e", O_RDONLY));
	TRY(unlink("e"));
	TRY(read(fd, buffer, 1));
	TRY(close(fd));
	SHOW(inotify_add_watch(in, "f", IN_ATTRIB | IN_ONESHOT));
	TRY(chmod("f", 0644));
	TRY(chmod("f", 0640));

	// Short buffers, sizes, poll.
	OK(mkdir("g", 0700));
	struct pollfd waiting = { .fd = in, .events = POLLIN };
	SHOW(poll(&waiting, 1, 0));
	int bytes;
	OK(ioctl(in, FIONREAD, &bytes));
	printf("FIONREAD %d\n", bytes);
	SHOW(read(in, entries, 16));
	SHOW(read(in, entries, 31));
	SHOW(read(in, entries, 32));
	SHOW(read(in, entries, 32));
	SHOW(lseek(in, 0, SEEK_SET));
	SHOW(write(in, "x", 1));

	// Masks.
	SHOW(inotify_add_watch(in, ".", IN_CREATE));
	SHOW(inotify_add_watch(in, ".", IN_DELETE | IN_MASK_ADD));
	TRY(mkdir("h", 0700));
	TRY(chmod("h", 0755));
	TRY(rmdir("h"));
	SHOW(inotify_rm_watch(in, 1));
	events("removed");
	TRY(rmdir("g"));
	TRY(unlink("f"));
	TRY(rmdir("d"));
	OK(chdir("/"));
	OK(rmdir(dir));
	return 0;
}
