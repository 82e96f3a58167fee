#include <signal.h>
#include <sys/mman.h>
#include "check.h"

#define PAGE 4096ul
#define PAGES 500

// The handler makes the page writable and returns: the store happens again and succeeds.
static char *window;
static volatile int faults;

static void handler(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	char *page = (char *)((unsigned long)info->si_addr & ~(PAGE - 1));
	CHECK(page >= window && page < window + PAGES * PAGE);
	OK(mprotect(page, PAGE, PROT_READ | PROT_WRITE));
	faults++;
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	OK(sigaction(SIGSEGV, &action, NULL));
	window = mmap(NULL, PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(window != MAP_FAILED);
	for (int i = 0; i < PAGES; i++)
		((volatile char *)window)[i * PAGE + i] = (char)i;
	CHECK(faults == PAGES, "%d", faults);
	OK(mprotect(window, PAGES * PAGE, PROT_READ));
	for (int i = PAGES - 1; i >= 0; i--)
		((volatile char *)window)[i * PAGE + i]++;
	for (int i = 0; i < PAGES; i++)
		CHECK(window[i * PAGE + i] == (char)(i + 1));
	printf("%d faults\n", faults);
	return 0;
}
