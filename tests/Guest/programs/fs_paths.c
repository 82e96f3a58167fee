// Paths: the order of errors, links, trailing slashes, *at calls, openat2's resolve flags.
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>

#include "check.h"

static char directory[] = "fs-paths-XXXXXX";

static long open2(int at, const char *path, unsigned long flags, unsigned long resolve)
{
	struct open_how how = {.flags = flags, .resolve = resolve};
	long fd = syscall(SYS_openat2, at, path, &how, sizeof how);
	if (fd >= 0)
		close((int)fd);
	return fd < 0 ? -1 : 0;
}

static long opens(const char *path, int flags)
{
	int fd = open(path, flags, 0644);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

int main(void)
{
	struct stat st;
	char text[PATH_MAX];
	OK(mkdtemp(directory));
	OK(chdir(directory));
	OK(mkdir("dir", 0755));
	OK(mkdir("dir/sub", 0755));
	OK(close(open("file", O_CREAT | O_WRONLY, 0644)));
	OK(symlink("file", "to-file"));
	OK(symlink("dir", "to-dir"));
	OK(symlink("../file", "dir/up"));
	OK(symlink("missing", "dangling"));
	OK(symlink("loop", "loop"));
	OK(symlink("/", "root"));
	static const char *const paths[] = {"file", "file/", "file/.", "file/x", "missing", "missing/", "missing/x", "dir/../file",
					    "to-file", "to-file/", "to-dir/", "to-dir/up", "dir/up/", "dangling", "dangling/", "loop",
					    "loop/x", "", "dir/sub/../../to-dir/sub", "root/", "root/etc/.."};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		printf("%s\n", paths[i]);
		SHOW(stat(paths[i], &st));
		SHOW(lstat(paths[i], &st));
		SHOW(opens(paths[i], O_RDONLY));
		SHOW(opens(paths[i], O_PATH | O_NOFOLLOW));
		SHOW(opens(paths[i], O_RDONLY | O_NOFOLLOW));
		SHOW(opens(paths[i], O_RDONLY | O_DIRECTORY));
		SHOW(opens(paths[i], O_WRONLY));
		SHOW(readlink(paths[i], text, sizeof text));
		SHOW(access(paths[i], W_OK));
		SHOW(mkdir(paths[i], 0700));
		SHOW(mknod(paths[i], S_IFREG | 0600, 0));
		SHOW(symlink("x", paths[i]));
		SHOW(link("file", paths[i]));
	}
	static const char *const made[] = {"missing"};
	for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
		struct stat is;
		if (lstat(made[i], &is) == 0)
			SHOW(S_ISDIR(is.st_mode) ? rmdir(made[i]) : unlink(made[i]));
	}
	SHOW(opens("dangling", O_WRONLY | O_CREAT | O_EXCL));
	SHOW(opens("dangling", O_WRONLY | O_CREAT | O_NOFOLLOW));
	SHOW(opens("dangling", O_WRONLY | O_CREAT));
	SHOW(unlink("missing"));
	SHOW(opens("file", O_WRONLY | O_CREAT | O_EXCL));
	SHOW(opens("new/", O_WRONLY | O_CREAT));
	SHOW(opens("dir", O_RDONLY | O_CREAT));
	SHOW(opens("dir", O_WRONLY));
	SHOW(opens("dir", O_RDONLY | O_TRUNC));
	SHOW(opens(".", O_RDONLY | O_CREAT));
	memset(text, 'x', 256);
	text[256] = 0;
	SHOW(stat(text, &st));
	SHOW(mkdir(text, 0700));
	text[255] = 0;
	SHOW(stat(text, &st));

	int dir = open("dir", O_RDONLY | O_DIRECTORY), file = open("file", O_RDONLY);
	SHOW(open2(dir, "../file", O_RDONLY, 0));
	SHOW(open2(dir, "../file", O_RDONLY, RESOLVE_BENEATH));
	SHOW(open2(dir, "up", O_RDONLY, RESOLVE_BENEATH));
	SHOW(open2(dir, "/etc", O_RDONLY, RESOLVE_BENEATH));
	SHOW(open2(dir, "sub/..", O_RDONLY, RESOLVE_BENEATH));
	SHOW(open2(dir, "sub/../..", O_RDONLY, RESOLVE_IN_ROOT));
	SHOW(open2(dir, "/sub", O_RDONLY, RESOLVE_IN_ROOT));
	SHOW(open2(dir, "up", O_RDONLY, RESOLVE_IN_ROOT));
	SHOW(open2(dir, "up", O_RDONLY, RESOLVE_NO_SYMLINKS));
	SHOW(open2(dir, "up", O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS));
	SHOW(open2(dir, "sub", O_RDONLY, RESOLVE_NO_SYMLINKS));
	SHOW(open2(AT_FDCWD, "/proc/self/exe", O_RDONLY, RESOLVE_NO_MAGICLINKS));
	SHOW(open2(AT_FDCWD, "/proc", O_RDONLY, RESOLVE_NO_XDEV));
	SHOW(open2(dir, "sub", O_RDONLY, RESOLVE_BENEATH | RESOLVE_IN_ROOT));
	SHOW(open2(dir, "sub", O_RDONLY, 1 << 20));
	SHOW(open2(dir, "sub", 1ul << 40, 0));
	SHOW(syscall(SYS_openat2, dir, "sub", text, 8));
	SHOW(openat(file, "x", O_RDONLY));
	SHOW(openat(99, "x", O_RDONLY));
	SHOW(openat(99, "/", O_RDONLY | O_DIRECTORY) < 0);
	SHOW(fstatat(file, "", &st, AT_EMPTY_PATH));
	SHOW(fstatat(dir, "up", &st, AT_SYMLINK_NOFOLLOW));
	SHOW(faccessat(dir, "up", R_OK, 0));
	SHOW(mkdirat(dir, "made", 0700));
	SHOW(unlinkat(dir, "made", 0));
	SHOW(unlinkat(dir, "made", AT_REMOVEDIR));
	SHOW(fchdir(file));
	SHOW(fchdir(dir));
	SHOW(rmdir("../dir/sub"));
	OK(chdir(".."));

	// A working directory that is removed.
	OK(mkdir("gone", 0700));
	OK(chdir("gone"));
	OK(rmdir("../gone"));
	SHOW(getcwd(text, sizeof text) == NULL ? -1 : 0);
	SHOW(mkdir("x", 0700));
	SHOW(opens(".", O_RDONLY));
	SHOW(opens("..", O_RDONLY));
	OK(chdir(".."));
	OK(chdir(".."));
	char command[64];
	snprintf(command, sizeof command, "rm -r %s", directory);
	return system(command);
}
