#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include "check.h"

#define STUB ((char *)0x100000)
#define PAGE 4096ul
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

// The stub pages belong to umlhost: any errno will do, success will not, and the program goes on as if nothing had been.
#define REFUSED(call) CHECK((long)(call) == -1, "succeeded")

int main(void)
{
	char *page = mmap(NULL, 4 * PAGE, RW, ANON, -1, 0);
	CHECK(page != MAP_FAILED);
	memset(page, 1, 4 * PAGE);
	REFUSED(mmap(STUB, PAGE, RW, ANON | MAP_FIXED, -1, 0));
	REFUSED(mmap(STUB - PAGE, 4 * PAGE, RW, ANON | MAP_FIXED, -1, 0));
	REFUSED(mmap(STUB, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
	char *elsewhere = mmap(STUB, PAGE, RW, ANON, -1, 0);
	CHECK(elsewhere != MAP_FAILED && elsewhere != STUB, "a hint is only a hint");
	OK(munmap(elsewhere, PAGE));
	REFUSED(munmap(STUB, PAGE));
	REFUSED(munmap(STUB - PAGE, 3 * PAGE));
	REFUSED(munmap((void *)0x10000, 0x200000));
	REFUSED(mprotect(STUB, PAGE, RW | PROT_EXEC));
	REFUSED(mprotect(STUB - PAGE, 2 * PAGE, RW));
	REFUSED(madvise(STUB, PAGE, MADV_DONTNEED));
	REFUSED(mremap(STUB, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
	REFUSED(mremap(STUB, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, page));
	REFUSED(mremap(page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, STUB));
	REFUSED(syscall(SYS_remap_file_pages, STUB, PAGE, 0, 0, 0));

	FAILS(write(1, STUB, 1), EFAULT);
	int zero = open("/dev/zero", O_RDONLY);
	FAILS(read(zero, STUB, 1), EFAULT);
	FAILS(syscall(SYS_getrandom, STUB, 8, 0), EFAULT);
	FAILS(open(STUB, O_RDONLY), EFAULT);
	struct iovec two[2] = {{page, 10}, {STUB, 10}};
	CHECK(readv(zero, two, 2) == 10);
	for (unsigned long at = 0; at < 64 * PAGE; at += PAGE)
		CHECK(!kernel_reads(STUB + at) && !kernel_writes(STUB + at), "page %#lx", 0x100000 + at);

	// Everything still works: faults, calls and batches.
	for (unsigned long i = PAGE; i < 4 * PAGE; i++)
		CHECK(page[i] == 1);
	for (int i = 0; i < 200; i++) {
		char *fresh = mmap(NULL, 16 * PAGE, RW, ANON, -1, 0);
		CHECK(fresh != MAP_FAILED);
		memset(fresh, i, 16 * PAGE);
		OK(mprotect(fresh + PAGE, PAGE, PROT_READ));
		CHECK(fresh[PAGE] == (char)i);
		OK(munmap(fresh, 16 * PAGE));
	}
	printf("refused, and still running\n");
	return 0;
}
