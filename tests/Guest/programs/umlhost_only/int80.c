// umlhost: --log-level error
#include "check.h"

// int 0x80 numbers its calls another way (4 is write there, stat here): it is refused, whatever the number.
static long int80(long number, long b, long c, long d)
{
	long result;
	__asm__ volatile("int $0x80" : "=a"(result) : "0"(number), "b"(b), "c"(c), "d"(d) : "memory");
	return result;
}

int main(void)
{
	static const int numbers[] = {0, 1, 4, 20, 252, 1000};
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		CHECK(int80(numbers[i], 1, (long)"bad!\n", 5) == -ENOSYS, "number %d", numbers[i]);
	printf("refused, and still running\n");
	return 0;
}
