// What rt_sigreturn refuses, and what it takes as it comes.
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "check.h"

static sigjmp_buf back;
static int what;

static void segv(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	printf("  SIGSEGV code %d addr %p\n", info->si_code, info->si_addr);
	siglongjmp(back, 2);
}

static void change(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info;
	ucontext_t *uc = context;
	unsigned char *fp = (unsigned char *)uc->uc_mcontext.fpregs;
	unsigned *software = (unsigned *)(fp + 464);
	static unsigned char copy[16384] __attribute__((aligned(64)));
	switch (what) {
	case 0: break;
	case 1: uc->uc_mcontext.fpregs = NULL; break;
	case 2: uc->uc_mcontext.fpregs = (void *)8; break;
	case 3: *(unsigned *)(fp + 24) = 0xffff1f80; break; // reserved bits of MXCSR
	case 4: *(unsigned long *)(fp + 512) |= 1ul << 62; break; // a feature that does not exist
	case 5: *(unsigned long *)(fp + 520) = 1ul << 63; break; // compacted
	case 6: software[0] = 0; break;
	case 7: *(unsigned *)(fp + software[4]) = 0; break;
	case 8: software[4] = 100; break;
	case 9: memcpy(copy + 64, fp, software[1]); uc->uc_mcontext.fpregs = (void *)(copy + 64); break;
	case 10: memcpy(copy + 72, fp, software[1]); uc->uc_mcontext.fpregs = (void *)(copy + 72); break;
	case 11: *(unsigned long *)(software + 2) = 3; break; // only FP and SSE
	case 12: *(unsigned long *)(fp + 512) = 0; break; // everything initial
	case 13: uc->uc_mcontext.gregs[REG_RIP] = 1l << 62; break;
	case 14: uc->uc_mcontext.gregs[REG_CSGSFS] = 0x2b00000000000010; break; // the kernel's selector
	case 15: uc->uc_mcontext.gregs[REG_CSGSFS] = 0x0000000000000033; break; // no stack segment
	case 16: uc->uc_flags &= ~4ul; uc->uc_mcontext.gregs[REG_CSGSFS] = 0x1234000000000033; break; // not strict
	case 17: uc->uc_mcontext.gregs[REG_EFL] |= 0x3000 | 0x20000 | 0x80000; break; // IOPL, VM, VIF
	case 18: uc->uc_stack.ss_size = 5; uc->uc_stack.ss_flags = 0; break; // refused, quietly
	}
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = segv, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
	static char alternate[65536];
	stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)};
	OK(sigaltstack(&stack, NULL));
	OK(sigaction(SIGSEGV, &action, NULL));
	OK(sigaction(SIGBUS, &action, NULL));
	action.sa_sigaction = change;
	action.sa_flags = SA_SIGINFO;
	OK(sigaction(SIGUSR1, &action, NULL));
	for (what = 0; what <= 18; what++) {
		printf("%d\n", what);
		if (sigsetjmp(back, 1) == 0) {
			unsigned mxcsr = 0x3f80, after = 0;
			unsigned long flags;
			float in[4] = {1, 2, 3, 4}, out[4];
			long rax = SYS_tgkill;
			register long rdi __asm__("rdi") = getpid();
			register long rsi __asm__("rsi") = syscall(SYS_gettid);
			register long rdx __asm__("rdx") = SIGUSR1;
			__asm__ volatile("ldmxcsr %[mx]; movups %[in],%%xmm9; syscall; movups %%xmm9,%[out]; stmxcsr %[after]; pushf; pop %[flags]"
					 : "+a"(rax), [out] "=m"(out), [after] "=m"(after), [flags] "=r"(flags)
					 : "r"(rdi), "r"(rsi), "r"(rdx), [in] "m"(in), [mx] "m"(mxcsr)
					 : "rcx", "r11", "memory", "xmm9");
			mxcsr = 0x1f80;
			__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
			printf("  rax %ld mxcsr %x xmm9 %g %g %g %g flags %lx\n", rax, after, out[0], out[1], out[2], out[3], flags & 0xff3000);
		} else {
			unsigned mxcsr = 0x1f80;
			__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
		}
	}
	OK(sigaltstack(NULL, &stack));
	printf("stack size %zu\n", stack.ss_size);
	return 0;
}
