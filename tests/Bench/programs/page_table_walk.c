/*
 * The strawman that fork is measured against: what a fork that follows the page table instead of the
 * areas has to look at. `page_table_walk N packed|spread` builds a table of four levels with the ten
 * pages of fork_pages in it, and walks all of its span, skipping what an absent table says is empty.
 * Nothing is copied and no process is made.
 */
#include "bench.h"

#define TOUCHED 10UL
#define SPREAD_PAGES (1UL << 28)
#define ENTRIES 512UL
#define BASE_PAGE (0x7f0000000000UL / PAGE)

static void **new_table(void)
{
	void **table = aligned_alloc(PAGE, PAGE);

	if (table == NULL)
		die("aligned_alloc");
	memset(table, 0, PAGE);
	return table;
}

static void enter(void **table, unsigned long page)
{
	for (int level = 3; level > 0; level--) {
		void **entry = &table[page >> (9 * level) & (ENTRIES - 1)];

		if (*entry == NULL)
			*entry = new_table();
		table = *entry;
	}
	table[page & (ENTRIES - 1)] = (void *)1;
}

static unsigned long walk(void **table, int level)
{
	unsigned long found = 0;

	for (unsigned long i = 0; i < ENTRIES; i++) {
		void *entry = *(void *volatile *)&table[i];

		if (entry != NULL)
			found += level == 0 ? 1 : walk(entry, level - 1);
	}
	return found;
}

int main(int argc, char **argv)
{
	long n = iterations(argc, argv);
	int spread = strcmp(argument(argc, argv, 2), "spread") == 0;
	unsigned long stride = spread ? SPREAD_PAGES / TOUCHED : 1;
	void **top = new_table();

	for (unsigned long i = 0; i < TOUCHED; i++)
		enter(top, BASE_PAGE + i * stride);
	double start = now();

	for (long i = 0; i < n; i++)
		if (walk(top, 3) != TOUCHED) {
			fprintf(stderr, "the walk did not find %lu pages\n", TOUCHED);
			return 1;
		}
	print_ns(now() - start, n);
	return 0;
}
