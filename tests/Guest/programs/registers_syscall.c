#include "registers.h"

UNDER_TEST(call, "syscall");

static void expect(const char *what, int level)
{
	CHECK(reg_out.general[RCX] == (unsigned long)call_after[level], "%s: rcx %#lx is not the return address", what,
	      reg_out.general[RCX]);
	CHECK(reg_out.general[R11] == reg_out.general[FLAGS], "%s: r11 %#lx, flags %#lx", what, reg_out.general[R11],
	      reg_out.general[FLAGS]);
	compare_registers(what, 1 << RAX | 1 << RCX | 1 << R11, level);
}

static long run(const char *what, unsigned seed, int level, long number, long first)
{
	fill_registers(seed);
	reg_in.general[RAX] = number;
	reg_in.general[RDI] = first;
	call[level]();
	expect(what, level);
	return reg_out.general[RAX];
}

int main(void)
{
	for (unsigned seed = 0; seed < 40; seed++)
		for (int level = 0; level <= widest_vectors(); level++) {
			CHECK(run("getppid", seed, level, SYS_getppid, 0) == syscall(SYS_getppid));
			CHECK(run("close", seed, level, SYS_close, -1) == -EBADF);
			CHECK(run("unknown", seed, level, 1000, 0) == -ENOSYS);
			CHECK(run("largest", seed, level, 0x7fffffff, 0) == -ENOSYS);
			CHECK(run("brk", seed, level, SYS_brk, 0) > 0);

			// The upper half of rax does not count.
			fill_registers(seed);
			reg_in.general[RAX] = 0x1234567800000000 | SYS_getppid;
			call[level]();
			expect("high bits in rax", level);
			printf("getppid with high bits in rax: %s\n",
			       (long)reg_out.general[RAX] == syscall(SYS_getppid) ? "works" : "other");
		}
	printf("ok, vectors of level %d\n", widest_vectors());
	return 0;
}
