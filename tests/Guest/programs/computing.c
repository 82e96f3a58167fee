// timeout: 60
// build: -static -Wno-infinite-recursion -Wno-clobbered -lm
#include <math.h>
#include <setjmp.h>
#include "check.h"

static unsigned state = 12345;

static unsigned next(void)
{
	return state = state * 1664525 + 1013904223;
}

static int by_value(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;
	return (x > y) - (x < y);
}

static void sort(void)
{
	const int n = 1000000;
	int *v = malloc(n * sizeof(*v));
	unsigned long sum = 0, after = 0;
	for (int i = 0; i < n; i++)
		sum += v[i] = (int)(next() >> 1);
	qsort(v, n, sizeof(*v), by_value);
	for (int i = 0; i < n; i++) {
		after += v[i];
		CHECK(i == 0 || v[i - 1] <= v[i]);
	}
	CHECK(sum == after);
	printf("sorted: %d %d %d\n", v[0], v[n / 2], v[n - 1]);
	free(v);
}

static void allocate(void)
{
	static struct { unsigned char *at; unsigned size; unsigned char mark; } blocks[2000];
	unsigned long total = 0;
	for (int i = 0; i < 200000; i++) {
		unsigned k = next() >> 16 & 2047;
		if (k >= 2000)
			continue;
		if (blocks[k].at) {
			CHECK(blocks[k].at[0] == blocks[k].mark && blocks[k].at[blocks[k].size - 1] == blocks[k].mark);
			if (next() & 0x10000) {
				free(blocks[k].at);
				blocks[k].at = NULL;
				continue;
			}
		}
		unsigned size = (next() >> 16) % ((next() & 0x3f0000) ? 3000 : 300000) + 1;
		blocks[k].at = realloc(blocks[k].at, size);
		CHECK(blocks[k].at);
		blocks[k].size = size;
		blocks[k].mark = (unsigned char)i;
		blocks[k].at[0] = blocks[k].at[size - 1] = (unsigned char)i;
		total += size;
	}
	printf("allocated: %lu\n", total);
}

static jmp_buf away;

__attribute__((noinline)) static void deeper(volatile int depth)
{
	if (depth == 0)
		longjmp(away, 77);
	deeper(depth - 1);
	__asm__ volatile("" : : "r"(depth));
}

static void jump(void)
{
	volatile int jumps = 0;
	for (int i = 0; i < 1000; i++) {
		int value = setjmp(away);
		if (value == 0)
			deeper(i);
		CHECK(value == 77);
		jumps++;
	}
	printf("jumps: %d\n", jumps);
}

__attribute__((noinline)) static unsigned ackermann(unsigned m, unsigned n)
{
	return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

static void floats(void)
{
	static const double values[] = {0.1, 1.0 / 3, 1e300, 5e-324, 123456.789, -0.0, INFINITY, NAN, 2.5, 3.5};
	for (unsigned i = 0; i < sizeof(values) / sizeof(*values); i++)
		printf("%g %.3f %e %a %.17g\n", values[i], values[i], values[i], values[i], values[i]);
	printf("%Lf %La %.20Lg\n", 1.0L / 3, 1.0L / 3, sqrtl(2));
	printf("%.15g %.15g %.15g %.15g\n", sin(1e6), exp(1.5), pow(2.5, 3.5), atan2(1, -2));
}

int main(void)
{
	sort();
	allocate();
	jump();
	printf("ackermann: %u\n", ackermann(2, 2000) + ackermann(3, 8));
	floats();
	return 0;
}
