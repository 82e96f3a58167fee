// timeout: 120
#include <fcntl.h>
#include <sys/mman.h>
#include "check.h"

// 100,000 mappings of one page of a file each, in an order that nothing can merge.
#define PAGE 4096ul
#define COUNT 100000l
#define FILE_PAGES 64

int main(void)
{
	static char *at[COUNT];
	static long content[FILE_PAGES];
	int fd = open("/lib/x86_64-linux-gnu/libc.so.6", O_RDONLY);
	for (long i = 0; i < FILE_PAGES; i++)
		CHECK(pread(fd, &content[i], sizeof(long), i * PAGE) == sizeof(long));
	for (long i = 0; i < COUNT; i++) {
		at[i] = mmap(NULL, PAGE, PROT_READ, i % 2 ? MAP_PRIVATE : MAP_SHARED, fd, i * 7 % FILE_PAGES * PAGE);
		CHECK(at[i] != MAP_FAILED, "mapping %ld", i);
	}
	for (int round = 0; round < 2; round++)
		for (long i = 0; i < COUNT; i++)
			CHECK(*(long *)at[i] == content[i * 7 % FILE_PAGES]);
	for (long i = 0; i < COUNT; i += 3)
		OK(munmap(at[i], PAGE));
	for (long i = 0; i < COUNT; i++)
		CHECK(i % 3 == 0 ? !kernel_reads(at[i]) : *(long *)at[i] == content[i * 7 % FILE_PAGES]);
	puts("ok");
	return 0;
}
