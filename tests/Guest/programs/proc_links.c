// Magic links of /proc/self: what they show, where they lead, and what opening them anew means.
#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <signal.h>

static char text[8192];

// The link, with numbers in brackets made N.
static const char *link_of(const char *path)
{
	static char shown[PATH_MAX];
	ssize_t length = readlink(path, text, sizeof text - 1);
	if (length < 0)
		return errno_name(errno);
	text[length] = 0;
	char *to = shown;
	for (const char *from = text; *from; from++) {
		if (*from == '[' && from[1] >= '0' && from[1] <= '9') {
			to = stpcpy(to, "[N");
			from += strspn(from + 1, "0123456789");
		} else {
			*to++ = *from;
		}
	}
	*to = 0;
	return shown;
}

static const char *fd_path(const char *directory, int fd)
{
	static char path[64];
	snprintf(path, sizeof path, "/proc/self/%s/%d", directory, fd);
	return path;
}

static void show_fd(const char *name, int fd)
{
	OK(fd);
	printf("%s -> %s\n", name, link_of(fd_path("fd", fd)));
	struct stat link;
	OK(lstat(fd_path("fd", fd), &link));
	printf("mode %o size %ld\n", link.st_mode, (long)link.st_size);
	int info = open(fd_path("fdinfo", fd), O_RDONLY);
	OK(info);
	ssize_t length = read(info, text, sizeof text - 1);
	OK(length);
	text[length] = 0;
	close(info);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		// These are each kernel's own.
		if (strncmp(line, "mnt_id:", 7) && strncmp(line, "ino:", 4) && strncmp(line, "eventfd-id:", 11) && !strstr(line, "it_value"))
			printf("  %.*s\n", strncmp(line, "tfd:", 4) ? 200 : 56, line);
	}
	int again = open(fd_path("fd", fd), O_RDONLY | O_NONBLOCK);
	printf("  again: %s\n", again < 0 ? errno_name(errno) : "open");
	if (again >= 0)
		close(again);
}

int main(void)
{
	char directory[] = "/tmp/proc-links-XXXXXX";
	CHECK(mkdtemp(directory));
	OK(chdir(directory));
	int file = open("file", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	OK(file);
	OK(write(file, "hello world", 11));
	OK(lseek(file, 6, SEEK_SET));

	// Opening anew: another position, other flags.
	int again = open(fd_path("fd", file), O_RDONLY);
	OK(again);
	SHOW(lseek(again, 0, SEEK_CUR));
	SHOW(read(again, text, 5));
	SHOW(lseek(file, 0, SEEK_CUR));
	SHOW(fcntl(again, F_GETFL) & O_ACCMODE);
	SHOW(fcntl(again, F_GETFL) & O_APPEND);
	SHOW(open(fd_path("fd", file), O_RDONLY | O_NOFOLLOW));
	SHOW(open(fd_path("fd", file), O_RDWR | O_CREAT | O_EXCL, 0600));
	SHOW(open(fd_path("fd", 99), O_RDONLY));
	printf("%d\n", strcmp(link_of(fd_path("fd", file)) + strlen(directory), "/file"));

	// A file that is gone can still be opened by its descriptor.
	OK(unlink("file"));
	printf("deleted: %s\n", link_of(fd_path("fd", file)) + strlen(directory));
	int gone = open(fd_path("fd", file), O_RDONLY);
	SHOW(read(gone, text, 100));
	printf("%.11s\n", text);
	struct stat status;
	OK(stat(fd_path("fd", file), &status));
	printf("nlink %lu size %ld\n", (unsigned long)status.st_nlink, (long)status.st_size);
	close(gone);
	close(again);
	close(file);

	// Where the links of the process lead.
	OK(mkdir("below", 0700));
	OK(chdir("below"));
	printf("cwd %s\n", link_of("/proc/self/cwd") + strlen(directory));
	printf("root %s\n", link_of("/proc/self/root"));
	SHOW(access("/proc/self/cwd/../below", F_OK));
	SHOW(access("/proc/self/root/proc/self/status", R_OK));
	OK(rmdir("../below"));
	printf("cwd %s\n", link_of("/proc/self/cwd") + strlen(directory));
	SHOW(open("/proc/self/cwd/x", O_RDONLY | O_CREAT, 0600));
	OK(chdir("/"));
	OK(rmdir(directory));
	struct stat exe, self;
	OK(stat("/proc/self/exe", &exe));
	OK(stat(link_of("/proc/self/exe"), &self));
	printf("exe %d\n", exe.st_ino == self.st_ino && exe.st_dev == self.st_dev);
	SHOW(readlink("/proc/self/exe", text, 1));
	char number[32];
	snprintf(number, sizeof number, "%d", getpid());
	printf("self %d\n", strcmp(link_of("/proc/self"), number));
	snprintf(number, sizeof number, "%d/task/%d", getpid(), getpid());
	printf("thread-self %d\n", strcmp(link_of("/proc/thread-self"), number));

	// Kinds of files.
	int ends[2];
	OK(pipe2(ends, O_CLOEXEC));
	show_fd("pipe", ends[0]);
	show_fd("pipe", ends[1]);
	OK(write(ends[1], "x", 1));
	int reader = open(fd_path("fd", ends[1]), O_RDONLY);
	SHOW(read(reader, text, 10));
	int events = eventfd(7, EFD_SEMAPHORE);
	show_fd("eventfd", events);
	int epoll = epoll_create1(0);
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 0x1234 };
	OK(epoll_ctl(epoll, EPOLL_CTL_ADD, events, &event));
	show_fd("epoll", epoll);
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	show_fd("signalfd", signalfd(-1, &set, 0));
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct itimerspec setting = { { 1, 5 }, { 100, 0 } };
	OK(timerfd_settime(timer, 0, &setting, NULL));
	show_fd("timerfd", timer);
	int memory = memfd_create("hello", MFD_CLOEXEC);
	OK(write(memory, "abc", 3));
	printf("memfd -> %s\n", link_of(fd_path("fd", memory)));
	int same = open(fd_path("fd", memory), O_RDONLY);
	SHOW(read(same, text, 10));
	SHOW(write(same, "x", 1));
	show_fd("null", open("/dev/null", O_WRONLY));
	show_fd("directory", open("/", O_RDONLY | O_DIRECTORY));
	int path = open("/etc/passwd", O_PATH);
	printf("path -> %s\n", link_of(fd_path("fd", path)));
	int opened = open(fd_path("fd", path), O_RDONLY);
	SHOW(read(opened, text, 1));

	// The directory of descriptors is the table.
	int count = 0;
	DIR *list = opendir("/proc/self/fd");
	CHECK(list);
	for (struct dirent *entry; (entry = readdir(list));)
		count += entry->d_name[0] != '.' && fcntl(atoi(entry->d_name), F_GETFD) < 0;
	printf("not open: %d\n", count);
	closedir(list);
	printf("ns %s %s\n", link_of("/proc/self/ns/pid"), link_of("/proc/self/ns/uts") + 4);
	int namespace = open("/proc/self/ns/uts", O_RDONLY);
	SHOW(read(namespace, text, 1));
	printf("%s\n", link_of(fd_path("fd", namespace)));
	SHOW(open("/proc/self/ns/uts", O_RDWR));
	return 0;
}
