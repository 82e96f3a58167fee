// build: -static-pie -fPIE
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include "check.h"

static int data = 42;
static int *pointer = &data; // needs a relocation
static __thread int in_thread = 5;

static const char *const table[] = {"zero", "one", "two"};

int main(int argc, char **argv)
{
	CHECK(*pointer == 42 && in_thread == 5);
	printf("%s %s %s\n", table[0], table[1], table[2]);
	const Elf64_Phdr *ph = (const Elf64_Phdr *)getauxval(AT_PHDR);
	int interpreter = 0, dynamic = 0;
	for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++) {
		interpreter += ph[i].p_type == PT_INTERP;
		dynamic += ph[i].p_type == PT_DYNAMIC;
	}
	printf("interpreter %d dynamic %d base %lu\n", interpreter, dynamic, getauxval(AT_BASE));
	CHECK(argc == 1 && argv[1] == NULL);
	CHECK((unsigned long)main > 0x10000, "loaded somewhere sensible");
	CHECK(*(char *)((unsigned long)ph & ~4095ul) == 0x7f, "the headers are mapped");
	return 3;
}
