// args:
// args: one 'two words' '' three
#include <elf.h>
#include <sys/auxv.h>
#include "check.h"

extern char **environ;
extern const Elf64_Ehdr __ehdr_start;

int main(int argc, char **argv)
{
	// argv[0] is a path; the rest is printed as it came.
	CHECK(strstr(argv[0], "args_env") != NULL, "%s", argv[0]);
	for (int i = 1; i < argc; i++)
		printf("argv[%d]=\"%s\"\n", i, argv[i]);
	CHECK(argv[argc] == NULL);
	CHECK(environ == argv + argc + 1, "the environment follows the arguments");
	int count = 0;
	for (char **e = environ; *e; e++, count++)
		printf("%s\n", *e);

	// argc is where the stack pointer was at the start: 16-byte aligned.
	CHECK(((unsigned long)(argv - 1) & 15) == 0, "initial stack pointer %p", (void *)(argv - 1));
	CHECK(*(long *)(argv - 1) == argc);

	const Elf64_auxv_t *aux = (const Elf64_auxv_t *)(environ + count + 1);
	unsigned long seen[64] = {0};
	const Elf64_auxv_t *a = aux;
	for (; a->a_type != AT_NULL; a++)
		if (a->a_type < 64) {
			CHECK(!seen[a->a_type], "type %lu twice", (unsigned long)a->a_type);
			seen[a->a_type] = 1;
		}
	static const unsigned long wanted[] = {AT_PHDR, AT_PHENT, AT_PHNUM, AT_PAGESZ, AT_BASE, AT_FLAGS, AT_ENTRY, AT_UID, AT_EUID,
					       AT_GID, AT_EGID, AT_SECURE, AT_RANDOM, AT_EXECFN, AT_PLATFORM, AT_CLKTCK, AT_HWCAP};
	for (unsigned i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		CHECK(seen[wanted[i]], "no auxv entry of type %lu", wanted[i]);

	CHECK(getauxval(AT_PAGESZ) == 4096);
	CHECK(getauxval(AT_CLKTCK) == 100);
	CHECK(getauxval(AT_BASE) == 0, "no interpreter");
	CHECK(getauxval(AT_FLAGS) == 0);
	CHECK(getauxval(AT_SECURE) == 0);
	CHECK(getauxval(AT_UID) == getuid() && getauxval(AT_EUID) == geteuid());
	CHECK(getauxval(AT_GID) == getgid() && getauxval(AT_EGID) == getegid());
	CHECK(strcmp((char *)getauxval(AT_PLATFORM), "x86_64") == 0);
	CHECK(strcmp((char *)getauxval(AT_EXECFN), argv[0]) == 0, "%s", (char *)getauxval(AT_EXECFN));
	printf("AT_HWCAP=%lx\n", getauxval(AT_HWCAP));

	const unsigned char *random = (const unsigned char *)getauxval(AT_RANDOM);
	int nonzero = 0;
	for (int i = 0; i < 16; i++)
		nonzero += random[i] != 0;
	CHECK(nonzero > 4, "sixteen random bytes, %d of them not zero", nonzero);

	CHECK(getauxval(AT_PHENT) == sizeof(Elf64_Phdr));
	const Elf64_Phdr *ph = (const Elf64_Phdr *)getauxval(AT_PHDR);
	const Elf64_Ehdr *eh = &__ehdr_start;
	CHECK((const char *)ph == (const char *)eh + eh->e_phoff);
	CHECK(getauxval(AT_PHNUM) == eh->e_phnum);
	CHECK(getauxval(AT_ENTRY) == eh->e_entry);
	for (unsigned i = 0; i < eh->e_phnum; i++)
		printf("segment type %x flags %x\n", ph[i].p_type, ph[i].p_flags);

	// All strings lie above the vectors, below the end of the stack, and AT_EXECFN is the last.
	CHECK((char *)(a + 1) <= argv[0]);
	CHECK(argv[0] < environ[0] && environ[0] < (char *)getauxval(AT_EXECFN));
	return 0;
}
