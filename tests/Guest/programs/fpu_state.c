#include <sys/mman.h>
#include "check.h"

static unsigned char before[512] __attribute__((aligned(16))), after[512] __attribute__((aligned(16)));

// Unusual control words and a full x87 stack, kept over a fault of each kind and a system call.
static void run(unsigned short control, unsigned mxcsr, volatile char *fresh)
{
	unsigned plain_mxcsr = 0x1f80;
	__asm__ volatile(
		"fninit\n"
		"fldcw %[control]\n"
		"fldpi; fldl2e; fldl2t; fldlg2; fldln2; fld1; fldz; fldpi\n"
		"ldmxcsr %[mxcsr]\n"
		"fxsave64 %[before]\n"
		"movb (%[fresh]), %%al\n"
		"movb $1, 4096(%[fresh])\n"
		"mov %[number], %%eax\n"
		"syscall\n"
		"fxsave64 %[after]\n"
		"fninit\n"
		"ldmxcsr %[plain]\n"
		: [before] "=m"(before), [after] "=m"(after)
		: [control] "m"(control), [mxcsr] "m"(mxcsr), [plain] "m"(plain_mxcsr), [fresh] "r"(fresh),
		  [number] "i"(SYS_getppid)
		: "rax", "rcx", "r11", "memory", "cc", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)");
}

int main(void)
{
	static const unsigned short controls[] = {0x037f, 0x0f7f, 0x077f, 0x0b7f, 0x027f};
	static const unsigned mxcsrs[] = {0x1f80, 0x7f80, 0x3f80, 0x5fbf, 0x9fc0};
	for (int i = 0; i < 5; i++) {
		volatile char *fresh = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(fresh != MAP_FAILED);
		run(controls[i], mxcsrs[i], fresh);
		// Opcode and last-instruction pointers (bytes 6 to 23) are the CPU's business; bytes from 464 on are software's.
		for (int k = 0; k < 464; k++)
			CHECK((k >= 6 && k < 24) || before[k] == after[k], "byte %d of the FP state was %02x, is %02x", k,
			      before[k], after[k]);
		unsigned short control;
		memcpy(&control, after, 2);
		printf("control %04x\n", control);
	}
	printf("ok\n");
	return 0;
}
