// __kernel_get_syscall_map: what it leaves out is not implemented; what it has does not give ENOSYS to a harmless call.
#include <sys/auxv.h>
#include "check.h"
#include "vdso_parse.h"

int main(void)
{
	struct vdso vdso;
	CHECK(vdso_open(&vdso, (const void *)getauxval(AT_SYSINFO_EHDR)));
	const unsigned *(*get_map)(unsigned *) = vdso_symbol(&vdso, "__kernel_get_syscall_map", "LINUX_2.6");
	CHECK(get_map != NULL);
	unsigned count = 0, there = 0;
	const unsigned *map = get_map(&count);
	CHECK(get_map(NULL) == map && count > 400 && count < 1000, "%u", count);
	for (unsigned number = 0; number < count; number++) {
		if (map[number >> 5] & 0x80000000 >> (number & 31))
			there++;
		else
			CHECK(syscall(number, -1, -1, -1, -1, -1, -1) == -1 && errno == ENOSYS, "%u", number);
	}
	static const int sure[] = {SYS_read, SYS_write, SYS_getpid, SYS_close, SYS_clock_gettime, SYS_futex, SYS_openat, SYS_rt_sigreturn};
	for (unsigned i = 0; i < sizeof(sure) / sizeof(sure[0]); i++)
		CHECK(map[sure[i] / 32] & 0x80000000 >> sure[i] % 32, "%d", sure[i]);
	CHECK(there > 200, "%u", there);
	CHECK(!kernel_writes((void *)((unsigned long)map & -4096ul)), "the map is writable");
	printf("the map tells the truth\n");
	return 0;
}
