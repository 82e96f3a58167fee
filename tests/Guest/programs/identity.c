#include <sys/resource.h>
#include <sys/utsname.h>
#include "check.h"

int main(void)
{
	long pid = syscall(SYS_getpid);
	CHECK(pid > 0);
	for (int i = 0; i < 1000; i++)
		CHECK(syscall(SYS_getpid) == pid);
	CHECK(syscall(SYS_gettid) == pid, "the first thread");
	CHECK(getppid() >= 0);
	int word = 0;
	CHECK(syscall(SYS_set_tid_address, &word) == pid);
	CHECK(syscall(SYS_set_tid_address, (void *)1) == pid, "looked at only at exit");
	CHECK(syscall(SYS_set_tid_address, NULL) == pid);
	SHOW(getuid());
	SHOW(geteuid());
	SHOW(getgid());
	SHOW(getegid());
	struct utsname name;
	OK(uname(&name));
	CHECK(strcmp(name.sysname, "Linux") == 0 && strcmp(name.machine, "x86_64") == 0);
	CHECK(name.release[0] >= '3' && strchr(name.release, '.'), "%s", name.release);
	CHECK(name.nodename[0] != 0 && name.version[0] != 0);
	printf("%s %s\n", name.sysname, name.machine);
	return 0;
}
