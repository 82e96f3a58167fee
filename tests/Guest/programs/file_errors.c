// Breaks every rule that the compiler can see.
// build: -static -Wno-nonnull -Wno-stringop-overflow -Wno-stringop-overread
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include "check.h"

static char long_name[300], long_path[5000];

int main(void)
{
	memset(long_name, 'n', 256);
	for (int i = 0; i < 4999; i += 2)
		memcpy(long_path + i, "./", 2);
	long_path[4999] = 0;
	struct stat st;
	char buffer[100];

	SHOW(open("missing", O_RDONLY));
	SHOW(open("", O_RDONLY));
	SHOW(open("missing/file", O_RDONLY));
	SHOW(open("text/file", O_RDONLY));
	SHOW(open("text/", O_RDONLY));
	SHOW(open("text/.", O_RDONLY));
	SHOW(open("text", O_RDONLY | O_DIRECTORY));
	SHOW(open("dir", O_WRONLY));
	SHOW(open("dir", O_RDWR));
	SHOW(open("dir/", O_RDWR));
	SHOW(open("dir", O_CREAT | O_RDONLY, 0600));
	SHOW(open("text", O_CREAT | O_EXCL | O_RDONLY, 0600));
	SHOW(open("dangling", O_CREAT | O_EXCL | O_RDONLY, 0600));
	SHOW(open("loop", O_RDONLY));
	SHOW(open("loop/x", O_RDONLY));
	SHOW(open("dangling", O_RDONLY));
	SHOW(open("link", O_RDONLY | O_NOFOLLOW));
	SHOW(open(long_name, O_RDONLY));
	SHOW(open(long_path, O_RDONLY));
	long_name[255] = 0;
	SHOW(open(long_name, O_RDONLY));
	SHOW(open("dir/sub/../../text", O_RDONLY) >= 0);
	SHOW(open("dirlink/../text", O_RDONLY) >= 0);
	SHOW(open("//../..//etc/passwd", O_RDONLY) >= 0);
	SHOW(open("noaccess", O_RDONLY) >= 0);
	SHOW(open("text", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) >= 0);
	SHOW(openat(-1, "text", O_RDONLY));
	SHOW(openat(999, "text", O_RDONLY));
	SHOW(openat(-1, "/dev/null", O_RDONLY) >= 0);
	SHOW(openat(0, "text", O_RDONLY));
	int file = open("text", O_RDONLY), dir = open("dir", O_RDONLY), path = open("text", O_PATH);
	CHECK(file >= 0 && dir >= 0 && path >= 0);
	SHOW(openat(file, "text", O_RDONLY));
	SHOW(openat(dir, "sub", O_RDONLY) >= 0);
	SHOW(openat(dir, "../text", O_RDONLY) >= 0);

	// Descriptors of the wrong kind.
	SHOW(read(dir, buffer, 10));
	SHOW(pread(dir, buffer, 10, 0));
	SHOW(write(file, "x", 1));
	SHOW(write(dir, "x", 1));
	SHOW(pread(file, buffer, 10, -1));
	SHOW(read(path, buffer, 10));
	SHOW(write(path, buffer, 10));
	SHOW(lseek(path, 0, SEEK_SET));
	SHOW(fstat(path, &st));
	SHOW(syscall(SYS_getdents64, path, buffer, 100));
	SHOW(ioctl(path, TCGETS, buffer));
	SHOW(ioctl(file, TCGETS, buffer));
	SHOW(ioctl(dir, TCGETS, buffer));
	SHOW(ioctl(file, TIOCGWINSZ, buffer));
	SHOW(ioctl(-1, TCGETS, buffer));
	SHOW(ioctl(file, 0xdead, buffer));
	int number = -1;
	SHOW(ioctl(file, FIONREAD, &number));
	printf("%d bytes left\n", number);
	SHOW(isatty(file));
	SHOW(isatty(1));
	SHOW(fchdir(file));
	SHOW(chdir("text"));
	SHOW(chdir("missing"));

	// Names.
	SHOW(access("text", R_OK));
	SHOW(access("text", F_OK));
	SHOW(access("text", X_OK));
	SHOW(access("text", 8));
	SHOW(access("dir", X_OK));
	SHOW(access("missing", F_OK));
	SHOW(access("text/x", F_OK));
	SHOW(access("noaccess", R_OK));
	SHOW(access("loop", F_OK));
	SHOW(faccessat(dir, "sub", F_OK, 0));
	SHOW(faccessat(-1, "sub", F_OK, 0));
	SHOW(syscall(SYS_faccessat2, dir, "sub", F_OK, 0x8000));
	SHOW(syscall(SYS_faccessat2, dir, "", F_OK, AT_EMPTY_PATH));
	SHOW(stat("", &st));
	SHOW(stat("missing", &st));
	SHOW(stat("text/", &st));
	SHOW(lstat("loop", &st));
	SHOW(stat("loop", &st));
	SHOW(lstat("link/", &st));
	SHOW(fstatat(dir, "sub", &st, 0));
	SHOW(fstatat(file, "sub", &st, 0));
	SHOW(fstatat(dir, "", &st, 0));
	SHOW(fstatat(dir, "", &st, AT_EMPTY_PATH));
	SHOW(fstatat(dir, "sub", &st, 0x40000000));
	SHOW(readlink("text", buffer, 100));
	SHOW(readlink("link", buffer, 0));
	SHOW(readlink("link", buffer, -1));
	SHOW(readlink("", buffer, 100));
	SHOW(readlink("missing", buffer, 100));
	SHOW(readlink("link", buffer, 2));
	SHOW(readlink("loop", buffer, 100));
	SHOW(readlinkat(dir, "../link", buffer, 100));

	// Closed and never opened.
	OK(close(file));
	SHOW(close(file));
	SHOW(close(-1));
	SHOW(close(0x7fffffff));
	SHOW(read(file, buffer, 1));
	SHOW(read(-1, NULL, 0));
	SHOW(write(-1, NULL, 0));
	SHOW(pread(file, buffer, 1, 0));
	SHOW(pread(file, buffer, 1, -1));
	SHOW(lseek(file, 0, SEEK_SET));
	SHOW(lseek(file, 0, 99));
	SHOW(fstat(file, &st));
	SHOW(fstat(-100, &st));
	SHOW(dup(file));
	SHOW(dup2(file, 100));
	SHOW(fcntl(file, F_GETFD));
	SHOW(fcntl(file, 12345));
	SHOW(fchdir(file));
	SHOW(syscall(SYS_getdents64, file, buffer, 100));
	SHOW(fsync(file));
	return 0;
}
