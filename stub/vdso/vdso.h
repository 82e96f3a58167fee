/*
 * The page in front of the vDSO, [vvar]: written once by the supervisor (Vdso/GuestVdso.cs), read by all guests.
 */
#ifndef UMLHOST_VDSO_H
#define UMLHOST_VDSO_H

#define VDSO_DATA_SIZE		0x1000
#define VDSO_MAP_WORDS		64

#ifndef __ASSEMBLER__

typedef unsigned int u32;

struct timespec;
struct timeval;
struct timezone;

/* Where the host's own vDSO has its functions in every host child (STUB_HOST_VDSO in layout.h). One that the host
 * does not have is null, and no symbol leads to it. */
struct vdso_data {
	int (*clock_gettime)(int clock, struct timespec *now);
	int (*clock_getres)(int clock, struct timespec *resolution);
	int (*gettimeofday)(struct timeval *now, struct timezone *zone);
	long (*time)(long *now);

	/* Bit 0x80000000 >> (N & 31) of word N / 32 is system call N. */
	u32 syscall_count;
	u32 syscall_map[VDSO_MAP_WORDS];
};

_Static_assert(sizeof(struct vdso_data) <= VDSO_DATA_SIZE, "vdso_data");

/* Placed by vdso.lds. */
extern const struct vdso_data vdso_data;

#endif
#endif
