// Permission by the ids that a process has given itself; sticky and set-group-id directories; umask.
#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "check.h"

static char directory[] = "/tmp/fs-permissions-XXXXXX";

static long opens(const char *path, int flags)
{
	int fd = open(path, flags, 0666);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

static long mode(const char *path)
{
	struct stat st;
	return lstat(path, &st) ? -1 : (long)(st.st_mode & 07777);
}

static long group(const char *path)
{
	struct stat st;
	return lstat(path, &st) ? -1 : (long)st.st_gid;
}

int main(void)
{
	if (getuid() != 0) {
		printf("not root\n");
		return 0;
	}
	umask(0);
	OK(mkdtemp(directory));
	OK(chmod(directory, 0755));
	OK(chdir(directory));
	OK(mkdir("open", 0777));
	OK(mkdir("sticky", 01777));
	OK(mkdir("closed", 0700));
	OK(mkdir("group", 02775));
	OK(chown("group", 0, 2000));
	OK(close(open("closed/file", O_CREAT | O_WRONLY, 0666)));
	OK(close(open("roots", O_CREAT | O_WRONLY, 0644)));
	OK(close(open("open/roots", O_CREAT | O_WRONLY, 0644)));
	OK(close(open("sticky/roots", O_CREAT | O_WRONLY, 0666)));
	OK(close(open("mine", O_CREAT | O_WRONLY, 0600)));
	OK(chown("mine", 1000, 1000));
	OK(close(open("groups", O_CREAT | O_WRONLY, 0640)));
	OK(chown("groups", 0, 2000));
	OK(symlink("roots", "sticky/link"));
	OK(close(open("suid", O_CREAT | O_WRONLY, 06755)));
	SHOW(chown("suid", 1000, 1000));
	printf("%lo\n", (unsigned long)mode("suid"));
	OK(chmod("suid", 06755));
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		gid_t groups[] = {2000};
		OK(setgroups(1, groups));
		OK(setresgid(1000, 1000, 1000));
		OK(setresuid(1000, 1000, 1000));
		SHOW(opens("roots", O_RDONLY));
		SHOW(opens("roots", O_WRONLY));
		SHOW(opens("closed/file", O_RDONLY));
		SHOW(opens("closed", O_RDONLY));
		SHOW(opens("mine", O_RDWR));
		SHOW(opens("groups", O_RDONLY));
		SHOW(opens("groups", O_WRONLY));
		SHOW(chdir("closed"));
		SHOW(access("roots", R_OK));
		SHOW(access("roots", W_OK));
		SHOW(access("closed/file", F_OK));
		SHOW(opens("new", O_WRONLY | O_CREAT));
		SHOW(opens("open/new", O_WRONLY | O_CREAT));
		SHOW(mkdir("new", 0777));
		SHOW(unlink("roots"));
		SHOW(unlink("open/roots"));
		SHOW(unlink("sticky/roots"));
		SHOW(rename("sticky/roots", "sticky/other"));
		SHOW(opens("sticky/mine", O_WRONLY | O_CREAT));
		SHOW(unlink("sticky/mine"));
		SHOW(link("roots", "open/hard"));
		SHOW(link("mine", "open/hard"));
		SHOW(chmod("roots", 0777));
		SHOW(chmod("mine", 02644));
		printf("%lo\n", (unsigned long)mode("mine"));
		SHOW(chown("mine", 0, -1));
		SHOW(chown("mine", -1, 2000));
		SHOW(chown("mine", -1, 3000));
		SHOW(utimensat(AT_FDCWD, "roots", NULL, 0));
		SHOW(utimensat(AT_FDCWD, "mine", NULL, 0));
		SHOW(truncate("roots", 0));
		SHOW(truncate("mine", 5));
		SHOW(opens("group/new", O_WRONLY | O_CREAT));
		SHOW(group("group/new"));
		SHOW(mkdir("group/dir", 0755));
		SHOW(group("group/dir"));
		printf("%lo\n", (unsigned long)mode("group/dir"));
		SHOW(mknod("open/null", S_IFCHR | 0666, 0x103));
		SHOW(mknod("open/fifo", S_IFIFO | 0666, 0));
		SHOW(opens("roots", O_RDONLY | O_NOATIME));
		SHOW(opens("mine", O_RDONLY | O_NOATIME));
		SHOW(chroot("."));
		SHOW(opens("sticky/roots", O_WRONLY | O_CREAT));
		int fd = open("suid", O_WRONLY);
		OK(fd);
		OK(write(fd, "x", 1));
		printf("%lo\n", (unsigned long)mode("suid"));
		umask(027);
		OK(close(open("open/masked", O_CREAT | O_WRONLY, 0777)));
		printf("%lo\n", (unsigned long)mode("open/masked"));
		fflush(stdout);
		_exit(0);
	}
	int status;
	OK(waitpid(child, &status, 0));
	CHECK(status == 0);
	OK(chdir("/"));
	char command[64];
	snprintf(command, sizeof command, "rm -r %s", directory);
	return system(command);
}
