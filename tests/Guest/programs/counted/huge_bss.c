// build: -static -nostdlib -nostartfiles -mcmodel=large

// 4 GiB of bss, of which two pages are written: too much for libc's own code model.
static volatile char bss[4l << 30];

__attribute__((noreturn)) void _start(void)
{
	bss[0] = 3;
	bss[sizeof(bss) - 1] = 4;
	for (;;)
		__asm__ volatile("syscall" : : "a"(231), "D"(bss[0] + bss[sizeof(bss) - 1]) : "rcx", "r11", "memory");
}
