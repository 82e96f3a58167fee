/*
 * The contract between the stub and the supervisor: where the stub lives in every host child, what its
 * pages hold, and what it may call. Read by the stub's C and assembly; the supervisor compares the copy of
 * these numbers in the stub page's header (struct stub_header) with its own (Host/StubLayout.cs) at start.
 */
#ifndef UMLHOST_STUB_LAYOUT_H
#define UMLHOST_STUB_LAYOUT_H

#define STUB_PAGE_SIZE		0x1000

/* The same in every child: above any mmap_min_addr, below where programs are linked. */
#define STUB_START		0x100000

/* r-x, one page, shared by all children: the code in page.S and fault.c. */
#define STUB_CODE		STUB_START

/* r--, one page: the operations to run. Only the supervisor writes it, through its own mapping, so that no
 * guest thread can change an operation between its being written and its being run. */
#define STUB_BATCH		(STUB_CODE + STUB_PAGE_SIZE)

/* rw-: faultinfo at its start, the signal stack in the rest. Eight pages hold the largest xsave area that
 * x86_64 has today (AMX: 11 KiB) with room to spare. The guest can write here: nothing in it is trusted. */
#define STUB_DATA		(STUB_BATCH + STUB_PAGE_SIZE)
#define STUB_DATA_PAGES		8
#define STUB_DATA_SIZE		(STUB_DATA_PAGES * STUB_PAGE_SIZE)
#define STUB_SIGSTACK		(STUB_DATA + STUB_FAULTINFO_SIZE)
#define STUB_SIGSTACK_SIZE	(STUB_DATA_SIZE - STUB_FAULTINFO_SIZE)

/* r--, r-x: the host's vDSO and the data pages that the host keeps current for it, moved here from where the host put
 * them. The guests' own vDSO (vdso/) reads time through it. */
#define STUB_HOST_VDSO		(STUB_DATA + STUB_DATA_SIZE)
#define STUB_HOST_VDSO_PAGES	32
#define STUB_HOST_VDSO_PARTS	4

#define STUB_END		(STUB_HOST_VDSO + STUB_HOST_VDSO_PAGES * STUB_PAGE_SIZE)

/* One operation: number, six arguments, expected result. A number of 0 ends the batch. */
#define STUB_OP_NUMBER		0
#define STUB_OP_ARGS		8
#define STUB_OP_EXPECTED	56
#define STUB_OP_SIZE		64
#define STUB_BATCH_OPS		(STUB_PAGE_SIZE / STUB_OP_SIZE - 1)

/* What the fault handler leaves at STUB_DATA. */
#define STUB_FAULTINFO_SIZE	64

/* The one descriptor a child has: the guest memory file. */
#define STUB_MEMORY_FD		0

/* The stub executable's exit statuses, should it not come up. */
#define STUB_EXIT_ARGS		101
#define STUB_EXIT_MAP		102
#define STUB_EXIT_ORPHAN	103
#define STUB_EXIT_PRCTL		104
#define STUB_EXIT_OP		105
#define STUB_EXIT_VDSO		106

/* In the batch page while the child comes up: struct stub_init, then operations that the child runs by itself
 * before anybody traces it, then what those point to. */
#define STUB_INIT_OPS		0x100
#define STUB_INIT_AUX		0x800

/* Where the header has the offset of its begin entry. */
#define STUB_HEADER_START	72

#define STUB_MAGIC		0x31627574536c6d55	/* "UmlStub1" */

#ifndef __ASSEMBLER__

struct stub_op {
	unsigned long number;
	unsigned long args[6];
	unsigned long expected;
};

struct stub_faultinfo {
	unsigned long address;		/* cr2 */
	unsigned long error_code;
	unsigned long trap_number;
	unsigned long signal;
	unsigned long code;		/* si_code */
	unsigned long reserved[3];
};

/* At the start of the code page. Offsets are from the page's start. */
struct stub_header {
	unsigned long magic;
	unsigned long start, batch, data, end;
	unsigned long op_size, faultinfo_size, sigstack, sigstack_size;
	unsigned long begin;		/* where the stub executable goes on */
	unsigned long run;		/* runs the operations at rbx, then int3 */
	unsigned long clone;		/* runs the one operation at rbx, then int3; the new thread parks */
	unsigned long park;		/* where a host thread without a guest thread waits to be seized */
	unsigned long stack;		/* a stack_t for sigaltstack */
	unsigned long fault;		/* the signal handler */
	unsigned long restorer;
	unsigned long filter;		/* struct sock_fprog is built by the supervisor from these two */
	unsigned long filter_length;	/* where its length in instructions is */
};

/* At the start of the batch page while the child comes up. */
struct stub_init {
	unsigned long code_offset;	/* of the three parts in the memory file */
	unsigned long batch_offset;
	unsigned long data_offset;
	unsigned long supervisor;	/* process id: a child that has another parent ends itself */

	/* The areas that the host's vDSO consists of, by their distance from AT_SYSINFO_EHDR. */
	struct {
		long offset;
		unsigned long size;	/* 0: no further part */
	} host_vdso[STUB_HOST_VDSO_PARTS];
};

_Static_assert(__builtin_offsetof(struct stub_header, begin) == STUB_HEADER_START, "stub_header");
_Static_assert(sizeof(struct stub_op) == STUB_OP_SIZE, "stub_op");
_Static_assert(sizeof(struct stub_faultinfo) == STUB_FAULTINFO_SIZE, "stub_faultinfo");

#endif
#endif
