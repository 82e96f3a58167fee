// args: 1
// args: 3
// args: 6
// args: 9
// args: 11
// args: 13
// args: 15
// args: 24
// args: 31
// args: 17
// args: 18
// args: 23
// args: 28
// args: 34
// args: 64
// args: frame
// args: sigreturn
// args: blocked
// args: ignored
// Default actions: the status says which signal ended the program, or that none did.
#include <signal.h>
#include <sys/mman.h>
#include "check.h"

static void handler(int signal)
{
	printf("handler %d\n", signal);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	CHECK(argc == 2);
	setvbuf(stdout, NULL, _IONBF, 0);
	if (atoi(argv[1]) != 0) {
		kill(getpid(), atoi(argv[1]));
		printf("still here\n");
	} else if (strcmp(argv[1], "frame") == 0) {
		// The frame cannot be written: SIGSEGV.
		signal(SIGUSR1, handler);
		__asm__ volatile("mov $0x1000, %%esp; mov $62, %%eax; mov $10, %%esi; syscall; ud2" : : "D"(getpid()) : "memory");
	} else if (strcmp(argv[1], "sigreturn") == 0) {
		__asm__ volatile("mov $0x1000, %%esp; mov $15, %%eax; syscall; ud2" : : : "memory");
	} else {
		// A fault whose signal is blocked or ignored ends the program, handler or not.
		sigset_t set;
		sigfillset(&set);
		signal(SIGSEGV, argv[1][0] == 'b' ? handler : SIG_IGN);
		if (argv[1][0] == 'b')
			OK(sigprocmask(SIG_BLOCK, &set, NULL));
		volatile char *bad = (volatile char *)8;
		__asm__("" : "+r"(bad));
		*bad = 1;
	}
	return 0;
}
