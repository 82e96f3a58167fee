#include <sys/random.h>
#include "check.h"

int main(void)
{
	unsigned char a[256], b[256];
	memset(a, 0, sizeof(a));
	SHOW(getrandom(a, 256, 0));
	SHOW(getrandom(b, 256, GRND_NONBLOCK));
	CHECK(memcmp(a, b, 256) != 0);
	int zeroes = 0;
	for (int i = 0; i < 256; i++)
		zeroes += a[i] == 0;
	CHECK(zeroes < 20);
	SHOW(getrandom(a, 16, GRND_RANDOM));
	SHOW(getrandom(a, 16, GRND_RANDOM | GRND_NONBLOCK));
	SHOW(getrandom(a, 16, GRND_INSECURE));
	SHOW(getrandom(a, 0, 0));
	SHOW(getrandom(a, 16, GRND_INSECURE | GRND_RANDOM));
	SHOW(getrandom(a, 16, 8));
	SHOW(getrandom(a, 16, -1));
	SHOW(syscall(SYS_getrandom, NULL, 16, 0));
	SHOW(syscall(SYS_getrandom, NULL, 16, 8));
	SHOW(syscall(SYS_getrandom, NULL, 0, 0));
	static unsigned char large[1 << 20];
	SHOW(getrandom(large, sizeof(large), 0));
	CHECK(memcmp(large, large + 4096, 4096) != 0);
	return 0;
}
