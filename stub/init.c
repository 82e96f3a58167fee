/*
 * The stub executable: how a host child comes up. The supervisor spawns it with the memory file as its only
 * descriptor and the file offset of an init page as its argument. It maps the stub pages at their fixed
 * address and goes on there; everything after that (unmapping this very program, signal handlers, the seccomp
 * filter) is a batch of operations that the supervisor left in the init page.
 */
#include <elf.h>
#include <linux/mman.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "layout.h"

#define FAILED(result)	((unsigned long)(result) > -4096UL)

static inline long call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

__attribute__((noreturn)) static void fail(int status)
{
	for (;;)
		call(__NR_exit_group, status, 0, 0, 0, 0, 0);
}

static void *map(unsigned long at, unsigned long size, int prot, unsigned long offset)
{
	long result = call(__NR_mmap, at, size, prot, MAP_SHARED | (at ? MAP_FIXED_NOREPLACE : 0),
			   STUB_MEMORY_FD, offset);

	if (FAILED(result) || (at && (unsigned long)result != at))
		fail(STUB_EXIT_MAP);
	return (void *)result;
}

static unsigned long auxiliary(const long *stack, long type)
{
	const long *entry = stack + 1 + stack[0] + 1;

	while (*entry++)
		;
	for (; entry[0] != AT_NULL; entry += 2) {
		if (entry[0] == type)
			return (unsigned long)entry[1];
	}
	return 0;
}

/* The host's vDSO finds its data at a fixed distance: all parts move by the same. */
static void move_host_vdso(const struct stub_init *init, unsigned long vdso)
{
	for (int i = 0; i < STUB_HOST_VDSO_PARTS && init->host_vdso[i].size; i++) {
		unsigned long size = init->host_vdso[i].size;
		long to = STUB_HOST_VDSO + init->host_vdso[i].offset - init->host_vdso[0].offset;

		if (!vdso || FAILED(call(__NR_mremap, (long)vdso + init->host_vdso[i].offset, size, size,
					 MREMAP_MAYMOVE | MREMAP_FIXED, to, 0)))
			fail(STUB_EXIT_VDSO);
	}
}

static unsigned long parse_hex(const char *text)
{
	unsigned long value = 0;

	for (; *text; text++)
		value = value << 4 | (unsigned long)(*text <= '9' ? *text - '0' : *text - 'a' + 10);
	return value;
}

__attribute__((noreturn, used)) static void start(const long *stack)
{
	const char *const *argv = (const char *const *)(stack + 1);
	const struct stub_init *init;

	if (stack[0] != 2)
		fail(STUB_EXIT_ARGS);
	if (FAILED(call(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0)))
		fail(STUB_EXIT_PRCTL);
	init = map(0, STUB_PAGE_SIZE, PROT_READ, parse_hex(argv[1]));
	/* The parent may have died before the death signal was asked for. */
	if ((unsigned long)call(__NR_getppid, 0, 0, 0, 0, 0, 0) != init->supervisor)
		fail(STUB_EXIT_ORPHAN);

	map(STUB_CODE, STUB_PAGE_SIZE, PROT_READ | PROT_EXEC, init->code_offset);
	map(STUB_BATCH, STUB_PAGE_SIZE, PROT_READ, init->batch_offset);
	map(STUB_DATA, STUB_DATA_SIZE, PROT_READ | PROT_WRITE, init->data_offset);
	move_host_vdso(init, auxiliary(stack, AT_SYSINFO_EHDR));

	/* From here on in the stub page: the first operation unmaps this program. */
	((void (*)(void))(STUB_CODE + *(const unsigned long *)(STUB_CODE + STUB_HEADER_START)))();
	__builtin_unreachable();
}

__asm__(".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call start\n");
