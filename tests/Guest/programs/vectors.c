// build: -static -O3 -mavx2 -mfma -lm
// native-only-if: cpu avx2
// timeout: 60
#include <math.h>
#include <sys/mman.h>
#include "check.h"

// Vector arithmetic through fresh memory: every page faults in the middle of a loop whose state is in ymm registers.
int main(void)
{
	const long n = 1 << 20;
	double total = 0;
	for (int round = 0; round < 4; round++) {
		float *a = mmap(NULL, n * 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		float *b = mmap(NULL, n * 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		float *c = mmap(NULL, n * 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(a != MAP_FAILED && b != MAP_FAILED && c != MAP_FAILED);
		for (long i = 0; i < n; i++)
			a[i] = (float)(i % 1000) * 0.25f + round;
		for (long i = 0; i < n; i++)
			b[i] = a[i] * 1.5f - 3.0f;
		for (long i = 0; i < n; i++)
			c[i] = a[i] * b[i] + c[i];
		double sums[8] = {0};
		for (long i = 0; i < n; i += 8)
			for (int k = 0; k < 8; k++)
				sums[k] += c[i + k];
		for (int k = 0; k < 8; k++)
			total += sums[k] + sqrt(k + round);
		OK(munmap(a, n * 4));
		OK(munmap(b, n * 4));
		OK(munmap(c, n * 4));
	}
	printf("%.17g\n", total);
	return 0;
}
