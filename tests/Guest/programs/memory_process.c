#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include "check.h"

// process_vm_readv, process_vm_writev and process_madvise, on oneself and on a child.
#define PAGE 4096ul

static char data[300000] = "data";

static long transfer(int write, pid_t pid, void *local, size_t local_size, void *remote, size_t remote_size)
{
	struct iovec l = {local, local_size}, r = {remote, remote_size};
	return write ? process_vm_writev(pid, &l, 1, &r, 1, 0) : process_vm_readv(pid, &l, 1, &r, 1, 0);
}

int main(void)
{
	static char buffer[300000];
	char *holes = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(holes, 'h', 4 * PAGE);
	OK(munmap(holes + 2 * PAGE, PAGE));
	OK(mprotect(holes + 3 * PAGE, PAGE, PROT_READ));
	SHOW(transfer(0, getpid(), buffer, 5, data, 5));
	CHECK(!strcmp(buffer, "data"));

	int ready[2], done[2];
	OK(pipe(ready));
	OK(pipe(done));
	fflush(stdout);
	pid_t child = fork();
	char c = 0;
	if (child == 0) {
		OK(prctl(PR_SET_PDEATHSIG, SIGKILL));
		for (unsigned i = 0; i < sizeof(data); i++)
			data[i] = (char)(i * 7);
		OK(write(ready[1], &c, 1));
		OK(read(done[0], &c, 1));
		for (unsigned i = 0; i < sizeof(data); i++)
			CHECK(data[i] == (char)(i * 3));
		// Until the parent is gone.
		close(done[1]);
		_exit(read(done[0], &c, 1) != 0);
	}
	OK(read(ready[0], &c, 1));
	SHOW(transfer(0, child, buffer, sizeof(buffer), data, sizeof(data)));
	for (unsigned i = 0; i < sizeof(data); i++)
		CHECK(buffer[i] == (char)(i * 7));
	for (unsigned i = 0; i < sizeof(data); i++)
		buffer[i] = (char)(i * 3);
	SHOW(transfer(1, child, buffer, sizeof(buffer), data, sizeof(data)));
	CHECK(data[1] == 'a');
	OK(write(done[1], &c, 1));

	// Several pieces on both sides.
	struct iovec local[] = {{buffer, 3}, {NULL, 0}, {buffer + 10, 7}}, remote[] = {{holes, 4}, {holes + PAGE, 100}};
	SHOW(process_vm_readv(child, local, 3, remote, 2, 0));
	CHECK(buffer[0] == 'h' && buffer[16] == 'h');
	SHOW(process_vm_readv(child, local, 3, remote, 2, 1));
	SHOW(process_vm_readv(child, local, 2000, remote, 2, 0));
	SHOW(process_vm_readv(child, local, 3, remote, 2000, 0));
	SHOW(process_vm_readv(child, local, 0, remote, 2, 0));
	SHOW(process_vm_readv(child, local, 3, remote, 0, 0));
	SHOW(process_vm_readv(child, (void *)8, 3, remote, 2, 0));
	SHOW(process_vm_readv(child, local, 3, (void *)8, 2, 0));
	SHOW(transfer(0, 4000000, buffer, 5, data, 5));
	SHOW(transfer(0, child, buffer, 5, (void *)8, 5));
	SHOW(transfer(0, child, (void *)8, 5, data, 5));
	SHOW(transfer(0, child, buffer, 4 * PAGE, holes, 4 * PAGE));
	SHOW(transfer(1, child, buffer, PAGE, holes + 3 * PAGE, PAGE));
	SHOW(transfer(0, child, buffer, -1, data, 5));

	int fd = syscall(SYS_pidfd_open, child, 0);
	struct iovec range = {holes, 2 * PAGE}, bad[] = {{holes, PAGE}, {holes + 2 * PAGE, PAGE}};
	SHOW(syscall(SYS_process_madvise, fd, &range, 1, MADV_COLD, 0));
	SHOW(syscall(SYS_process_madvise, fd, bad, 2, MADV_COLD, 0));
	SHOW(syscall(SYS_process_madvise, fd, bad + 1, 1, MADV_COLD, 0));
	SHOW(syscall(SYS_process_madvise, fd, &range, 1, MADV_DONTNEED, 0));
	SHOW(syscall(SYS_process_madvise, fd, &range, 1, MADV_COLD, 1));
	SHOW(syscall(SYS_process_madvise, 99, &range, 1, MADV_COLD, 0));

	// Somebody else's.
	OK(setresuid(65534, 65534, 65534));
	SHOW(transfer(0, child, buffer, 5, data, 5));
	SHOW(syscall(SYS_process_madvise, fd, &range, 1, MADV_COLD, 0));
	SHOW(transfer(0, getpid(), buffer, 5, data, 5));
	return 0;
}
