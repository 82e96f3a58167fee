/*
 * The second wall. Under PTRACE_SYSEMU a guest's call never reaches the filter; what does (the stub's own
 * calls, the vsyscall page, a resume gone wrong) must come from the stub code page and be one of the calls
 * that operations use. Everything else raises SIGSYS, which stops in the supervisor.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "layout.h"

#define LOAD(offset)		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define LOAD_FIELD(field)	LOAD(offsetof(struct seccomp_data, field))
#define RETURN(action)		BPF_STMT(BPF_RET | BPF_K, action)
/* Each test is two instructions: skip the refusal, or refuse. */
#define REQUIRE(op, k)		BPF_JUMP(BPF_JMP | op | BPF_K, k, 1, 0), RETURN(SECCOMP_RET_TRAP)
#define REFUSE(op, k)		BPF_JUMP(BPF_JMP | op | BPF_K, k, 0, 1), RETURN(SECCOMP_RET_TRAP)
#define ALLOW(nr)		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), RETURN(SECCOMP_RET_ALLOW)

#define SECTION	__attribute__((section(".stub.filter"), used, aligned(8)))

SECTION const struct sock_filter stub_filter[] = {
	LOAD_FIELD(arch),
	REQUIRE(BPF_JEQ, AUDIT_ARCH_X86_64),
	LOAD(offsetof(struct seccomp_data, instruction_pointer) + 4),
	REQUIRE(BPF_JEQ, 0),
	LOAD_FIELD(instruction_pointer),
	REQUIRE(BPF_JGE, STUB_CODE),
	REFUSE(BPF_JGE, STUB_CODE + STUB_PAGE_SIZE),
	LOAD_FIELD(nr),
	ALLOW(__NR_mmap),
	ALLOW(__NR_munmap),
	ALLOW(__NR_mprotect),
	ALLOW(__NR_madvise),
	ALLOW(__NR_clone),
	ALLOW(__NR_exit),
	ALLOW(__NR_exit_group),
	ALLOW(__NR_futex),
	ALLOW(__NR_membarrier),
	ALLOW(__NR_pause),
	ALLOW(__NR_restart_syscall),
	ALLOW(__NR_sigaltstack),
	ALLOW(__NR_modify_ldt),
	ALLOW(__NR_arch_prctl),
	RETURN(SECCOMP_RET_TRAP),
};

SECTION const unsigned long stub_filter_length = sizeof(stub_filter) / sizeof(stub_filter[0]);
