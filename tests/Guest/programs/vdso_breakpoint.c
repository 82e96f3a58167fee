// A breakpoint in the vDSO is the process's own: writable by mprotect, copied on write, not seen by others. Its data is
// never writable.
#include <signal.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include "check.h"
#include "vdso_parse.h"

static unsigned char *function;
static unsigned char first_byte;
static int hits;

static void on_trap(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	ucontext_t *at = context;
	CHECK(at->uc_mcontext.gregs[REG_RIP] == (greg_t)(uintptr_t)function + 1);
	at->uc_mcontext.gregs[REG_RIP]--;
	*function = first_byte;
	hits++;
}

int main(void)
{
	struct vdso vdso;
	unsigned char *image = (unsigned char *)getauxval(AT_SYSINFO_EHDR);
	CHECK(vdso_open(&vdso, image));
	function = vdso_symbol(&vdso, "__vdso_time", "LINUX_2.6");
	CHECK(function != NULL);

	// Linux changes it as a whole only.
	size_t size = (vdso.size + 4095) & -4096ul;
	time_t (*vdso_time)(time_t *) = (void *)function;

	SHOW(mprotect(image - 4096, 4096, PROT_READ | PROT_WRITE));
	SHOW(mprotect(image - 4096, 4096, PROT_READ));
	CHECK(!kernel_writes(image), "the vDSO is writable");
	OK(mprotect(image, size, PROT_READ | PROT_WRITE | PROT_EXEC));
	first_byte = *function;

	struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
	OK(sigaction(SIGTRAP, &action, NULL));
	*function = 0xcc;
	pid_t child = fork();
	if (child == 0) {
		// The breakpoint came along, and is removed here alone.
		CHECK(vdso_time(NULL) > 1000000000);
		_exit(hits);
	}
	int status;
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	printf("child hit %d\n", WEXITSTATUS(status));
	CHECK(*function == 0xcc, "the child's write is in the parent");

	// Other programs have none.
	child = vfork();
	if (child == 0) {
		execl("/bin/date", "date", "+breakpoints elsewhere: none", NULL);
		_exit(127);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(vdso_time(NULL) > 1000000000);
	printf("parent hit %d, status of the other program %d\n", hits, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
	CHECK(vdso_time(NULL) > 1000000000 && hits == 1);
	OK(mprotect(image, size, PROT_READ | PROT_EXEC));
	return 0;
}
