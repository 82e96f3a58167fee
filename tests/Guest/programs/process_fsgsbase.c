// build: -static -mfsgsbase
// native-only-if: cpu fsgsbase
#include <asm/prctl.h>
#include <immintrin.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "check.h"

static void *spin(void *argument)
{
	unsigned long mine = (unsigned long)argument;
	for (int i = 0; i < 2000; i++) {
		_writegsbase_u64(mine + i);
		if (i % 16 == 0)
			syscall(SYS_getppid);
		if (i % 64 == 0) {
			char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			*(volatile char *)page = 1;
			munmap(page, 4096);
		}
		CHECK(_readgsbase_u64() == mine + i);
	}
	return NULL;
}

int main(void)
{
	unsigned long fs = _readfsbase_u64(), asked;
	OK(syscall(SYS_arch_prctl, ARCH_GET_FS, &asked));
	CHECK(fs == asked);
	_writegsbase_u64(0x123456789000);
	OK(syscall(SYS_arch_prctl, ARCH_GET_GS, &asked));
	CHECK(asked == 0x123456789000, "%lx", asked);
	OK(syscall(SYS_arch_prctl, ARCH_SET_GS, 0x4567000));
	CHECK(_readgsbase_u64() == 0x4567000);

	// fs elsewhere: nothing of the C library until it is back.
	unsigned long seen;
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	__asm__ volatile("wrfsbase %2\n\tmov %3, %%eax\n\tsyscall\n\tmovb $1, (%4)\n\trdfsbase %0\n\twrfsbase %1"
			 : "=&r"(seen)
			 : "r"(fs), "r"(0x77777000ul), "i"(SYS_getppid), "r"(page)
			 : "rax", "rcx", "r11", "memory");
	CHECK(seen == 0x77777000, "%lx", seen);

	pthread_t threads[4];
	for (unsigned long i = 0; i < 4; i++)
		CHECK(pthread_create(&threads[i], NULL, spin, (void *)((i + 1) << 32)) == 0);
	for (int i = 0; i < 4; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	_writegsbase_u64(0x5550000);
	pid_t pid = fork();
	if (pid == 0)
		_exit(_readgsbase_u64() == 0x5550000 ? 0 : 1);
	int status;
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	CHECK(_readgsbase_u64() == 0x5550000);
	puts("ok");
	return 0;
}
