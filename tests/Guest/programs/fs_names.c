// Names that come, go and change: rename and its flags, links, directories that are read meanwhile.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "check.h"

static char directory[] = "fs-names-XXXXXX";

static void make(const char *name, const char *content)
{
	int fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0644);
	OK(fd);
	CHECK(write(fd, content, strlen(content)) == (ssize_t)strlen(content));
	OK(close(fd));
}

static const char *content(const char *name)
{
	static char text[64];
	int fd = open(name, O_RDONLY);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	text[length < 0 ? 0 : length] = 0;
	return length < 0 ? "none" : text;
}

static long links(const char *name)
{
	struct stat st;
	return lstat(name, &st) ? -1 : (long)st.st_nlink;
}

static int compare(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static void list(const char *name)
{
	char *names[256];
	int count = 0;
	DIR *dir = opendir(name);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL && count < 256;)
		names[count++] = strdup(entry->d_name);
	closedir(dir);
	qsort(names, (size_t)count, sizeof *names, compare);
	printf("%s:", name);
	for (int i = 0; i < count; i++)
		printf(" %s", names[i]);
	printf("\n");
}

int main(void)
{
	struct stat one, two;
	OK(mkdtemp(directory));
	OK(chdir(directory));
	make("a", "A");
	make("b", "B");
	OK(mkdir("d", 0755));
	OK(mkdir("e", 0755));
	OK(mkdir("d/in", 0755));
	OK(stat("a", &one));
	SHOW(rename("a", "c"));
	OK(stat("c", &two));
	CHECK(one.st_ino == two.st_ino && one.st_dev == two.st_dev);
	SHOW(rename("a", "x"));
	SHOW(rename("c", "b"));
	printf("%s\n", content("b"));
	SHOW(rename("b", "d"));
	SHOW(rename("d", "b"));
	SHOW(rename("d", "d/in/x"));
	SHOW(rename("e", "d"));
	SHOW(rename("d", "e"));
	SHOW(rename("e/in", "in"));
	SHOW(links("e"));
	SHOW(links("."));
	SHOW(rename("b", "new/"));
	SHOW(rename("in/", "moved/"));
	SHOW(rename("moved/.", "x"));
	SHOW(rename("moved", "moved/.."));
	SHOW(rename("b", "b"));
	make("f", "F");
	SHOW(renameat2(AT_FDCWD, "b", AT_FDCWD, "f", RENAME_NOREPLACE));
	SHOW(renameat2(AT_FDCWD, "b", AT_FDCWD, "f", RENAME_EXCHANGE));
	printf("%s %s\n", content("b"), content("f"));
	SHOW(renameat2(AT_FDCWD, "b", AT_FDCWD, "moved", RENAME_EXCHANGE));
	SHOW(renameat2(AT_FDCWD, "b", AT_FDCWD, "none", RENAME_EXCHANGE));
	SHOW(renameat2(AT_FDCWD, "b", AT_FDCWD, "moved", RENAME_EXCHANGE | RENAME_NOREPLACE));
	SHOW(renameat2(AT_FDCWD, "b", AT_FDCWD, "moved", 64));
	list(".");
	list("b");

	SHOW(link("f", "g"));
	SHOW(links("f"));
	SHOW(link("g", "e/g"));
	SHOW(rename("f", "g"));
	SHOW(links("g"));
	make("g", "through a link");
	printf("%s\n", content("e/g"));
	SHOW(unlink("f"));
	SHOW(unlink("g"));
	SHOW(links("e/g"));
	SHOW(link("e", "x"));
	SHOW(link("none", "x"));
	SHOW(unlink("e"));
	SHOW(rmdir("e"));
	SHOW(rmdir("e/g"));
	SHOW(unlink("e/g"));
	SHOW(rmdir("e"));
	SHOW(rmdir("."));
	SHOW(rmdir(".."));
	SHOW(rmdir("b/."));

	// An open file outlives its name.
	make("open", "still here");
	int fd = open("open", O_RDWR);
	OK(unlink("open"));
	char text[32] = "";
	CHECK(pread(fd, text, sizeof text, 0) == 10 && strcmp(text, "still here") == 0);
	OK(fstat(fd, &one));
	CHECK(one.st_nlink == 0);
	OK(close(fd));

	// O_TMPFILE gets a name later.
	fd = open(".", O_TMPFILE | O_RDWR, 0600);
	if (fd >= 0) {
		char path[64];
		OK(write(fd, "tmp", 3));
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		OK(linkat(AT_FDCWD, path, AT_FDCWD, "tmpfile", AT_SYMLINK_FOLLOW));
		CHECK(strcmp(content("tmpfile"), "tmp") == 0);
		CHECK(links("tmpfile") == 1);
		OK(unlink("tmpfile"));
		OK(close(fd));
	}

	// Entries removed while the directory is read are each seen at most once, the others exactly once.
	OK(mkdir("many", 0755));
	OK(chdir("many"));
	for (int i = 0; i < 500; i++) {
		snprintf(text, sizeof text, "entry-%d", i);
		make(text, "");
	}
	int seen[500] = {0}, read = 0;
	DIR *dir = opendir(".");
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		int number;
		if (sscanf(entry->d_name, "entry-%d", &number) != 1 || number >= 500)
			continue;
		seen[number]++;
		read++;
		OK(unlink(entry->d_name));
		snprintf(text, sizeof text, "later-%d", number);
		make(text, "");
	}
	closedir(dir);
	for (int i = 0; i < 500; i++)
		CHECK(seen[i] == 1);
	printf("%d\n", read);
	OK(chdir(".."));
	OK(chdir(".."));
	char command[64];
	snprintf(command, sizeof command, "rm -r %s", directory);
	return system(command);
}
