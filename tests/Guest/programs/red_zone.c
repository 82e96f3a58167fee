// build: -static -mno-red-zone
#include <sys/mman.h>
#include "check.h"

// The 128 bytes below the stack pointer belong to the program, over faults and system calls.
static long red_zone(volatile char *fresh)
{
	long bad;
	__asm__ volatile(
		"mov $-128, %%rbx\n"
		"1: mov %%rbx, %%rax\n"
		"imul $0x01010101, %%rax\n"
		"mov %%rax, (%%rsp,%%rbx)\n"
		"add $8, %%rbx\n"
		"jnz 1b\n"
		"movb (%1), %%al\n"
		"movb $1, 4096(%1)\n"
		"mov %2, %%eax\n"
		"syscall\n"
		"xor %%edx, %%edx\n"
		"mov $-128, %%rbx\n"
		"2: mov %%rbx, %%rax\n"
		"imul $0x01010101, %%rax\n"
		"cmp %%rax, (%%rsp,%%rbx)\n"
		"je 3f\n"
		"inc %%rdx\n"
		"3: add $8, %%rbx\n"
		"jnz 2b\n"
		"mov %%rdx, %0\n"
		: "=r"(bad)
		: "r"(fresh), "i"(SYS_getppid)
		: "rax", "rbx", "rcx", "rdx", "r11", "memory", "cc");
	return bad;
}

int main(void)
{
	for (int i = 0; i < 100; i++) {
		char *fresh = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(fresh != MAP_FAILED);
		long bad = red_zone(fresh);
		CHECK(bad == 0, "%ld words changed", bad);
		OK(munmap(fresh, 8192));
	}
	printf("ok\n");
	return 0;
}
