#include "registers.h"

UNDER_TEST(load, "mov 0x70000010, %bl");
UNDER_TEST(store, "movb $0x5a, 0x70000020");
UNDER_TEST(load_rcx, "mov (%rcx), %rax");
UNDER_TEST(store_r11, "mov %rax, (%r11)");
UNDER_TEST(read_modify, "lock orb $0, 0x70000030");
UNDER_TEST(crossing, "movups %xmm7, 0x70000ff8");
UNDER_TEST(string_store, "rep stosb");
UNDER_TEST(string_copy, "rep movsb");

static void fresh_pages(void)
{
	void *page = mmap((void *)FRESH, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	CHECK(page == (void *)FRESH);
}

static volatile unsigned char *at(long offset)
{
	return (volatile unsigned char *)(FRESH + offset);
}

static void run(unsigned seed, int level)
{
	fresh_pages(), fill_registers(seed), load[level]();
	reg_in.general[RBX] &= ~0xfful;
	compare_registers("load", 0, level);

	fresh_pages(), fill_registers(seed), store[level]();
	compare_registers("store", 0, level);
	CHECK(*at(0x20) == 0x5a);

	// Read first: the store then meets a page that is there.
	fresh_pages(), fill_registers(seed), (void)*at(0), store[level]();
	compare_registers("store after load", 0, level);
	CHECK(*at(0x20) == 0x5a);

	fresh_pages(), fill_registers(seed), reg_in.general[RCX] = FRESH + 4096, load_rcx[level]();
	CHECK(reg_out.general[RAX] == 0);
	compare_registers("load through rcx", 1 << RAX, level);

	fresh_pages(), fill_registers(seed), reg_in.general[R11] = FRESH + 8, store_r11[level]();
	compare_registers("store through r11", 0, level);
	CHECK(*(volatile unsigned long *)at(8) == reg_in.general[RAX]);

	fresh_pages(), fill_registers(seed), read_modify[level]();
	compare_registers("locked or", 1u << FLAGS, level);

	// Write protection taken away and given back.
	fresh_pages(), fill_registers(seed), *at(0x20) = 1;
	OK(mprotect((void *)FRESH, 4096, PROT_READ));
	OK(mprotect((void *)FRESH, 4096, PROT_READ | PROT_WRITE));
	store[level]();
	compare_registers("store after mprotect", 0, level);
	CHECK(*at(0x20) == 0x5a);

	fresh_pages(), fill_registers(seed);
	reg_in.general[FLAGS] &= ~0x40000ul; // unaligned on purpose
	crossing[level]();
	compare_registers("store over two pages", 0, level);
	CHECK(memcmp((void *)(FRESH + 0xff8), reg_in.vector[7], 16) == 0);

	fresh_pages(), fill_registers(seed);
	reg_in.general[RDI] = FRESH + 4090;
	reg_in.general[RCX] = 3 * 4096;
	string_store[level]();
	CHECK(reg_out.general[RCX] == 0 && reg_out.general[RDI] == FRESH + 4090 + 3 * 4096);
	compare_registers("rep stosb", 1 << RCX | 1 << RDI, level);
	CHECK(*at(4089) == 0 && *at(4090 + 3 * 4096) == 0);
	for (long i = 0; i < 3 * 4096; i++)
		CHECK(*at(4090 + i) == (reg_in.general[RAX] & 0xff));

	fresh_pages(), fill_registers(seed);
	reg_in.general[RSI] = (unsigned long)&reg_in;
	reg_in.general[RDI] = FRESH + 4096 - 100;
	reg_in.general[RCX] = sizeof(reg_in);
	string_copy[level]();
	compare_registers("rep movsb", 1 << RCX | 1 << RDI | 1 << RSI, level);
	CHECK(memcmp((void *)(FRESH + 4096 - 100), &reg_in, sizeof(reg_in)) == 0);
}

int main(void)
{
	for (unsigned seed = 0; seed < 40; seed++)
		for (int level = 0; level <= widest_vectors(); level++)
			run(seed, level);
	printf("ok, vectors of level %d\n", widest_vectors());
	return 0;
}
