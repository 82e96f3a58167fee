// /proc and /sys that are of no process: forms, and values that must agree with system calls.
#include "check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>

static char text[262144];

static ssize_t take(const char *path)
{
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		return -errno;
	ssize_t total = 0, length;
	while ((length = read(fd, text + total, sizeof text - 1 - total)) > 0)
		total += length;
	close(fd);
	text[total] = 0;
	return total;
}

static void equals(const char *path, const char *value)
{
	CHECK(take(path) > 0, "%s", path);
	size_t length = strlen(value);
	printf("%s %s\n", path, !strncmp(text, value, length) && text[length] == '\n' ? "agrees" : text);
}

int main(void)
{
	struct utsname name;
	OK(uname(&name));
	equals("/proc/sys/kernel/ostype", name.sysname);
	equals("/proc/sys/kernel/osrelease", name.release);
	equals("/proc/sys/kernel/version", name.version);
	equals("/proc/sys/kernel/hostname", name.nodename);
	CHECK(take("/proc/version") > 0);
	char start[256];
	int length = snprintf(start, sizeof start, "Linux version %s (", name.release);
	printf("version %d %d\n", strncmp(text, start, length), strstr(text, name.version) != NULL);

	double up, idle;
	CHECK(take("/proc/uptime") > 0 && sscanf(text, "%lf %lf", &up, &idle) == 2);
	struct timespec now;
	OK(clock_gettime(CLOCK_BOOTTIME, &now));
	printf("uptime %d\n", now.tv_sec - (long)up <= 1);
	double load[3];
	int running, total, last;
	CHECK(take("/proc/loadavg") > 0 && sscanf(text, "%lf %lf %lf %d/%d %d", load, load + 1, load + 2, &running, &total, &last) == 6);
	printf("loadavg %d %d\n", running >= 1 && running <= total, last >= getpid());

	struct sysinfo info;
	OK(sysinfo(&info));
	unsigned long memory = 0;
	CHECK(take("/proc/meminfo") > 0);
	CHECK(sscanf(text, "MemTotal: %lu kB", &memory) == 1);
	printf("meminfo %d\n", memory == info.totalram * info.mem_unit / 1024);
	printf("free %d swap %d available %d\n", strstr(text, "\nMemFree: ") != NULL, strstr(text, "\nSwapTotal: ") != NULL, strstr(text, "\nMemAvailable: ") != NULL);

	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int processors = 0, lines = 0;
	CHECK(take("/proc/cpuinfo") > 0);
	for (char *at = text; (at = strstr(at, "processor\t:")); at++)
		processors++;
	CHECK(take("/proc/stat") > 0);
	printf("stat %d\n", strncmp(text, "cpu  ", 5));
	for (char *at = text; (at = strstr(at, "\ncpu")); at++)
		lines++;
	printf("cpus %d %d btime %d processes %d\n", processors == cpus, lines == cpus, strstr(text, "\nbtime ") != NULL, strstr(text, "\nprocesses ") != NULL);
	printf("conf %d\n", sysconf(_SC_NPROCESSORS_CONF) >= cpus && sysconf(_SC_PHYS_PAGES) == (long)(memory / 4));

	char mask[64];
	CHECK(take("/sys/devices/system/cpu/online") > 0);
	snprintf(mask, sizeof mask, cpus > 1 ? "0-%ld\n" : "0\n", cpus - 1);
	printf("online %d\n", strcmp(text, mask));
	CHECK(take("/sys/devices/system/cpu/cpu0/topology/core_id") > 0);

	printf("entropy %zd\n", take("/proc/sys/kernel/random/entropy_avail"));
	CHECK(take("/proc/sys/kernel/random/uuid") == 37);
	char first[37];
	memcpy(first, text, 37);
	CHECK(take("/proc/sys/kernel/random/uuid") == 37);
	printf("uuid %d %c\n", memcmp(first, text, 37) != 0, text[14]);
	CHECK(take("/proc/sys/kernel/random/boot_id") == 37);
	memcpy(first, text, 37);
	CHECK(take("/proc/sys/kernel/random/boot_id") == 37);
	printf("boot_id %d\n", memcmp(first, text, 37));
	equals("/proc/sys/kernel/cap_last_cap", "40");
	equals("/proc/sys/kernel/ngroups_max", "65536");

	struct statfs status;
	OK(statfs("/proc/self/stat", &status));
	printf("proc %lx\n", (long)status.f_type);
	OK(statfs("/sys", &status));
	printf("sys %lx\n", (long)status.f_type);
	CHECK(take("/proc/swaps") > 0 && !strncmp(text, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n", 41));
	CHECK(take("/proc/partitions") > 0 && !strncmp(text, "major minor  #blocks  name\n\n", 28));
	CHECK(take("/proc/filesystems") > 0);
	printf("filesystems %d %d\n", strstr(text, "nodev\tproc\n") != NULL, strstr(text, "nodev\ttmpfs\n") != NULL);
	CHECK(take("/proc/mounts") > 0);
	printf("mounts %d\n", strstr(text, " /proc proc ") != NULL);
	printf("kallsyms %d\n", take("/proc/kallsyms") >= 0);
	struct stat stat;
	OK(lstat("/proc/mounts", &stat));
	printf("%o\n", stat.st_mode);
	OK(lstat("/proc/self", &stat));
	printf("%o\n", stat.st_mode);
	OK(lstat("/proc/stat", &stat));
	printf("%o %ld\n", stat.st_mode, (long)stat.st_size);
	SHOW(open("/proc/sys/kernel/ostype", O_WRONLY));
	SHOW(open("/proc/sys/kernel/nothing", O_RDONLY));
	SHOW(open("/proc/nothing", O_RDONLY | O_CREAT, 0600));
	return 0;
}
