#include <asm/ldt.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "check.h"

static void *volatile bad = (void *)16;
static unsigned char table[65536 + 8];

static long modify(int function, void *data, unsigned long size)
{
	return syscall(SYS_modify_ldt, function, data, size);
}

static unsigned long entry(int number)
{
	unsigned long value;
	modify(0, table, sizeof(table));
	memcpy(&value, table + number * 8, 8);
	return value;
}

static unsigned selector_for(int number)
{
	return number << 3 | 7;
}

// Reads a word of the segment through fs or gs.
static unsigned read_gs(unsigned selector, unsigned long offset)
{
	unsigned value;
	__asm__ volatile("mov %1, %%gs\n\tmov %%gs:(%2), %0\n\tmov %3, %%gs" : "=r"(value) : "r"(selector), "r"(offset), "r"(0));
	return value;
}

int main(void)
{
	SHOW(modify(0, table, sizeof(table)));
	SHOW(modify(2, table, 1000));
	SHOW(modify(2, table, 10));
	SHOW(modify(3, table, 10));
	SHOW(modify(0, bad, 10));

	unsigned *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	CHECK(low != MAP_FAILED);
	for (int i = 0; i < 1024; i++)
		low[i] = 1000 + i;
	struct user_desc segment = {.entry_number = 1, .base_addr = (unsigned)(unsigned long)low, .limit = 4095, .seg_32bit = 1};
	SHOW(modify(1, &segment, sizeof(segment) - 1));
	SHOW(modify(0x11, bad, sizeof(segment)));
	SHOW(modify(0x11, &segment, sizeof(segment)));
	SHOW(modify(0, table, 20));
	SHOW(modify(0, table, sizeof(table)));
	SHOW(modify(0, bad, 100));
	CHECK(read_gs(selector_for(1), 8) == 1002);
	// It stays over system calls, faults and preemption.
	__asm__ volatile("mov %0, %%gs" : : "r"(selector_for(1)));
	char *fresh = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < 1 << 20; i += 4096)
		fresh[i] = 1;
	for (int i = 0; i < 100; i++)
		syscall(SYS_getppid);
	unsigned got, kept;
	__asm__ volatile("mov %%gs:12, %0; mov %%gs, %1" : "=r"(got), "=r"(kept));
	CHECK(got == 1003 && kept == selector_for(1), "%u %x", got, kept);

	segment.entry_number = 8191;
	segment.base_addr = 0x12345678;
	segment.limit = 0xfffff;
	segment.limit_in_pages = 1;
	segment.useable = 1;
	SHOW(modify(0x11, &segment, sizeof(segment)));
	printf("%lx\n", entry(8191));
	SHOW(modify(1, &segment, sizeof(segment)));
	printf("%lx\n", entry(8191));
	segment.contents = 2;
	segment.read_exec_only = 1;
	SHOW(modify(0x11, &segment, sizeof(segment)));
	printf("%lx\n", entry(8191));
	segment.contents = 3;
	SHOW(modify(0x11, &segment, sizeof(segment)));
	segment.seg_not_present = 1;
	SHOW(modify(1, &segment, sizeof(segment)));
	SHOW(modify(0x11, &segment, sizeof(segment)));
	printf("%lx\n", entry(8191));
	segment.entry_number = 8192;
	SHOW(modify(0x11, &segment, sizeof(segment)));
	memset(&segment, 0, sizeof(segment));
	segment.entry_number = 8191;
	SHOW(modify(1, &segment, sizeof(segment)));
	printf("%lx\n", entry(8191));
	segment.read_exec_only = segment.seg_not_present = 1;
	SHOW(modify(0x11, &segment, sizeof(segment)));
	SHOW(modify(0, table, sizeof(table)));

	// A child has a copy of its own, and a new process in between has none of it.
	fflush(stdout);
	pid_t pid = fork();
	OK(pid);
	if (pid == 0) {
		low[2] = 77;
		CHECK(read_gs(selector_for(1), 8) == 77);
		segment = (struct user_desc){.entry_number = 1, .base_addr = (unsigned)(unsigned long)low + 4, .limit = 4091, .seg_32bit = 1};
		CHECK(modify(0x11, &segment, sizeof(segment)) == 0);
		CHECK(read_gs(selector_for(1), 8) == 1003);
		_exit(5);
	}
	int status;
	OK(waitpid(pid, &status, 0));
	printf("status %x\n", status);
	CHECK(read_gs(selector_for(1), 8) == 1002);
	printf("%d\n", (int)(entry(1) >> 40 & 0xff) == 0xf3);
	return 0;
}
