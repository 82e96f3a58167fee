#include <asm/prctl.h>
#include "check.h"

static long arch(int code, unsigned long address)
{
	return syscall(SYS_arch_prctl, code, address);
}

static __thread int thread_local_word = 7;

int main(void)
{
	unsigned long fs = 0, gs = 1, word[4] = {11, 22, 33, 44}, got;
	OK(arch(ARCH_GET_FS, (unsigned long)&fs));
	__asm__("mov %%fs:0, %0" : "=r"(got));
	CHECK(got == fs && fs != 0, "the thread block points to itself");
	OK(arch(ARCH_GET_GS, (unsigned long)&gs));
	CHECK(gs == 0);
	OK(arch(ARCH_SET_GS, (unsigned long)word));
	OK(arch(ARCH_GET_GS, (unsigned long)&gs));
	CHECK(gs == (unsigned long)word);
	__asm__ volatile("mov %%gs:8, %0" : "=r"(got));
	CHECK(got == 22);
	for (int i = 0; i < 1000; i++)
		syscall(SYS_getppid);
	__asm__ volatile("mov %%gs:16, %0" : "=r"(got));
	CHECK(got == 33, "kept over system calls");

	SHOW(arch(ARCH_SET_GS, 1ul << 63));
	SHOW(arch(ARCH_SET_FS, 1ul << 63));
	SHOW(arch(ARCH_SET_GS, 1ul << 47));
	SHOW(arch(ARCH_GET_GS, 1));
	SHOW(arch(ARCH_GET_FS, 0));
	SHOW(arch(0x1234, 0));
	OK(arch(ARCH_GET_GS, (unsigned long)&gs));
	CHECK(gs == (unsigned long)word, "failed calls change nothing");
	OK(arch(ARCH_SET_GS, 0));

	// FS elsewhere and back, with nothing in between that needs it.
	unsigned long result_set, result_back;
	__asm__ volatile("syscall" : "=a"(result_set) : "0"(SYS_arch_prctl), "D"(ARCH_SET_FS), "S"(word) : "rcx", "r11", "memory");
	__asm__ volatile("mov %%fs:24, %0" : "=r"(got));
	__asm__ volatile("syscall" : "=a"(result_back) : "0"(SYS_arch_prctl), "D"(ARCH_SET_FS), "S"(fs) : "rcx", "r11", "memory");
	CHECK(result_set == 0 && result_back == 0 && got == 44);
	CHECK(thread_local_word == 7 && errno >= 0);
	printf("ok\n");
	return 0;
}
