// Every register loaded with a pattern, one instruction under test, every register stored.
#ifndef REGISTERS_H
#define REGISTERS_H

#include <sys/mman.h>
#include "check.h"

#define RAX 0
#define RBX 1
#define RCX 2
#define RDX 3
#define RSI 4
#define RDI 5
#define RBP 6
#define R8 7
#define R11 10
#define FLAGS 15

struct registers {
	unsigned long general[16]; // rax rbx rcx rdx rsi rdi rbp r8..r15 rflags
	unsigned char vector[32][64] __attribute__((aligned(64)));
	unsigned long mask[8];
};

extern struct registers reg_in, reg_out;
struct registers reg_in __attribute__((aligned(64)));
struct registers reg_out __attribute__((aligned(64)));

// Addresses known at link time, so that a touch needs no register.
#define FRESH 0x70000000

__asm__(
	".macro each_general op\n"
	"\\op %rax, 0\n \\op %rbx, 8\n \\op %rcx, 16\n \\op %rdx, 24\n \\op %rsi, 32\n \\op %rdi, 40\n \\op %rbp, 48\n"
	"\\op %r8, 56\n \\op %r9, 64\n \\op %r10, 72\n \\op %r11, 80\n \\op %r12, 88\n \\op %r13, 96\n \\op %r14, 104\n"
	"\\op %r15, 112\n"
	".endm\n"
	".macro load register, offset\n mov reg_in+\\offset(%rip), \\register\n .endm\n"
	".macro store register, offset\n mov \\register, reg_out+\\offset(%rip)\n .endm\n"
	".macro load_vectors0\n .irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
	"movaps reg_in+128+64*\\n(%rip), %xmm\\n\n .endr\n .endm\n"
	".macro store_vectors0\n .irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
	"movaps %xmm\\n, reg_out+128+64*\\n(%rip)\n .endr\n .endm\n"
	".macro load_vectors1\n .irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
	"vmovaps reg_in+128+64*\\n(%rip), %ymm\\n\n .endr\n .endm\n"
	".macro store_vectors1\n .irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
	"vmovaps %ymm\\n, reg_out+128+64*\\n(%rip)\n .endr\n .endm\n"
	".macro load_vectors2\n"
	".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
	"vmovdqa64 reg_in+128+64*\\n(%rip), %zmm\\n\n .endr\n"
	".irp n,0,1,2,3,4,5,6,7\n kmovq reg_in+2176+8*\\n(%rip), %k\\n\n .endr\n .endm\n"
	".macro store_vectors2\n"
	".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
	"vmovdqa64 %zmm\\n, reg_out+128+64*\\n(%rip)\n .endr\n"
	".irp n,0,1,2,3,4,5,6,7\n kmovq %k\\n, reg_out+2176+8*\\n(%rip)\n .endr\n vzeroupper\n .endm\n"

	".macro under_test name, level, body:vararg\n"
	".globl \\name\\level\n"
	"\\name\\level:\n"
	"push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; pushfq\n"
	"load_vectors\\level\n"
	"push reg_in+120(%rip); popfq\n"
	"each_general load\n"
	"\\body\n"
	".globl \\name\\level\\()_after\n"
	"\\name\\level\\()_after:\n"
	"each_general store\n"
	"pushfq; pop reg_out+120(%rip)\n"
	"popfq\n"
	"store_vectors\\level\n"
	"pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"ret\n"
	".endm\n");

// Defines NAME0 (xmm), NAME1 (ymm), NAME2 (zmm and masks) around one instruction.
#define UNDER_TEST(name, body)                                                                     \
	__asm__("under_test " #name ", 0, " body "\n"                                              \
		"under_test " #name ", 1, " body "\n"                                              \
		"under_test " #name ", 2, " body "\n");                                            \
	extern void name##0(void), name##1(void), name##2(void);                                   \
	extern char name##0_after[], name##1_after[], name##2_after[];                             \
	__attribute__((unused)) static void (*const name[3])(void) = {name##0, name##1, name##2};  \
	__attribute__((unused)) static char *const name##_after[3] = {name##0_after, name##1_after, name##2_after}

// The widest registers that this CPU and its kernel keep: 0 xmm, 1 ymm, 2 zmm.
static int widest_vectors(void)
{
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw"))
		return 2;
	return __builtin_cpu_supports("avx") ? 1 : 0;
}

static void fill_registers(unsigned seed)
{
	unsigned long x = 0x9e3779b97f4a7c15 * (seed + 1);
	unsigned char *bytes = (unsigned char *)&reg_in;
	for (unsigned long i = 0; i < sizeof(reg_in); i++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		bytes[i] = x;
	}
	// CF PF AF ZF SF OF at random; AC and ID now and then; IF and the fixed bit are always on.
	static const unsigned long extra[] = {0, 0x40000, 0x200000, 0x240000};
	reg_in.general[FLAGS] = (reg_in.general[FLAGS] & 0x8d5) | 0x202 | extra[seed & 3];
	memset(&reg_out, 0, sizeof(reg_out));
}

// Everything in reg_out must be as in reg_in but for the general registers of the mask.
static void compare_registers(const char *what, unsigned except, int level)
{
	static const char *const names[] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8",
					    "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rflags"};
	static const int widths[] = {16, 32, 64};
	for (int i = 0; i < 16; i++)
		CHECK((except >> i & 1) || reg_in.general[i] == reg_out.general[i], "%s: %s was %#lx, is %#lx", what,
		      names[i], reg_in.general[i], reg_out.general[i]);
	for (int i = 0; i < (level == 2 ? 32 : 16); i++)
		CHECK(memcmp(reg_in.vector[i], reg_out.vector[i], widths[level]) == 0, "%s: vector register %d changed",
		      what, i);
	for (int i = 0; level == 2 && i < 8; i++)
		CHECK(reg_in.mask[i] == reg_out.mask[i], "%s: mask register k%d changed", what, i);
}

#endif
