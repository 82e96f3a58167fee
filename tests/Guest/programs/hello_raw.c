// No libc at all: the smallest guest.
// build: -static -nostdlib -ffreestanding -fno-stack-protector

static long call(long number, long a, long b, long c)
{
	long result;
	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return result;
}

void _start(void)
{
	static const char text[] = "hello, raw\n";
	long written = call(1, 1, (long)text, sizeof(text) - 1);
	call(231, written == sizeof(text) - 1 ? 7 : 1, 0, 0);
	__builtin_unreachable();
}
