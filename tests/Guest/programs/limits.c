#include <sys/resource.h>
#include "check.h"

int main(void)
{
	struct rlimit64 old, now;
	OK(prlimit64(0, RLIMIT_NOFILE, NULL, &old));
	CHECK(old.rlim_cur >= 64 && old.rlim_cur <= old.rlim_max);
	now = (struct rlimit64){60, old.rlim_max};
	struct rlimit64 before;
	OK(prlimit64(0, RLIMIT_NOFILE, &now, &before));
	CHECK(before.rlim_cur == old.rlim_cur && before.rlim_max == old.rlim_max);
	OK(prlimit64(getpid(), RLIMIT_NOFILE, NULL, &now));
	CHECK(now.rlim_cur == 60 && now.rlim_max == old.rlim_max);
	now = (struct rlimit64){61, 60};
	SHOW(prlimit64(0, RLIMIT_NOFILE, &now, NULL));
	now = (struct rlimit64){60, 1l << 40};
	SHOW(prlimit64(0, RLIMIT_NOFILE, &now, NULL));
	SHOW(prlimit64(0, 16, NULL, &now));
	SHOW(prlimit64(0, -1, NULL, &now));
	SHOW(prlimit64(0x7ffffff0, RLIMIT_NOFILE, NULL, &now));
	SHOW(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, 1l, NULL));
	SHOW(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, 1l));
	SHOW(syscall(SYS_prlimit64, 0, 99, 1l, NULL));
	SHOW(prlimit64(0, RLIMIT_NOFILE, NULL, NULL));
	OK(prlimit64(0, RLIMIT_NOFILE, NULL, &now));
	CHECK(now.rlim_cur == 60 && now.rlim_max == old.rlim_max, "failed calls change nothing");
	SHOW(syscall(SYS_getrlimit, RLIMIT_NOFILE, 1l));
	SHOW(syscall(SYS_getrlimit, 77, &now));
	SHOW(syscall(SYS_setrlimit, 77, &now));
	for (int which = 0; which < 16; which++) {
		OK(syscall(SYS_getrlimit, which, &now));
		CHECK(now.rlim_cur <= now.rlim_max, "resource %d", which);
		OK(syscall(SYS_setrlimit, which, &now));
	}
	printf("ok\n");
	return 0;
}
