#include <pthread.h>
#include <asm/prctl.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include "check.h"

static void *volatile bad = (void *)16;

static void names(void)
{
	char name[32];
	memset(name, '#', sizeof(name));
	OK(prctl(PR_GET_NAME, name));
	puts(name);
	SHOW(prctl(PR_SET_NAME, "0123456789abcdefghij"));
	memset(name, '#', sizeof(name));
	OK(prctl(PR_GET_NAME, name));
	printf("%.32s %d\n", name, name[15]);
	CHECK(name[16] == '#');
	SHOW(prctl(PR_SET_NAME, ""));
	OK(prctl(PR_GET_NAME, name));
	printf("'%s' %d %d\n", name, name[1], name[14]);
	SHOW(prctl(PR_SET_NAME, bad));
	SHOW(prctl(PR_GET_NAME, bad));
	SHOW(prctl(PR_SET_NAME, "parent"));
}

static void *thread(void *unused)
{
	char name[16];
	OK(prctl(PR_GET_NAME, name));
	puts(name);
	SHOW(prctl(PR_SET_NAME, "thread"));
	SHOW(prctl(PR_GET_TIMERSLACK));
	SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	return unused;
}

static void states(void)
{
	int word = -1;
	SHOW(prctl(PR_SET_PDEATHSIG, 65));
	SHOW(prctl(PR_SET_PDEATHSIG, -1));
	SHOW(prctl(PR_SET_PDEATHSIG, SIGUSR1));
	SHOW(prctl(PR_GET_PDEATHSIG, &word));
	printf("%d\n", word);
	SHOW(prctl(PR_GET_PDEATHSIG, bad));
	SHOW(prctl(PR_SET_PDEATHSIG, 0));
	SHOW(prctl(PR_GET_DUMPABLE));
	SHOW(prctl(PR_SET_DUMPABLE, 2));
	SHOW(prctl(PR_SET_DUMPABLE, 0));
	SHOW(prctl(PR_GET_DUMPABLE));
	SHOW(prctl(PR_SET_CHILD_SUBREAPER, 1));
	SHOW(prctl(PR_GET_CHILD_SUBREAPER, &word));
	printf("%d\n", word);
	SHOW(prctl(PR_GET_CHILD_SUBREAPER, bad));
	SHOW(prctl(PR_GET_TIMERSLACK));
	SHOW(prctl(PR_SET_TIMERSLACK, 12345));
	SHOW(prctl(PR_GET_TIMERSLACK));
	SHOW(prctl(PR_SET_TIMERSLACK, 0));
	SHOW(prctl(PR_GET_TIMERSLACK));
	SHOW(prctl(PR_SET_TIMERSLACK, 777));
	SHOW(prctl(PR_GET_TIMING));
	SHOW(prctl(PR_SET_TIMING, PR_TIMING_TIMESTAMP));
	SHOW(prctl(PR_SET_TIMING, PR_TIMING_STATISTICAL));
	SHOW(prctl(PR_GET_SECCOMP));
	SHOW(prctl(PR_GET_TSC, &word));
	printf("%d\n", word);
	SHOW(prctl(PR_SET_TSC, PR_TSC_ENABLE));
	SHOW(prctl(PR_SET_TSC, 3));
	SHOW(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0));
	SHOW(prctl(PR_MCE_KILL_GET, 1, 0, 0, 0));
	SHOW(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0));
	SHOW(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0));
	SHOW(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, 9, 0, 0));
	SHOW(prctl(PR_MCE_KILL, PR_MCE_KILL_CLEAR, 0, 0, 0));
	SHOW(prctl(PR_MCE_KILL, 7, 0, 0, 0));
	SHOW(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0));
	SHOW(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	SHOW(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
	SHOW(prctl(PR_GET_THP_DISABLE, 1, 0, 0, 0));
	SHOW(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0));
	SHOW(prctl(PR_GET_FPEMU, &word));
	SHOW(prctl(PR_SET_FPEMU, 0));
	SHOW(prctl(PR_GET_FPEXC, &word));
	SHOW(prctl(PR_GET_ENDIAN, &word));
	SHOW(prctl(PR_SET_UNALIGN, 0));
	SHOW(prctl(PR_SET_MM, 99, 0, 0, 0));
	SHOW(prctl(PR_CAPBSET_READ, 64));
	SHOW(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 0, 1, 0));
	SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0));
	SHOW(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0));
	SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	SHOW(prctl(PR_SET_KEEPCAPS, 7));
	SHOW(prctl(PR_GET_SPECULATION_CTRL, 99, 0, 0, 0));
	SHOW(prctl(PR_GET_SPECULATION_CTRL, 0, 1, 0, 0));
	SHOW(prctl(PR_SET_SPECULATION_CTRL, 99, PR_SPEC_ENABLE, 0, 0));
	SHOW(prctl(PR_SET_VMA, 99, 0, 0, 0));
	SHOW(prctl(-1));
	SHOW(prctl(0));
	SHOW(prctl(12345, 1, 2, 3, 4));
	void *address = NULL;
	int *here = &word;
	OK(syscall(SYS_set_tid_address, here));
	SHOW(prctl(PR_GET_TID_ADDRESS, &address));
	CHECK(address == here || errno == EINVAL);
}

static void child(void)
{
	char name[16];
	int word;
	OK(prctl(PR_GET_NAME, name));
	puts(name);
	SHOW(prctl(PR_GET_DUMPABLE));
	SHOW(prctl(PR_GET_CHILD_SUBREAPER, &word));
	printf("%d\n", word);
	SHOW(prctl(PR_GET_TIMERSLACK));
	SHOW(prctl(PR_SET_TIMERSLACK, 5));
	SHOW(prctl(PR_SET_TIMERSLACK, 0));
	SHOW(prctl(PR_GET_TIMERSLACK));
	SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

static void domains(void)
{
	struct utsname name;
	SHOW(personality(0xffffffff));
	SHOW(personality(PER_LINUX32));
	SHOW(personality(0xffffffff));
	OK(uname(&name));
	puts(name.machine);
	SHOW(personality(PER_LINUX | ADDR_NO_RANDOMIZE));
	SHOW(syscall(SYS_personality, 0xffffffff));
	OK(uname(&name));
	puts(name.machine);
}

static void architecture(void)
{
	unsigned long mask = 0;
	SHOW(syscall(SYS_arch_prctl, ARCH_GET_CPUID, 0));
	SHOW(syscall(SYS_arch_prctl, 0x1022, &mask));
	CHECK(mask & 2, "SSE state");
	SHOW(syscall(SYS_arch_prctl, 0x1022, bad));
	SHOW(syscall(SYS_arch_prctl, 0x1023, 100));
	SHOW(syscall(SYS_arch_prctl, 0x1023, 1));
	SHOW(syscall(SYS_arch_prctl, 0x3001, &mask));
	SHOW(syscall(SYS_arch_prctl, 0x5005, &mask));
	SHOW(syscall(SYS_set_thread_area, &mask));
	SHOW(syscall(SYS_get_thread_area, &mask));
}

static void wait_for(pid_t pid)
{
	int status;
	CHECK(waitpid(pid, &status, 0) == pid && status == 0, "%x", status);
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		printf("exec: %d\n", personality(0xffffffff));
		char name[16];
		OK(prctl(PR_GET_NAME, name));
		puts(name);
		SHOW(prctl(PR_GET_DUMPABLE));
		SHOW(prctl(PR_GET_TIMERSLACK));
		SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
		return 0;
	}
	names();
	states();
	pthread_t other;
	CHECK(pthread_create(&other, NULL, thread, NULL) == 0);
	CHECK(pthread_join(other, NULL) == 0);
	char name[16];
	OK(prctl(PR_GET_NAME, name));
	puts(name);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		child();
		exit(0);
	}
	wait_for(pid);
	domains();
	architecture();
	fflush(stdout);
	execl(argv[0], "something else", "exec", NULL);
	return 1;
}
