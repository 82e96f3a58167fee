// build: -static -Wno-infinite-recursion
#include "check.h"

__attribute__((noinline)) static int descend(volatile int depth)
{
	volatile char frame[5000];
	frame[0] = (char)depth;
	return descend(depth + 1) + frame[0];
}

// Runs out of stack: SIGSEGV.
int main(void)
{
	printf("before\n");
	fflush(stdout);
	return descend(0);
}
