#include <dirent.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <termios.h>
#include "check.h"

// Terminals by name: /dev/ptmx, /dev/pts, /dev/tty.

static int listed(const char *name)
{
	int found = 0;
	DIR *directory = opendir("/dev/pts");
	CHECK(directory, "failed");
	struct dirent *entry;
	while ((entry = readdir(directory)))
		if (strcmp(entry->d_name, name) == 0)
			found = entry->d_type == DT_CHR ? 1 : 2;
	closedir(directory);
	return found;
}

int main(void)
{
	char *name, link[64], buffer[64];
	struct stat status, other;
	struct statfs fs;
	setvbuf(stdout, NULL, _IONBF, 0);
	signal(SIGHUP, SIG_IGN);

	int master = posix_openpt(O_RDWR | O_NOCTTY);
	OK(master);
	OK(grantpt(master));
	name = ptsname(master);
	CHECK(name && strncmp(name, "/dev/pts/", 9) == 0, "name");
	SHOW(open(name, O_RDWR | O_NOCTTY));
	OK(unlockpt(master));
	SHOW(open(name, O_RDWR | O_NOCTTY | O_DIRECTORY));
	int slave = open(name, O_RDWR | O_NOCTTY);
	OK(slave);
	printf("listed %d\n", listed(name + 9));
	OK(fstat(slave, &status));
	OK(stat(name, &other));
	printf("same %d\n", status.st_ino == other.st_ino && status.st_dev == other.st_dev && status.st_rdev == other.st_rdev);
	printf("mine %d, not for others %d, major %d\n", status.st_uid == geteuid(), (status.st_mode & 07707) == 0600, major(status.st_rdev));
	printf("ttyname %d\n", strcmp(ttyname(slave), name) == 0);
	OK(fstatfs(slave, &fs));
	printf("devpts %lx\n", (long)fs.f_type);
	OK(fstat(master, &status));
	printf("master %d:%d\n", major(status.st_rdev), minor(status.st_rdev));
	SHOW(fchmod(slave, 0640));
	OK(stat(name, &other));
	printf("mode %o\n", other.st_mode);
	SHOW(chown(name, getuid(), getgid()));
	SHOW(unlink(name));
	SHOW(mkdir("/dev/pts/x", 0700));
	SHOW(open("/dev/pts/4000", O_RDWR));
	SHOW(open("/dev/pts/00", O_RDWR));
	SHOW(open("/dev/pts/", O_RDONLY | O_DIRECTORY) >= 0);
	sprintf(link, "/proc/self/fd/%d", slave);
	ssize_t n = readlink(link, buffer, sizeof buffer - 1);
	OK(n);
	buffer[n] = 0;
	printf("link %d\n", strcmp(buffer, name) == 0);
	int again = open(link, O_RDWR | O_NOCTTY);
	OK(again);
	OK(write(again, "x", 1));
	OK(read(master, buffer, 1));
	close(again);
	close(slave);
	SHOW(read(master, buffer, 1));
	close(master);
	printf("listed %d\n", listed(name + 9));
	SHOW(open(name, O_RDWR | O_NOCTTY));

	// As a program that has a terminal opens another for its child.
	struct winsize size = { 5, 6, 7, 8 };
	pid_t pid = forkpty(&master, NULL, NULL, &size);
	OK(pid);
	if (pid == 0) {
		memset(&size, 0, sizeof size);
		OK(ioctl(0, TIOCGWINSZ, &size));
		int tty = open("/dev/tty", O_RDWR);
		OK(fstat(tty, &status));
		printf("%d x %d, foreground %d, /dev/tty %d:%d\n", size.ws_row, size.ws_col, tcgetpgrp(0) == getpid(), major(status.st_rdev), minor(status.st_rdev));
		_exit(ttyname(0) && strncmp(ttyname(0), "/dev/pts/", 9) == 0 ? 3 : 4);
	}
	int end, count = 0;
	char text[200];
	while ((n = read(master, text + count, sizeof text - 1 - count)) > 0)
		count += n;
	text[count] = 0;
	printf("%s", text);
	OK(waitpid(pid, &end, 0));
	printf("exit %d\n", WEXITSTATUS(end));
	return 0;
}
