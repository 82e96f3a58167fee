// args: 1 3000
// args: 2 3000
// args: 3 3000
// args: 4 20000
// timeout: 60
#include <fcntl.h>
#include <sys/mman.h>
#include "check.h"

// Random mmap, munmap, mprotect, madvise and touches in a window at a fixed address, checked against an oracle.
// mapfuzz SEED COUNT [spin]: with spin the oracle is printed, then the program computes for ever.
#define PAGE 4096l
#define PAGES 1024
#define WINDOW ((char *)0x2000000000)
#define FILE_PAGES 16
#define STAMP 256	// offset of the word that this program writes
#define SCRATCH 2048	// offset of a byte that the kernel writes
#define ANONYMOUS (-1)

static struct page {
	int mapped;
	int prot;
	int file;		// page of the file behind it, or ANONYMOUS
	unsigned long stamp;	// what was written since, 0 for nothing
} oracle[PAGES];

static char content[FILE_PAGES * PAGE];
static unsigned long random_state;
static int file;

static unsigned below(unsigned n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)(random_state >> 20) % n;
}

static int random_prot(void)
{
	static const int prots[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_WRITE,
				    PROT_READ | PROT_EXEC, PROT_READ | PROT_WRITE | PROT_EXEC};
	return prots[below(sizeof(prots) / sizeof(*prots))];
}

static unsigned long *stamp(int i)
{
	return (unsigned long *)(WINDOW + i * PAGE + STAMP);
}

static void check_page(int i)
{
	const struct page *p = &oracle[i];
	char *at = WINDOW + i * PAGE;
	int readable = p->mapped && p->prot != PROT_NONE, writable = p->mapped && (p->prot & PROT_WRITE);
	CHECK(kernel_reads(at) == readable, "page %d, mapped %d, protection %d", i, p->mapped, p->prot);
	if (readable) {
		const char *was = p->file == ANONYMOUS ? NULL : content + p->file * PAGE;
		unsigned long want = p->stamp ? p->stamp : was ? *(unsigned long *)(was + STAMP) : 0;
		CHECK(*stamp(i) == want, "page %d has %lx, not %lx", i, *stamp(i), want);
		CHECK(at[0] == (was ? was[0] : 0) && at[PAGE - 1] == (was ? was[PAGE - 1] : 0), "page %d", i);
	}
	CHECK(kernel_writes(at + SCRATCH) == writable, "page %d, mapped %d, protection %d", i, p->mapped, p->prot);
}

static void do_map(int from, int length)
{
	int prot = random_prot(), flags = MAP_PRIVATE, kind = below(8), first = ANONYMOUS;
	char *at = WINDOW + from * PAGE;
	int busy = 0;
	for (int i = from; i < from + length; i++)
		busy += oracle[i].mapped;
	if (below(4) == 0) {
		first = below(FILE_PAGES);
		if (length > FILE_PAGES - first)
			length = FILE_PAGES - first;
		busy = 0;
		for (int i = from; i < from + length; i++)
			busy += oracle[i].mapped;
	} else {
		flags |= MAP_ANONYMOUS;
	}
	if (below(8) == 0)
		flags |= MAP_POPULATE;
	if (below(8) == 0)
		flags |= MAP_NORESERVE;
	flags |= kind == 0 ? MAP_FIXED_NOREPLACE : kind == 1 && !busy ? 0 : MAP_FIXED;
	errno = 0;
	char *got = mmap(at, length * PAGE, prot, flags, first == ANONYMOUS ? -1 : file, first == ANONYMOUS ? 0 : first * PAGE);
	if (kind == 0 && busy) {
		CHECK(got == MAP_FAILED && errno == EEXIST, "over %d mapped pages", busy);
		return;
	}
	CHECK(got == at, "mmap gave %p for %p", (void *)got, (void *)at);
	for (int i = from; i < from + length; i++)
		oracle[i] = (struct page){1, prot, first == ANONYMOUS ? ANONYMOUS : first + i - from, 0};
}

static void do_protect(int from, int length)
{
	int prot = random_prot(), hole = 0;
	for (int i = from; i < from + length && !hole; i++) {
		if (oracle[i].mapped)
			oracle[i].prot = prot;
		else
			hole = 1;
	}
	if (hole)
		FAILS(mprotect(WINDOW + from * PAGE, length * PAGE, prot), ENOMEM);
	else
		OK(mprotect(WINDOW + from * PAGE, length * PAGE, prot));
}

static void do_forget(int from, int length)
{
	int hole = 0;
	for (int i = from; i < from + length; i++) {
		hole += !oracle[i].mapped;
		oracle[i].stamp = 0;
	}
	if (hole)
		FAILS(madvise(WINDOW + from * PAGE, length * PAGE, MADV_DONTNEED), ENOMEM);
	else
		OK(madvise(WINDOW + from * PAGE, length * PAGE, MADV_DONTNEED));
}

int main(int argc, char **argv)
{
	CHECK(argc >= 3);
	random_state = strtoul(argv[1], NULL, 0) * 0x9e3779b97f4a7c15;
	long count = atol(argv[2]);
	file = open("pages", O_RDONLY);
	CHECK(file >= 0 && pread(file, content, sizeof(content), 0) == (ssize_t)sizeof(content));

	unsigned long written = 0;
	for (long n = 1; n <= count; n++) {
		int from = below(PAGES), length = below(8) == 0 ? below(200) + 1 : below(12) + 1;
		if (length > PAGES - from)
			length = PAGES - from;
		switch (below(10)) {
		case 0:
		case 1:
		case 2:
			do_map(from, length);
			break;
		case 3:
			OK(munmap(WINDOW + from * PAGE, length * PAGE));
			for (int i = from; i < from + length; i++)
				oracle[i].mapped = 0;
			break;
		case 4:
		case 5:
			do_protect(from, length);
			break;
		case 6:
			do_forget(from, length);
			break;
		default:
			for (int i = from; i < from + length; i++) {
				if (!oracle[i].mapped || !(oracle[i].prot & PROT_WRITE))
					continue;
				*stamp(i) = oracle[i].stamp = (unsigned long)n << 20 | i;
				written++;
			}
			break;
		}
		for (int k = 0; k < 3; k++)
			check_page(below(PAGES));
	}
	unsigned mapped = 0;
	for (int i = 0; i < PAGES; i++) {
		check_page(i);
		mapped += oracle[i].mapped;
	}
	printf("%u pages mapped, %lu writes\n", mapped, written);

	if (argc > 3) {
		for (int i = 0; i < PAGES; i++)
			printf("%lx %d %d\n", (unsigned long)(WINDOW + i * PAGE), oracle[i].mapped, oracle[i].prot);
		printf("ready\n");
		fflush(stdout);
		for (;;)
			__asm__ volatile("pause");
	}
	return 0;
}
