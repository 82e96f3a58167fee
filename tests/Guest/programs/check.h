// What the guest programs share: findings that end the program, and results printed for comparison.
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// Ends the program with a message the runner knows when the condition is false.
#define CHECK(condition, ...)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			check_failed(__FILE_NAME__, __LINE__, #condition, " " __VA_ARGS__);        \
	} while (0)

// The call must succeed (not return -1).
#define OK(call) CHECK((long)(call) != -1, "failed")

// The call must fail with this errno.
#define FAILS(call, number)                                                                        \
	do {                                                                                       \
		errno = 0;                                                                         \
		long fails_result_ = (long)(call);                                                 \
		CHECK(fails_result_ == -1 && errno == (number), "wanted %s, got %ld",              \
		      errno_name(number), fails_result_);                                          \
	} while (0)

// Prints the call, its result and its errno; the host's own run is the standard.
#define SHOW(call)                                                                                 \
	do {                                                                                       \
		errno = 0;                                                                         \
		long show_result_ = (long)(call);                                                  \
		if (show_result_ == -1)                                                            \
			printf("%s = %s\n", #call, errno_name(errno));                             \
		else                                                                               \
			printf("%s = %ld\n", #call, show_result_);                                 \
	} while (0)

static inline const char *errno_name(int number)
{
	const char *name = number == 0 ? "0" : strerrorname_np(number);
	return name ? name : "unknown";
}

__attribute__((noreturn, format(printf, 4, 5), unused)) static void check_failed(const char *file, int line,
										 const char *condition,
										 const char *format, ...)
{
	const char *name = errno_name(errno);
	va_list arguments;
	va_start(arguments, format);
	fflush(stdout);
	fprintf(stderr, "CHECK FAILED %s:%d: %s:", file, line, condition);
	vfprintf(stderr, format, arguments);
	fprintf(stderr, " (errno %s)\n", name);
	exit(1);
}

// True when the kernel can read, or write, the word there; asked of the kernel, so that no signal is needed.
static inline int kernel_reads(const void *address)
{
	// The set is read before the nonsense operation is looked at.
	int saved = errno;
	int readable = !(syscall(SYS_rt_sigprocmask, 99, (unsigned long)address & ~7ul, NULL, 8) == -1 && errno == EFAULT);
	errno = saved;
	return readable;
}

static inline int kernel_writes(void *address)
{
	int saved = errno;
	int writable = syscall(SYS_getrandom, address, 1, 0) == 1;
	errno = saved;
	return writable;
}

#endif
