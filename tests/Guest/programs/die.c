// args: load
// args: store
// args: text
// args: jump
// args: noncanonical
// args: kernel
// args: illegal
// args: divide
// args: privileged
// args: protnone
#include <sys/mman.h>
#include "check.h"

// Ends by a fault that nobody handles: the status is the signal's.
int main(int argc, char **argv)
{
	CHECK(argc == 2);
	const char *how = argv[1];
	printf("before\n");
	fflush(stdout);
	volatile char *bad = (volatile char *)8;
	__asm__("" : "+r"(bad)); // the compiler need not know
	if (!strcmp(how, "load"))
		(void)*bad;
	if (!strcmp(how, "store"))
		*bad = 1;
	if (!strcmp(how, "text"))
		*(volatile char *)(void *)main = 1;
	if (!strcmp(how, "jump"))
		((void (*)(void))(long)0x10)();
	if (!strcmp(how, "noncanonical"))
		__asm__ volatile("movb $1, (%0)" : : "r"(0x8000000000000000) : "memory");
	if (!strcmp(how, "kernel"))
		__asm__ volatile("movb $1, (%0)" : : "r"(0xffffffff81000000) : "memory");
	if (!strcmp(how, "illegal"))
		__asm__ volatile("ud2");
	if (!strcmp(how, "divide"))
		__asm__ volatile("xor %%edx,%%edx; mov $1,%%eax; xor %%ecx,%%ecx; div %%ecx" : : : "rax", "rcx", "rdx");
	if (!strcmp(how, "privileged"))
		__asm__ volatile("hlt");
	if (!strcmp(how, "protnone")) {
		char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		*(volatile char *)page = 1;
	}
	printf("still alive after %s\n", how);
	return 3;
}
