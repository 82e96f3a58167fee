// build: -static -Wno-infinite-recursion
#include <setjmp.h>
#include <signal.h>
#include "check.h"

static sigjmp_buf back;
static char alternate[64 * 1024];

static void handler(int signal)
{
	char here;
	CHECK(&here >= alternate && &here < alternate + sizeof(alternate), "on the alternate stack");
	siglongjmp(back, signal);
}

__attribute__((noinline)) static int descend(volatile int depth)
{
	volatile char frame[5000];
	frame[0] = (char)depth;
	return descend(depth + 1) + frame[0];
}

int main(void)
{
	stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)};
	OK(sigaltstack(&stack, NULL));
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
	OK(sigaction(SIGSEGV, &action, NULL));
	for (int i = 0; i < 3; i++) {
		int signal = sigsetjmp(back, 1);
		if (signal == 0)
			descend(0);
		CHECK(signal == SIGSEGV);
		printf("stack overflow caught\n");
	}
	return 0;
}
