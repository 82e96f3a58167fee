// Breaks every rule that the compiler can see.
// build: -static -Wno-nonnull -Wno-stringop-overflow -Wno-stringop-overread
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>
#include "check.h"

#define PAGE 4096l
#define RW (PROT_READ | PROT_WRITE)

static char *edge;	// the last readable byte is edge[-1]
static char *none;	// PROT_NONE
static char *readonly;	// PROT_READ
static int file;

static long offset(void)
{
	return lseek(file, 0, SEEK_CUR);
}

int main(void)
{
	char *area = mmap(NULL, 8 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(area != MAP_FAILED);
	OK(munmap(area + 2 * PAGE, PAGE));
	edge = area + 2 * PAGE;
	none = area + 4 * PAGE;
	OK(mprotect(none, PAGE, PROT_NONE));
	readonly = area + 6 * PAGE;
	OK(mprotect(readonly, PAGE, PROT_READ));
	file = open("pages", O_RDONLY);
	OK(file);
	int devnull = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR), full = open("/dev/full", O_RDWR);
	CHECK(devnull >= 0 && zero >= 0 && full >= 0);

	// Reading into memory that ends too early: how much arrives, and where the file then is.
	SHOW(read(file, NULL, 100));
	SHOW(read(file, none, 100));
	SHOW(read(file, readonly, 100));
	SHOW(read(file, edge, 100));
	SHOW(offset());
	SHOW(read(file, edge - 100, 200));
	SHOW(offset());
	SHOW(read(file, edge - 100, 100));
	SHOW(offset());
	SHOW(read(file, edge - PAGE - 1, 3 * PAGE));
	SHOW(offset());
	SHOW(pread(file, edge - 1, 2, 0));
	SHOW(pread(file, edge - 4097, 10000, 4095));
	SHOW(pread(file, readonly - 10, 20, 0));
	SHOW(read(file, (void *)0x7fffffffffff, 10));
	SHOW(read(file, (void *)-1, 10));
	SHOW(read(file, (void *)(1l << 47), 10));
	SHOW(read(file, (void *)(1l << 63), 10));
	SHOW(lseek(file, 0, SEEK_END));
	SHOW(read(file, NULL, 100));
	SHOW(read(file, NULL, 0));
	SHOW(read(file, (void *)-1, 0));

	SHOW(read(zero, edge - 10, 20));
	SHOW(read(zero, none, 20));
	SHOW(read(zero, edge - 5000, 10000));
	SHOW(read(devnull, none, 20));
	SHOW(read(full, edge - 10, 20));
	SHOW(write(devnull, none, 20));
	SHOW(write(devnull, (void *)-1, 20));
	SHOW(write(zero, NULL, 20));
	SHOW(write(full, "x", 1));
	SHOW(write(full, NULL, 0));

	// Writing from memory that ends too early.
	fflush(stdout);
	memcpy(edge - 6, "edge!\n", 6);
	SHOW(write(1, none, 10));
	SHOW(write(1, edge, 10));
	SHOW(write(1, NULL, 0));
	fflush(stdout);
	long partly = write(1, edge - 6, 100);
	printf("partly written: %ld %s\n", partly, partly == -1 ? errno_name(errno) : "");

	// Vectors.
	char a[10], b[10];
	static struct iovec good[1025];
	good[0] = (struct iovec){a, 10};
	good[1] = (struct iovec){b, 10};
	SHOW(lseek(file, 0, SEEK_SET));
	SHOW(readv(file, good, 2));
	SHOW(readv(file, good, 0));
	SHOW(readv(file, good, -1));
	SHOW(readv(file, good, 1024));
	SHOW(readv(file, good, 1025));
	SHOW(readv(file, NULL, 1));
	SHOW(readv(-1, NULL, 1));
	SHOW(readv(file, (struct iovec *)none, 1));
	SHOW(offset());
	struct iovec mixed[3] = {{a, 10}, {none, 10}, {b, 10}};
	SHOW(readv(file, mixed, 3));
	SHOW(offset());
	struct iovec first_bad[2] = {{none, 10}, {a, 10}};
	SHOW(readv(file, first_bad, 2));
	struct iovec empties[4] = {{none, 0}, {a, 3}, {NULL, 0}, {b, 4}};
	SHOW(readv(file, empties, 4));
	SHOW(offset());
	struct iovec negative[2] = {{a, 10}, {b, -1}};
	SHOW(readv(file, negative, 2));
	struct iovec kernel[2] = {{a, 10}, {(void *)(1l << 63), 10}};
	SHOW(readv(file, kernel, 2));
	struct iovec huge[2] = {{a, 10}, {b, (size_t)1 << 62}};
	SHOW(readv(file, huge, 2));
	SHOW(preadv(file, good, 2, 100));
	SHOW(preadv(file, good, 2, -1));
	SHOW(offset());
	fflush(stdout);
	struct iovec text[3] = {{"one ", 4}, {"", 0}, {"two\n", 4}};
	SHOW(writev(1, text, 3));
	fflush(stdout);
	struct iovec broken[2] = {{"before\n", 7}, {none, 5}};
	SHOW(writev(1, broken, 2));
	SHOW(writev(1, first_bad, 1));

	// Structures that do not fit, strings without end.
	SHOW(fstat(file, (struct stat *)(edge - 8)));
	SHOW(fstat(file, (struct stat *)readonly));
	SHOW(stat("text", (struct stat *)none));
	SHOW(stat("missing", (struct stat *)none));
	SHOW(uname((struct utsname *)(edge - 100)));
	SHOW(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, edge - 8));
	SHOW(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, edge - 16));
	SHOW(syscall(SYS_clock_gettime, 12345, NULL));
	SHOW(syscall(SYS_getcwd, edge - 4, 100));
	SHOW(syscall(SYS_getcwd, none, 4096));
	SHOW(readlink("link", none, 10));
	SHOW(readlink("link", edge - 2, 10));
	SHOW(readlink("link", edge - 4, 10));
	SHOW(readlink("missing", none, 10));
	SHOW(open(none, O_RDONLY));
	SHOW(syscall(SYS_open, NULL, O_RDONLY));
	memcpy(edge - 4, "text", 4);
	SHOW(open(edge - 4, O_RDONLY));
	SHOW(access(edge - 4, R_OK));
	strcpy(edge - 5, "text");
	SHOW(access(edge - 5, R_OK));
	SHOW(syscall(SYS_getrandom, edge - 10, 20, 0));
	SHOW(syscall(SYS_getrandom, none, 20, 0));
	SHOW(syscall(SYS_getdents64, file, none, 100));
	int dir = open("dir", O_RDONLY | O_DIRECTORY);
	SHOW(syscall(SYS_getdents64, dir, none, 1000));
	SHOW(syscall(SYS_getdents64, dir, readonly, 1000));
	return 0;
}
