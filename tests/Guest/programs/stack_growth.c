#include <sys/resource.h>
#include "check.h"

__attribute__((noinline)) static unsigned long descend(long depth, const char *top, long bytes)
{
	volatile char frame[1000];
	for (unsigned i = 0; i < sizeof(frame); i++)
		frame[i] = (char)(depth + i);
	if (top - (const char *)frame >= bytes)
		return depth;
	unsigned long deepest = descend(depth + 1, top, bytes);
	for (unsigned i = 0; i < sizeof(frame); i++)
		CHECK(frame[i] == (char)(depth + i), "frame %ld changed", depth);
	return deepest;
}

// One step far below everything touched so far is allowed: the stack has no guard but its limit.
__attribute__((noinline)) static int leap(void)
{
	volatile char frame[3 << 20];
	frame[0] = 7;
	return frame[0];
}

int main(void)
{
	struct rlimit limit;
	OK(getrlimit(RLIMIT_STACK, &limit));
	CHECK(limit.rlim_cur >= 8 << 20);
	char here;
	CHECK(leap() == 7);
	CHECK(descend(0, &here, 4 << 20) > 3000);
	// A system call writes below the stack pointer's lowest point so far.
	volatile char *far = &here;
	__asm__("sub %1, %0" : "+r"(far) : "i"(5 << 20));
	printf("kernel writes far down: %d\n", kernel_writes((void *)far));
	CHECK(descend(0, &here, 6 << 20) > 4000);
	printf("ok\n");
	return 0;
}
