#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include "check.h"

static void show(const char *name, const struct stat *st)
{
	printf("%s: mode %o size %ld nlink %lu ino %lu uid %u gid %u mtime %ld.%09ld blksize %ld blocks %ld rdev %lx\n", name,
	       st->st_mode, (long)st->st_size, (unsigned long)st->st_nlink, (unsigned long)st->st_ino, st->st_uid, st->st_gid,
	       (long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec, (long)st->st_blksize, (long)st->st_blocks,
	       (unsigned long)st->st_rdev);
}

int main(void)
{
	static const char *const names[] = {"text", "empty", "pages", "tail", "noaccess", "readonly", "dir", "link",
					    "dirlink/sub", "dir/..", ".", "/etc", "/etc/passwd", "/usr/bin"};
	struct stat st, again;
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		OK(stat(names[i], &st));
		show(names[i], &st);
		int fd = open(names[i], O_RDONLY);
		OK(fd);
		OK(fstat(fd, &again));
		CHECK(st.st_ino == again.st_ino && st.st_dev == again.st_dev && st.st_mode == again.st_mode);
		CHECK(st.st_mtim.tv_nsec == again.st_mtim.tv_nsec && st.st_ctim.tv_sec == again.st_ctim.tv_sec);
		close(fd);
		struct statx stx;
		OK(statx(AT_FDCWD, names[i], 0, STATX_BASIC_STATS, &stx));
		CHECK(stx.stx_ino == st.st_ino && stx.stx_size == (unsigned long)st.st_size && stx.stx_mode == st.st_mode);
		CHECK(stx.stx_nlink == st.st_nlink && stx.stx_mtime.tv_sec == st.st_mtim.tv_sec);
	}
	OK(lstat("link", &st));
	show("lstat link", &st);
	OK(lstat("dangling", &st));
	show("lstat dangling", &st);
	OK(stat("/dev/null", &st));
	printf("/dev/null: mode %o rdev %lx\n", st.st_mode, (unsigned long)st.st_rdev);
	OK(stat("/dev/full", &st));
	printf("/dev/full: mode %o rdev %lx\n", st.st_mode, (unsigned long)st.st_rdev);
	OK(fstat(1, &st));
	printf("stdout: type %o\n", st.st_mode & S_IFMT);

	char target[100] = "";
	OK(readlink("link", target, 99));
	printf("link -> %s\n", target);
	char cwd[4096];
	CHECK(getcwd(cwd, sizeof(cwd)) == cwd);
	printf("%s\n", cwd);
	SHOW(syscall(SYS_getcwd, cwd, sizeof(cwd)));
	SHOW(syscall(SYS_getcwd, cwd, 3));
	SHOW(syscall(SYS_getcwd, cwd, 0));
	OK(chdir("dirlink/sub"));
	CHECK(getcwd(cwd, sizeof(cwd)) == cwd);
	printf("%s\n", cwd);
	OK(stat("../../text", &st));
	OK(chdir("/"));
	SHOW(syscall(SYS_getcwd, cwd, sizeof(cwd)));
	OK(chdir("../../.."));
	SHOW(syscall(SYS_getcwd, cwd, sizeof(cwd)));
	return 0;
}
