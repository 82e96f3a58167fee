#include "check.h"

// Numbers that no kernel has, one beyond the table, and one of the x32 table that this kernel is built without.
int main(void)
{
	SHOW(syscall(1000));
	SHOW(syscall(511));
	SHOW(syscall(600));
	SHOW(syscall(0x7fffffff));
	SHOW(syscall(-1));
	SHOW(syscall(-2));
	SHOW(syscall(0x80000000));
	SHOW(syscall(0x40000000 | SYS_getpid) > 0);
	SHOW(syscall(0x40000000 | SYS_write, 1, "x32!\n", 5));
	SHOW(syscall(0x40000000 | 512));
	SHOW(syscall(180));
	SHOW(syscall(183));
	SHOW(syscall(SYS_restart_syscall));
	return 0;
}
