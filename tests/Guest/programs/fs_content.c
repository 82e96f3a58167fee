// Content: shared mappings agree with read and write and between processes; SIGBUS behind the end; holes; memfd and its
// seals; extended attributes; ETXTBSY.
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "check.h"

static char directory[] = "fs-content-XXXXXX";
static sigjmp_buf jump;

static void on_bus(int signal)
{
	siglongjmp(jump, signal);
}

static int faults(volatile char *at)
{
	int signal = sigsetjmp(jump, 1);
	if (signal == 0)
		(void)*at;
	return signal;
}

static void mappings(int fd)
{
	OK(ftruncate(fd, 3 * 4096));
	char *map = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	OK(map);
	char *copy = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	OK(copy);
	OK(pwrite(fd, "hello", 5, 10));
	CHECK(memcmp(map + 10, "hello", 5) == 0 && memcmp(copy + 10, "hello", 5) == 0);
	map[4096] = 'X';
	copy[4097] = 'Y';
	char text[8] = "";
	CHECK(pread(fd, text, 2, 4096) == 2 && text[0] == 'X' && text[1] == 0);
	pid_t child = fork();
	if (child == 0) {
		CHECK(memcmp(map + 10, "hello", 5) == 0);
		map[20] = 'C';
		CHECK(pwrite(fd, "P", 1, 21) == 1);
		_exit(0);
	}
	int status;
	OK(waitpid(child, &status, 0));
	CHECK(status == 0 && map[20] == 'C' && map[21] == 'P');
	CHECK(msync(map, 4096, MS_SYNC) == 0);
	CHECK(faults(map + 2 * 4096) == 0);
	CHECK(faults(map + 3 * 4096) == SIGBUS);
	OK(ftruncate(fd, 4096 + 100));
	CHECK(faults(map + 4096) == 0 && faults(map + 2 * 4096) == SIGBUS && faults(copy + 2 * 4096) == SIGBUS);
	CHECK(map[4096] == 'X');
	OK(ftruncate(fd, 3 * 4096));
	CHECK(faults(map + 2 * 4096) == 0 && map[2 * 4096] == 0);
	OK(ftruncate(fd, 0));
	CHECK(faults(map) == SIGBUS);
	OK(munmap(map, 4 * 4096));
	OK(munmap(copy, 3 * 4096));
}

static void holes(int fd)
{
	struct stat st;
	OK(ftruncate(fd, 0));
	OK(ftruncate(fd, 1 << 20));
	SHOW(lseek(fd, 0, SEEK_DATA));
	SHOW(lseek(fd, 0, SEEK_HOLE));
	OK(pwrite(fd, "x", 1, 500000));
	SHOW(lseek(fd, 0, SEEK_DATA));
	SHOW(lseek(fd, 499712, SEEK_HOLE));
	SHOW(lseek(fd, 1 << 20, SEEK_DATA));
	SHOW(lseek(fd, -1, SEEK_HOLE));
	SHOW(fallocate(fd, 0, 0, 8192));
	SHOW(fallocate(fd, FALLOC_FL_KEEP_SIZE, 1 << 20, 4096));
	OK(fstat(fd, &st));
	printf("%ld\n", (long)st.st_size);
	SHOW(fallocate(fd, 0, 1 << 20, 4096));
	OK(fstat(fd, &st));
	printf("%ld\n", (long)st.st_size);
	SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 499999, 2));
	char c = 1;
	CHECK(pread(fd, &c, 1, 500000) == 1 && c == 0);
	SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 4096));
	SHOW(fallocate(fd, 0, -1, 4096));
	SHOW(fallocate(fd, 0, 0, 0));
	SHOW(fallocate(fd, 128, 0, 1));
}

static void copies(int fd)
{
	OK(ftruncate(fd, 0));
	OK(pwrite(fd, "0123456789", 10, 0));
	int other = open("copy", O_CREAT | O_RDWR | O_TRUNC, 0644);
	OK(other);
	off_t from = 2, to = 5;
	SHOW(copy_file_range(fd, &from, other, &to, 4, 0));
	printf("%ld %ld\n", (long)from, (long)to);
	SHOW(copy_file_range(fd, &from, other, &to, 100, 0));
	SHOW(copy_file_range(fd, &from, other, &to, 100, 1));
	from = to = 0;
	SHOW(copy_file_range(fd, &from, fd, &to, 5, 0));
	SHOW(sendfile(other, fd, &from, 10));
	char text[32] = "";
	SHOW(pread(other, text, sizeof text, 0));
	OK(lseek(fd, 0, SEEK_SET));
	int append = open("copy", O_WRONLY | O_APPEND);
	SHOW(write(append, "end", 3));
	SHOW(pwrite(append, "more", 4, 0));
	SHOW(lseek(append, 0, SEEK_CUR));
	SHOW(pread(other, text, sizeof text, 0));
	close(append);
	close(other);
}

static void seals(void)
{
	int fd = memfd_create("x", MFD_ALLOW_SEALING);
	OK(fd);
	OK(ftruncate(fd, 4096));
	SHOW(fcntl(fd, F_GET_SEALS));
	SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	SHOW(ftruncate(fd, 8192));
	SHOW(pwrite(fd, "xx", 2, 4095));
	SHOW(pwrite(fd, "xx", 2, 4096));
	SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	SHOW(ftruncate(fd, 0));
	char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	OK(map);
	SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	OK(munmap(map, 4096));
	SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	SHOW(write(fd, "x", 1));
	SHOW(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	OK(map);
	SHOW(mprotect(map, 4096, PROT_READ | PROT_WRITE));
	SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
	SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	SHOW(fcntl(fd, F_GET_SEALS));
	char path[64], text[64];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	ssize_t length = readlink(path, text, sizeof text - 1);
	text[length < 0 ? 0 : length] = 0;
	printf("%s\n", text);
	OK(close(fd));
	fd = memfd_create("y", MFD_CLOEXEC);
	SHOW(fcntl(fd, F_GET_SEALS));
	SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	OK(close(fd));
	SHOW(memfd_create("z", 0x8000));
	int plain = open("copy", O_RDONLY);
	SHOW(fcntl(plain, F_GET_SEALS));
	OK(close(plain));
}

static void attributes(void)
{
	char value[64];
	if (setxattr("copy", "user.one", "1", 1, 0) == -1 && errno == EOPNOTSUPP) {
		printf("no attributes\n");
		return;
	}
	SHOW(setxattr("copy", "user.one", "uno", 3, XATTR_CREATE));
	SHOW(setxattr("copy", "user.one", "uno", 3, XATTR_REPLACE));
	SHOW(setxattr("copy", "user.two", "2", 1, XATTR_REPLACE));
	SHOW(setxattr("copy", "user.two", "2", 1, 8));
	SHOW(getxattr("copy", "user.one", value, sizeof value));
	SHOW(getxattr("copy", "user.one", value, 2));
	SHOW(getxattr("copy", "user.one", NULL, 0));
	SHOW(getxattr("copy", "user.two", value, sizeof value));
	SHOW(getxattr("copy", "none.x", value, sizeof value));
	SHOW(getxattr("copy", "", value, sizeof value));
	SHOW(listxattr("copy", value, sizeof value));
	SHOW(listxattr("copy", value, 2));
	SHOW(removexattr("copy", "user.one"));
	SHOW(removexattr("copy", "user.one"));
	SHOW(listxattr("copy", value, sizeof value));
	OK(symlink("copy", "link"));
	SHOW(lsetxattr("link", "user.x", "1", 1, 0));
}

static void busy(void)
{
	CHECK(system("cp /bin/true true-copy") == 0);
	int fd = open("true-copy", O_RDWR);
	OK(fd);
	char *argv[] = {"true-copy", NULL};
	SHOW(execv("./true-copy", argv));
	OK(close(fd));
	CHECK(system("cp /bin/sleep sleep-copy") == 0);
	pid_t child = vfork();
	if (child == 0) {
		execl("./sleep-copy", "sleep-copy", "60", NULL);
		_exit(1);
	}
	SHOW(open("sleep-copy", O_WRONLY));
	SHOW(truncate("sleep-copy", 0));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	SHOW(open("sleep-copy", O_WRONLY) == -1);
}

int main(void)
{
	struct sigaction action = {.sa_handler = on_bus};
	OK(sigaction(SIGBUS, &action, NULL));
	OK(mkdtemp(directory));
	OK(chdir(directory));
	int fd = open("file", O_CREAT | O_RDWR, 0644);
	OK(fd);
	mappings(fd);
	int memory = memfd_create("memory", 0);
	OK(memory);
	mappings(memory);
	holes(fd);
	copies(fd);
	seals();
	attributes();
	busy();
	OK(chdir(".."));
	char command[64];
	snprintf(command, sizeof command, "rm -r %s", directory);
	return system(command);
}
