#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "check.h"

#define PAGE 4096l
#define RW (PROT_READ | PROT_WRITE)

static char content[64 * 1024];

int main(void)
{
	int fd = open("pages", O_RDONLY);
	OK(fd);
	CHECK(pread(fd, content, sizeof(content), 0) == (ssize_t)sizeof(content));

	// Whole, at an offset, and after the descriptor is gone.
	char *p = mmap(NULL, 16 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED && memcmp(p, content, 16 * PAGE) == 0);
	CHECK(!kernel_writes(p));
	char *q = mmap(NULL, 3 * PAGE, RW, MAP_PRIVATE, fd, 5 * PAGE);
	CHECK(q != MAP_FAILED && q[0] == content[5 * PAGE]);
	SHOW(syscall(SYS_mmap, NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 100));
	SHOW(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0));
	SHOW(mmap(NULL, PAGE, PROT_READ, 0, fd, 0));
	SHOW(syscall(SYS_mmap, NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, -PAGE));
	OK(close(fd));

	// Private writes: seen here, not in another mapping, not in the file.
	memset(q + PAGE, 0x7e, PAGE);
	CHECK(memcmp(q, content + 5 * PAGE, PAGE) == 0 && memcmp(q + 2 * PAGE, content + 7 * PAGE, PAGE) == 0);
	CHECK(q[PAGE] == 0x7e && memcmp(p + 6 * PAGE, content + 6 * PAGE, PAGE) == 0);
	CHECK(kernel_writes(q + 2 * PAGE + 5));
	CHECK(memcmp(p + 7 * PAGE, content + 7 * PAGE, PAGE) == 0, "a write by the kernel is private too");
	fd = open("pages", O_RDONLY);
	static char again[sizeof(content)];
	CHECK(read(fd, again, sizeof(again)) == (ssize_t)sizeof(again) && memcmp(again, content, sizeof(again)) == 0);

	// DONTNEED brings the file's content back; mprotect keeps what was written.
	OK(mprotect(q, 3 * PAGE, PROT_READ));
	CHECK(q[PAGE] == 0x7e);
	OK(madvise(q, 3 * PAGE, MADV_DONTNEED));
	CHECK(memcmp(q, content + 5 * PAGE, 3 * PAGE) == 0);
	OK(mprotect(p, PAGE, RW));
	p[0] = 99;
	CHECK(p[0] == 99 && memcmp(p + 1, content + 1, PAGE - 1) == 0);

	// Anonymous memory over the middle of a file mapping, and file over anonymous.
	CHECK(mmap(p + 4 * PAGE, 2 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p + 4 * PAGE);
	CHECK(p[4 * PAGE] == 0 && p[6 * PAGE] == content[6 * PAGE] && p[3 * PAGE] == content[3 * PAGE]);
	CHECK(mmap(p + 5 * PAGE, PAGE, RW, MAP_PRIVATE | MAP_FIXED, fd, 0) == p + 5 * PAGE);
	CHECK(memcmp(p + 5 * PAGE, content, PAGE) == 0);
	OK(munmap(p + 8 * PAGE, PAGE));
	CHECK(memcmp(p + 9 * PAGE, content + 9 * PAGE, PAGE) == 0);
	OK(munmap(p, 16 * PAGE));
	OK(munmap(q, 3 * PAGE));
	OK(close(fd));

	// The last page of a file ends in zeroes, private and writable; the page after it is not there.
	fd = open("tail", O_RDONLY);
	struct stat st;
	OK(fstat(fd, &st));
	CHECK(st.st_size == 3 * PAGE + 100);
	p = mmap(NULL, 6 * PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	for (long i = st.st_size; i < 4 * PAGE; i++)
		CHECK(p[i] == 0);
	CHECK(memcmp(p + 3 * PAGE, content + 3 * PAGE, 100) == 0);
	p[4 * PAGE - 1] = 5;
	CHECK(p[4 * PAGE - 1] == 5);
	CHECK(!kernel_reads(p + 4 * PAGE) && !kernel_writes(p + 5 * PAGE), "beyond the end");
	OK(munmap(p, 6 * PAGE));
	p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 64 * PAGE);
	CHECK(p != MAP_FAILED, "a mapping wholly beyond the end is allowed");
	CHECK(!kernel_reads(p));
	OK(close(fd));

	// What cannot be mapped.
	SHOW(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0));
	fd = open("dir", O_RDONLY);
	SHOW(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0));
	close(fd);
	fd = open("pages", O_PATH);
	SHOW(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0));
	close(fd);
	fd = open("empty", O_RDONLY);
	p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED && !kernel_reads(p));
	fd = open("/dev/zero", O_RDONLY);
	p = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED && p[5000] == 0);
	p[5000] = 1;
	CHECK(p[5000] == 1);
	printf("ok\n");
	return 0;
}
