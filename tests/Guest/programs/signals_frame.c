// build: -static -no-pie -mavx
// native-only-if: cpu avx
// What a handler sees of the interrupted program, and what it can change.
#include <immintrin.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/auxv.h>
#include <ucontext.h>
#include "check.h"

#define REG(uc, name) ((uc)->uc_mcontext.gregs[REG_##name])

static void install(int signal, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
	OK(sigaction(signal, &action, NULL));
}

// The frame itself: sizes and magic numbers of the FP area, flags, where things are.
static void show_frame(int signal, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	unsigned char *fp = (unsigned char *)uc->uc_mcontext.fpregs;
	unsigned *software = (unsigned *)(fp + 464);
	printf("signal %d code %d pid %d uid %d\n", signal, info->si_code, info->si_pid == getpid(), info->si_uid == getuid());
	printf("magic %x extended %u features %llx size %u magic2 %x\n", software[0], software[1],
	       *(unsigned long long *)(software + 2), software[4], *(unsigned *)(fp + software[4]));
	// Without a stack the flags are whatever an ancestor of the process left.
	printf("flags %lx link %p stack flags %x size %zu\n", uc->uc_flags, (void *)uc->uc_link, uc->uc_stack.ss_size != 0 ? uc->uc_stack.ss_flags : 0, uc->uc_stack.ss_size);
	printf("segments %llx err %lld trap %lld cr2 %llx mask %llx\n", REG(uc, CSGSFS), REG(uc, ERR), REG(uc, TRAPNO), REG(uc, CR2), REG(uc, OLDMASK));
	printf("align fp %d frame %d gap %ld red zone %d\n", (int)((unsigned long)fp & 63), (int)((unsigned long)uc & 15),
	       (long)(fp - (unsigned char *)uc), (char *)REG(uc, RSP) - (char *)(fp + software[1]) >= 128);
	unsigned mxcsr;
	unsigned short control;
	__asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(mxcsr), "=m"(control));
	printf("handler starts with mxcsr %x cw %x\n", mxcsr, control);
	printf("extra is clear %d\n", info->_sifields._pad[20] == 0);
}

static void clobber(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info, (void)context;
	__m256i x = _mm256_set1_epi32(0x55);
	unsigned mxcsr = 0x1fc0;
	__asm__ volatile("ldmxcsr %1\n vmovdqa %0,%%ymm0; vmovdqa %0,%%ymm1; vmovdqa %0,%%ymm7; vmovdqa %0,%%ymm15; fldpi; fldpi; fldpi" : : "m"(x), "m"(mxcsr)
			 : "xmm0", "xmm1", "xmm7", "xmm15");
}

static void preserved(void)
{
	__m256i before = _mm256_set_epi64x(1, 2, 3, 4), after7, after15;
	unsigned mxcsr = 0x9fc0, mxcsr_after = 0;
	long double st = 0;
	register long rdi __asm__("rdi") = getpid();
	register long rsi __asm__("rsi") = SIGUSR2;
	long rax = SYS_kill;
	__asm__ volatile("fldl2e\n ldmxcsr %[mx]\n vmovdqa %[b], %%ymm7\n vmovdqa %[b], %%ymm15\n syscall\n"
			 "vmovdqa %%ymm7, %[a7]\n vmovdqa %%ymm15, %[a15]\n stmxcsr %[mxa]\n fstpt %[st]\n"
			 : [a7] "=m"(after7), [a15] "=m"(after15), [mxa] "=m"(mxcsr_after), [st] "=m"(st), "+a"(rax)
			 : [b] "m"(before), [mx] "m"(mxcsr), "r"(rdi), "r"(rsi)
			 : "rcx", "r11", "memory", "xmm7", "xmm15");
	CHECK(rax == 0);
	CHECK(memcmp(&before, &after7, 32) == 0 && memcmp(&before, &after15, 32) == 0);
	CHECK(mxcsr_after == mxcsr, "%x", mxcsr_after);
	CHECK(st > 1.4426950408L && st < 1.442695041L);
	mxcsr = 0x1f80;
	__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
	printf("FP state preserved\n");
}

// A handler that changes registers: the faulting load is skipped and gets a value.
static void skip_load(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info;
	ucontext_t *uc = context;
	printf("err %lld trap %lld cr2 %llx addr %p\n", REG(uc, ERR), REG(uc, TRAPNO), REG(uc, CR2), info->si_addr);
	REG(uc, RIP) += 3; // mov (%rax),%rbx
	REG(uc, RBX) = 0x1234567890;
	REG(uc, R15) = 77;
	unsigned char *fp = (unsigned char *)uc->uc_mcontext.fpregs;
	for (int i = 0; i < 16; i++)
		fp[160 + 16 * 3 + i] = (unsigned char)(i + 1); // xmm3
	REG(uc, EFL) |= 1 | 1 << 14;				// CF; NT must not get through
}

static void change(void)
{
	unsigned long rbx = 0, r15 = 0, flags = 0;
	unsigned char xmm3[16];
	__asm__ volatile("mov $8, %%eax\n vpxor %%xmm3,%%xmm3,%%xmm3\n mov (%%rax), %%rbx\n pushf\n pop %2\n mov %%rbx, %0\n mov %%r15, %1\n movdqu %%xmm3, %3"
			 : "=m"(rbx), "=m"(r15), "=r"(flags), "=m"(xmm3)
			 :
			 : "rax", "rbx", "r15", "xmm3", "cc");
	printf("rbx %lx r15 %lu flags %lx xmm3", rbx, r15, flags & 0x4001);
	for (int i = 0; i < 16; i++)
		printf(" %d", xmm3[i]);
	printf("\n");
}

// TF: one SIGTRAP for each instruction until the handler clears it.
static volatile int steps;
static void step(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	ucontext_t *uc = context;
	if (steps == 0)
		printf("step code %d trap %lld err %lld at rip %d\n", info->si_code, REG(uc, TRAPNO), REG(uc, ERR),
		       info->si_addr == (void *)REG(uc, RIP));
	if (++steps == 10)
		REG(uc, EFL) &= ~0x100ll;
}

static void trapped(int signal, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	printf("%d code %d trap %lld err %lld addr is rip %d\n", signal, info->si_code, REG(uc, TRAPNO), REG(uc, ERR),
	       info->si_addr == (void *)REG(uc, RIP));
	if (signal == SIGFPE && info->si_code == FPE_INTDIV)
		REG(uc, RIP) += 2; // div %ecx
	if (signal == SIGILL)
		REG(uc, RIP) += 2;
	if (signal == SIGFPE && info->si_code != FPE_INTDIV)
		*(unsigned *)((char *)uc->uc_mcontext.fpregs + 24) = 0x1f80;
}

int main(void)
{
	install(SIGUSR1, show_frame, 0);
	raise(SIGUSR1);
	OK(kill(getpid(), SIGUSR1));
	install(SIGUSR2, clobber, 0);
	preserved();
	install(SIGSEGV, skip_load, 0);
	change();
	install(SIGTRAP, step, 0);
	__asm__ volatile("pushf; orl $0x100,(%%rsp); popf; nop; nop; mov $39,%%eax; syscall; nop; nop; nop; nop; nop; nop; nop; nop; nop; nop" ::: "rax", "rcx", "r11", "cc", "memory");
	printf("%d steps\n", steps);
	install(SIGFPE, trapped, 0);
	install(SIGILL, trapped, 0);
	install(SIGTRAP, trapped, 0);
	__asm__ volatile("xor %%edx,%%edx; mov $1,%%eax; xor %%ecx,%%ecx; div %%ecx" : : : "rax", "rcx", "rdx");
	__asm__ volatile("ud2");
	__asm__ volatile("int3");
	unsigned unmasked = 0x1f80 & ~0x200u; // divide by zero
	float one = 1, zero = 0;
	__asm__ volatile("ldmxcsr %0; movss %1,%%xmm0; divss %2,%%xmm0" : : "m"(unmasked), "m"(one), "m"(zero) : "xmm0");
	// cr2 stays that of the last page fault.
	raise(SIGUSR1);
	return 0;
}
