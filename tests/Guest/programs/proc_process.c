// The texts of /proc/PID as far as they are the same on every kernel, what can be written, and the end of a process.
#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char **environ;

static char text[65536];

static ssize_t take(const char *path)
{
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		return -errno;
	ssize_t total = 0, length;
	while ((length = read(fd, text + total, sizeof text - 1 - total)) > 0)
		total += length;
	int error = errno;
	close(fd);
	text[total] = 0;
	return length < 0 ? -error : total;
}

static void show(const char *path)
{
	ssize_t length = take(path);
	if (length < 0)
		printf("%s: %s\n", path, errno_name(-length));
	else
		printf("%s: [%s]\n", path, text);
}

static long put(const char *path, const char *what)
{
	int fd = open(path, O_WRONLY);
	if (fd < 0)
		return -errno;
	ssize_t written = write(fd, what, strlen(what));
	long result = written < 0 ? -errno : written;
	close(fd);
	return result;
}

#define PUT(path, what)                                                                            \
	do {                                                                                       \
		long put_result_ = put(path, what);                                                \
		printf("%s <- %s: %s\n", path, what, put_result_ < 0 ? errno_name(-put_result_) : "written"); \
	} while (0)

// The names at the beginning of each line.
static void names(const char *path, char end)
{
	ssize_t length = take(path);
	CHECK(length > 0);
	printf("%s:", path);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		char *stop = strchr(line, end);
		// What depends on the kernel's configuration or the processor.
		if (stop && strncmp(line, "x86_", 4) && strncmp(line, "Pss_", 4) && strncmp(line, "Hugetlb", 7) && strncmp(line, "Protection", 10) && strncmp(line, "Kthread", 7)
		    && strncmp(line, "untag", 5) && strncmp(line, "THP_", 4) && strncmp(line, "CoreD", 5) && strncmp(line, "Spec", 4) && !strchr("0123456789abcdef", line[0]))
			printf(" %.*s", (int)(stop - line), line);
	}
	printf("\n");
}

static void value(const char *path, const char *name)
{
	CHECK(take(path) > 0);
	char *line = strstr(text, name);
	CHECK(line, "%s", name);
	printf("%.*s\n", (int)strcspn(line, "\n"), line);
}

static void handler(int number)
{
	(void)number;
}

static void mappings(void)
{
	char *block = mmap((void *)0x200000000, 16 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	CHECK(block != MAP_FAILED);
	OK(mprotect(block + 4096, 4096, PROT_READ));
	OK(mprotect(block + 2 * 4096, 4096, PROT_READ | PROT_WRITE));
	OK(mprotect(block + 3 * 4096, 4096, PROT_READ | PROT_EXEC));
	CHECK(mmap(block + 4 * 4096, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
	int file = open("/etc/passwd", O_RDONLY);
	CHECK(mmap(block + 6 * 4096, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0) != MAP_FAILED);
	CHECK(mmap(block + 8 * 4096, 4096, PROT_READ, MAP_SHARED | MAP_FIXED, file, 4096) != MAP_FAILED);
	block[2 * 4096] = 1;
	CHECK(take("/proc/self/maps") > 0);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		unsigned long start, end, offset, inode;
		char mode[5], name[200] = "";
		unsigned major, minor;
		CHECK(sscanf(line, "%lx-%lx %4s %lx %x:%x %lu %199[^\n]", &start, &end, mode, &offset, &major, &minor, &inode, name) >= 7, "%s", line);
		if (start >= 0x200000000 && end <= 0x200000000 + 16 * 4096)
			printf("%lx-%lx %s %08lx %s%s col %ld\n", start, end, mode, offset, inode ? "inode " : "", name, name[0] ? (long)(strstr(line, name) - line) : 0);
		if (!strcmp(name, "[heap]") || !strcmp(name, "[stack]"))
			printf("%s %s\n", name, mode);
	}
	CHECK(take("/proc/self/smaps") > 0);
	char *line = strstr(text, "200002000-200003000");
	CHECK(line);
	char *rss = strstr(line, "\nRss:"), *size = strstr(line, "\nSize:"), *dirty = strstr(line, "Private_Dirty:");
	CHECK(rss && size && dirty);
	printf("%.*s%.*s\n%.*s\n", 29, size, 29, rss, 28, dirty);

	// What is there, page by page.
	int pagemap = open("/proc/self/pagemap", O_RDONLY);
	OK(pagemap);
	unsigned long words[2];
	SHOW(pread(pagemap, words, 16, 0x200001000 / 4096 * 8));
	printf("present %lu %lu\n", words[0] >> 63, words[1] >> 63);
	SHOW(pread(pagemap, words, 7, 0));

	// Memory through a file.
	int memory = open("/proc/self/mem", O_RDWR);
	OK(memory);
	static char target[] = "before";
	SHOW(pwrite(memory, "after", 5, (off_t)(unsigned long)target));
	printf("%s\n", target);
	SHOW(pread(memory, text, 3, (off_t)(unsigned long)target));
	SHOW(pread(memory, text, 1, 0x100000000));
	OK(munmap(block, 16 * 4096));
}

static void ends(void)
{
	int tube[2];
	OK(pipe(tube));
	fflush(stdout);
	pid_t child = fork();
	OK(child);
	if (child == 0) {
		read(tube[0], text, 1);
		_exit(3);
	}
	char path[64];
	snprintf(path, sizeof path, "/proc/%d", child);
	int directory = open(path, O_RDONLY | O_DIRECTORY);
	OK(directory);
	int status = openat(directory, "stat", O_RDONLY), comm = openat(directory, "comm", O_RDONLY);
	OK(status);
	SHOW(read(comm, text, 4) > 0);
	OK(write(tube[1], "x", 1));
	siginfo_t info;
	OK(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
	// A zombie.
	ssize_t length = pread(status, text, 1000, 0);
	CHECK(length > 0);
	text[length] = 0;
	printf("state %c\n", strrchr(text, ')')[2]);
	for (int i = 0; i < 10; i++) {
		static const char *files[] = { "exe", "cwd", "environ", "maps", "cmdline", "statm", "smaps_rollup", "mounts", "syscall", "fd/0" };
		int fd = openat(directory, files[i], O_RDONLY);
		if (fd < 0) {
			printf("%s: %s\n", files[i], errno_name(errno));
			continue;
		}
		length = read(fd, text, 100);
		printf("%s: %s %.*s\n", files[i], length < 0 ? errno_name(errno) : "read", length < 0 ? 0 : (int)strcspn(text, "\n") < length ? (int)strcspn(text, "\n") : (int)length, text);
		close(fd);
	}
	OK(waitpid(child, NULL, 0));
	SHOW(pread(status, text, 100, 0));
	SHOW(openat(directory, "stat", O_RDONLY));
	SHOW(open(path, O_RDONLY));
	DIR *list = fdopendir(directory);
	CHECK(list);
	errno = 0;
	printf("listed %d %s\n", readdir(list) != NULL, errno_name(errno));
}

int main(int argc, char **argv)
{
	(void)argc;
	// Whoever started this may have others ignored.
	for (int s = 1; s < 65; s++)
		syscall(SYS_rt_sigaction, s, (long[4]){0}, NULL, 8);
	names("/proc/self/status", ':');
	names("/proc/self/limits", ' ');
	names("/proc/self/smaps_rollup", ':');
	names("/proc/self/io", ':');
	value("/proc/self/status", "Umask:");
	value("/proc/self/status", "State:");
	value("/proc/self/status", "Threads:");
	value("/proc/self/status", "NoNewPrivs:");
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, handler);
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGTERM);
	value("/proc/self/status", "SigPnd:");
	value("/proc/self/status", "ShdPnd:");
	value("/proc/self/status", "SigBlk:");
	value("/proc/self/status", "SigIgn:");
	value("/proc/self/status", "SigCgt:");
	struct rlimit limit = { 5, RLIM_INFINITY };
	getrlimit(RLIMIT_CORE, &limit);
	limit.rlim_cur = 0;
	setrlimit(RLIMIT_CORE, &limit);
	value("/proc/self/limits", "Limit ");
	value("/proc/self/limits", "Max core file size        0");

	int fields = 0;
	CHECK(take("/proc/self/stat") > 0);
	for (char *word = strtok(strrchr(text, ')') + 2, " \n"); word; word = strtok(NULL, " \n"))
		fields++;
	printf("stat %d fields\n", fields + 2);
	CHECK(take("/proc/self/statm") > 0);
	long pages[7];
	CHECK(sscanf(text, "%ld %ld %ld %ld %ld %ld %ld", pages, pages + 1, pages + 2, pages + 3, pages + 4, pages + 5, pages + 6) == 7);
	printf("statm %d %d\n", pages[0] > pages[1], pages[1] >= pages[2]);

	// Names.
	show("/proc/self/comm");
	PUT("/proc/self/comm", "a name that is much too long");
	show("/proc/self/comm");
	char name[16];
	OK(prctl(PR_GET_NAME, name));
	printf("%s\n", name);
	PUT("/proc/self/comm", "line\n");
	show("/proc/self/comm");
	value("/proc/self/status", "Name:");
	OK(prctl(PR_SET_NAME, "proc_process"));
	show("/proc/thread-self/comm");

	// Arguments and environment are those of the memory.
	ssize_t length = take("/proc/self/cmdline");
	printf("cmdline %d\n", length == (ssize_t)strlen(argv[0]) + 1 && !strcmp(text, argv[0]));
	argv[0][0] = '#';
	take("/proc/self/cmdline");
	printf("cmdline %c\n", text[0]);
	size_t size = strlen(argv[0]) + 1;
	memset(argv[0], 'y', size);
	length = take("/proc/self/cmdline");
	printf("cmdline %d\n", length > (ssize_t)size && text[size - 1] == 'y');
	length = take("/proc/self/environ");
	printf("environ %d\n", length > 0 && !memcmp(text, environ[0], strlen(environ[0]) + 1));

	// Scores.
	PUT("/proc/self/oom_score_adj", "500\n");
	show("/proc/self/oom_score_adj");
	show("/proc/self/oom_adj");
	PUT("/proc/self/oom_score_adj", "1001");
	PUT("/proc/self/oom_score_adj", "-1001");
	PUT("/proc/self/oom_score_adj", "ten");
	PUT("/proc/self/oom_score_adj", "");
	PUT("/proc/self/oom_score_adj", " 0x10 ");
	show("/proc/self/oom_score_adj");
	fflush(stdout);
	pid_t child = fork();
	OK(child);
	if (child == 0) {
		show("/proc/self/oom_score_adj");
		exit(0);
	}
	OK(waitpid(child, NULL, 0));
	PUT("/proc/self/oom_score_adj", "1000");
	show("/proc/self/oom_adj");
	show("/proc/self/coredump_filter");
	PUT("/proc/self/coredump_filter", "0x7f");
	show("/proc/self/coredump_filter");
	show("/proc/self/timerslack_ns");
	PUT("/proc/self/timerslack_ns", "70000");
	show("/proc/self/timerslack_ns");
	printf("%d\n", prctl(PR_GET_TIMERSLACK));
	show("/proc/self/personality");
	show("/proc/self/uid_map");
	show("/proc/self/setgroups");
	PUT("/proc/self/stat", "x");
	PUT("/proc/self/attr/current", "x");
	SHOW(take("/proc/self/attr/current"));
	SHOW(take("/proc/self/clear"));
	SHOW(open("/proc/self/new", O_CREAT | O_WRONLY, 0600));
	SHOW(mkdir("/proc/new", 0700));
	SHOW(unlink("/proc/self/stat"));
	SHOW(take("/proc/999999999"));
	SHOW(take("/proc/01"));
	SHOW(take("/proc/-1"));
	SHOW(take("/proc/self/task/1/stat"));
	SHOW(lseek(open("/proc/self/stat", O_RDONLY), 0, SEEK_END));
	mappings();
	ends();
	return 0;
}
