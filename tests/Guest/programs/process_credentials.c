// native-only-if: root
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "check.h"

// The calls themselves: the C library's would tell every thread.
#define SETUID(u) syscall(SYS_setuid, u)
#define SETGID(g) syscall(SYS_setgid, g)
#define SETREUID(r, e) syscall(SYS_setreuid, r, e)
#define SETREGID(r, e) syscall(SYS_setregid, r, e)
#define SETRESUID(r, e, s) syscall(SYS_setresuid, r, e, s)
#define SETRESGID(r, e, s) syscall(SYS_setresgid, r, e, s)

static void *volatile bad = (void *)16;

static int self;

static void ids(void)
{
	uid_t r, e, s;
	gid_t g, h, i;
	OK(getresuid(&r, &e, &s));
	OK(getresgid(&g, &h, &i));
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];
	OK(syscall(SYS_capget, &header, data));
	printf("uid %d %d %d fs %d gid %d %d %d fs %d caps %s %s dumpable %d\n", r, e, s, (int)syscall(SYS_setfsuid, -1), g, h, i,
	       (int)syscall(SYS_setfsgid, -1), data[0].effective ? "effective" : "-", data[0].permitted ? "permitted" : "-",
	       prctl(PR_GET_DUMPABLE));
}

// Runs each piece in a process of its own, so that it starts with everything.
static void apart(void (*piece)(void))
{
	fflush(stdout);
	pid_t child = fork();
	OK(child);
	if (child == 0) {
		piece();
		exit(0);
	}
	int status;
	CHECK(waitpid(child, &status, 0) == child && status == 0, "status %x", status);
	puts("--");
}

static void down(void)
{
	ids();
	SHOW(SETRESUID(1000, 1000, 1000));
	ids();
	SHOW(SETRESUID(0, 0, 0));
	SHOW(SETRESUID(-1, 0, -1));
	SHOW(SETRESUID(-1, -1, -1));
	SHOW(SETUID(0));
	SHOW(SETUID(1000));
	SHOW(SETREUID(0, 0));
	SHOW(SETREUID(1000, 1000));
	SHOW(SETUID(-1));
	SHOW(SETGID(5));
	SHOW(SETREGID(5, -1));
	SHOW(SETRESGID(5, 5, 5));
	SHOW(setgroups(0, NULL));
	SHOW(sethostname("x", 1));
	SHOW(setdomainname("x", 1));
	ids();
}

static void saved(void)
{
	SHOW(SETRESUID(1000, 1000, 0));
	ids();
	SHOW(SETUID(1001));
	SHOW(SETRESUID(-1, 0, -1));
	ids();
	SHOW(SETREUID(1000, -1));
	ids();
	SHOW(SETREUID(-1, 1000));
	ids();
	SHOW(SETUID(0));
	SHOW(SETREUID(-1, 0));
	ids();
}

static void swapped(void)
{
	SHOW(SETREUID(1000, 0));
	ids();
	SHOW(SETREUID(0, 1000));
	ids();
	SHOW(SETREUID(1000, 0));
	SHOW(SETREUID(-1, 2000));
	ids();
	SHOW(SETREUID(-1, 1000));
	ids();
	SHOW(SETREUID(2000, -1));
	SHOW(SETREUID(-1, 2000));
	ids();
}

static void groups(void)
{
	gid_t list[3] = {30, 10, 20}, back[8];
	SHOW(setgroups(3, list));
	SHOW(getgroups(8, back));
	printf("%d %d %d\n", back[0], back[1], back[2]);
	SHOW(getgroups(2, back));
	SHOW(getgroups(0, NULL));
	SHOW(syscall(SYS_getgroups, -1, NULL));
	SHOW(getgroups(8, bad));
	SHOW(setgroups(3, bad));
	SHOW(setgroups(65537, list));
	list[1] = -1;
	SHOW(setgroups(3, list));
	SHOW(setgroups(0, NULL));
	SHOW(getgroups(8, back));
	SHOW(SETRESGID(7, 8, 9));
	ids();
	SHOW(SETREGID(-1, 7));
	ids();
	SHOW(SETUID(1000));
	SHOW(SETGID(9));
	SHOW(SETGID(8));
	SHOW(SETGID(7));
	SHOW(SETREGID(9, -1));
	SHOW(SETRESGID(-1, 9, -1));
	SHOW(SETGID(-1));
	ids();
}

static void files(void)
{
	SHOW(syscall(SYS_setfsuid, 1000));
	SHOW(syscall(SYS_setfsuid, 1001));
	ids();
	SHOW(SETRESUID(-1, 5, -1));
	ids();
	SHOW(syscall(SYS_setfsuid, 1001));
	SHOW(syscall(SYS_setfsuid, 0));
	SHOW(syscall(SYS_setfsuid, -1));
	SHOW(syscall(SYS_setfsgid, 3));
	SHOW(syscall(SYS_setfsgid, 3));
}

static unsigned long effective(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];
	OK(syscall(SYS_capget, &header, data));
	return data[0].effective | (unsigned long)data[1].effective << 32;
}

static void capabilities(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2], other[2];
	SHOW(syscall(SYS_capget, &header, data));
	printf("%08x%08x %08x%08x %08x%08x\n", data[1].effective, data[0].effective, data[1].permitted, data[0].permitted, data[1].inheritable,
	       data[0].inheritable);
	SHOW(syscall(SYS_capget, bad, data));
	SHOW(syscall(SYS_capget, &header, bad));
	SHOW(syscall(SYS_capget, &header, NULL));
	header.version = 0;
	SHOW(syscall(SYS_capget, &header, NULL));
	printf("%x\n", header.version);
	header.version = 1;
	SHOW(syscall(SYS_capget, &header, data));
	header.version = 1;
	SHOW(syscall(SYS_capset, &header, data));
	header.version = _LINUX_CAPABILITY_VERSION_1;
	memset(data, 0xff, sizeof(data));
	SHOW(syscall(SYS_capget, &header, data));
	CHECK(data[1].effective == ~0u);
	header.version = _LINUX_CAPABILITY_VERSION_3;
	header.pid = -1;
	SHOW(syscall(SYS_capget, &header, data));
	SHOW(syscall(SYS_capset, &header, data));
	header.pid = getppid();
	SHOW(syscall(SYS_capget, &header, data));
	SHOW(syscall(SYS_capset, &header, data));
	header.pid = 4000000;
	SHOW(syscall(SYS_capget, &header, data));
	header.pid = getpid();
	SHOW(syscall(SYS_capset, &header, bad));
	memcpy(other, data, sizeof(data));
	other[0].permitted &= ~(1 << CAP_KILL);
	SHOW(syscall(SYS_capset, &header, other));
	other[0].effective &= ~(1 << CAP_KILL);
	SHOW(syscall(SYS_capset, &header, other));
	SHOW(syscall(SYS_capset, &header, data));
	other[0].inheritable = 1 << CAP_CHOWN;
	SHOW(syscall(SYS_capset, &header, other));
	SHOW(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0));
	SHOW(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
	SHOW(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_FOWNER, 0, 0));
	SHOW(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 99, 0, 0));
	SHOW(prctl(PR_CAP_AMBIENT, 9, CAP_CHOWN, 0, 0));
	SHOW(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0));
	other[0].inheritable = 0;
	SHOW(syscall(SYS_capset, &header, other));
	SHOW(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0));
	SHOW(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 1, 0, 0));
	SHOW(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
	SHOW(prctl(PR_CAPBSET_READ, CAP_KILL));
	SHOW(prctl(PR_CAPBSET_DROP, CAP_KILL));
	SHOW(prctl(PR_CAPBSET_READ, CAP_KILL));
	SHOW(prctl(PR_CAPBSET_READ, 60));
	SHOW(prctl(PR_CAPBSET_DROP, 60));
	other[0].effective = 0;
	SHOW(syscall(SYS_capset, &header, other));
	SHOW(prctl(PR_CAPBSET_DROP, CAP_CHOWN));
	SHOW(sethostname("x", 1));
	SHOW(SETUID(5));
	SHOW(SETUID(0));
}

static void kept(void)
{
	SHOW(prctl(PR_GET_KEEPCAPS));
	SHOW(prctl(PR_SET_KEEPCAPS, 2));
	SHOW(prctl(PR_SET_KEEPCAPS, 1));
	SHOW(prctl(PR_GET_SECUREBITS));
	SHOW(SETUID(1000));
	ids();
	SHOW(prctl(PR_SET_SECUREBITS, 0));
	SHOW(SETUID(0));
}

static void secure(void)
{
	SHOW(prctl(PR_SET_SECUREBITS, 0x10000));
	SHOW(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED));
	SHOW(prctl(PR_SET_SECUREBITS, 0));
	SHOW(prctl(PR_SET_KEEPCAPS, 1));
	unsigned long before = effective();
	SHOW(SETUID(1000));
	CHECK(effective() == before);
	ids();
}

static void limits(void)
{
	struct rlimit limit;
	OK(getrlimit(RLIMIT_CORE, &limit));
	SHOW(prlimit(getppid(), RLIMIT_CORE, NULL, &limit));
	SHOW(prlimit(getppid(), RLIMIT_CORE, &limit, NULL));
	SHOW(prlimit(4000000, RLIMIT_CORE, NULL, &limit));
	SHOW(prlimit(-1, RLIMIT_CORE, NULL, &limit));
	SHOW(prlimit(getppid(), 99, NULL, &limit));
	SHOW(SETUID(1000));
	SHOW(prlimit(0, RLIMIT_CORE, NULL, &limit));
	SHOW(prlimit(getpid(), RLIMIT_CORE, NULL, &limit));
	SHOW(prlimit(getppid(), RLIMIT_CORE, NULL, &limit));
	SHOW(prlimit(getppid(), 99, NULL, &limit));
	limit.rlim_cur = limit.rlim_max = 4096;
	SHOW(setrlimit(RLIMIT_CORE, &limit));
	limit.rlim_max = 8192;
	SHOW(setrlimit(RLIMIT_CORE, &limit));
	limit.rlim_cur = 9000;
	SHOW(setrlimit(RLIMIT_CORE, &limit));
	OK(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_max = 1 << 30;
	SHOW(setrlimit(RLIMIT_NOFILE, &limit));
	OK(getrlimit(RLIMIT_NPROC, &limit));
	limit.rlim_cur = 0;
	SHOW(setrlimit(RLIMIT_NPROC, &limit));
	SHOW(fork());
}

// A program run by execve reports who it is.
static void exec_as(uid_t real, uid_t effective_uid)
{
	fflush(stdout);
	OK(SETRESUID(real, effective_uid, 77));
	char *argv[] = {"process_credentials", "report", NULL};
	OK(fexecve(self, argv, environ));
}

static void exec_root(void)
{
	exec_as(0, 0);
}

static void exec_mixed(void)
{
	exec_as(0, 1000);
}

static void exec_user(void)
{
	exec_as(1000, 1000);
}

static void exec_no_new(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct none[2] = {0};
	OK(syscall(SYS_capset, &header, none));
	SHOW(prctl(PR_SET_NO_NEW_PRIVS, 2, 0, 0, 0));
	SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	SHOW(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
	fflush(stdout);
	char *argv[] = {"process_credentials", "report", NULL};
	OK(fexecve(self, argv, environ));
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "report") == 0) {
		ids();
		SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
		return 0;
	}
	self = open(argv[0], O_RDONLY);
	OK(self);
	apart(down);
	apart(saved);
	apart(swapped);
	apart(groups);
	apart(files);
	apart(capabilities);
	apart(kept);
	apart(secure);
	apart(limits);
	apart(exec_root);
	apart(exec_mixed);
	apart(exec_user);
	apart(exec_no_new);
	return 0;
}
