// System V shared memory, in private segments that are removed again.
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "check.h"

static void *volatile bad = (void *)16;

static void *show_at(int id, const void *at, int flags)
{
	errno = 0;
	void *p = shmat(id, at, flags);
	printf("shmat %s\n", p == (void *)-1 ? errno_name(errno) : at == 0 ? "somewhere" : p == at ? "there" : "elsewhere");
	return p;
}

static void show(int id)
{
	struct shmid_ds d;
	OK(shmctl(id, IPC_STAT, &d));
	printf("mode %o size %ld attached %ld cpid %d lpid %s a %d d %d c %d uid %d gid %d key %d\n", d.shm_perm.mode, (long)d.shm_segsz, (long)d.shm_nattch,
	       d.shm_cpid == getpid(), d.shm_lpid == getpid() ? "mine" : d.shm_lpid ? "other" : "0", d.shm_atime != 0, d.shm_dtime != 0, d.shm_ctime != 0,
	       d.shm_perm.uid == geteuid(), d.shm_perm.cgid == getegid(), d.shm_perm.__key);
}

int main(void)
{
	SHOW(shmget(IPC_PRIVATE, 0, 0600));
	SHOW(shmget(IPC_PRIVATE, -1, 0600));
	SHOW(shmat(-1, 0, 0) == (void *)-1);
	SHOW(shmctl(0x7ffffff0, IPC_STAT, bad));
	SHOW(shmctl(-1, IPC_STAT, bad));
	SHOW(shmctl(0x7ffffff0, 99, 0));
	SHOW(shmdt(bad));
	SHOW(shmdt((void *)0x10000));
	int id = shmget(IPC_PRIVATE, 5000, 0640);
	OK(id);
	show(id);
	char *p = show_at(id, 0, 0);
	show(id);
	strcpy(p + 4090, "across the pages");
	p[8191] = 7;
	char *q = show_at(id, 0, SHM_RDONLY);
	show(id);
	printf("%s %d\n", q + 4090, q[8191]);
	SHOW(mprotect(q, 8192, PROT_READ | PROT_WRITE));
	SHOW(mprotect(p, 4096, PROT_READ));
	show(id);
	SHOW(shmdt(p + 4096));
	SHOW(shmdt(p));
	SHOW(shmdt(p));
	SHOW(kernel_reads(p));
	show(id);
	show_at(id, p + 1, 0);
	show_at(id, q, 0);
	show_at(id, 0, SHM_REMAP);
	p = show_at(id, p, 0);
	p = show_at(id, p, SHM_REMAP);
	show(id);
	SHOW((long)shmat(id, p + 8192 + 77, SHM_RND) == (long)p + 8192);
	SHOW(shmdt(p + 8192));
	p[0] = 1;
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		show(id);
		p[0]++;
		CHECK(strcmp(q + 4090, "across the pages") == 0);
		OK(shmdt(q));
		fflush(stdout);
		_exit(0);
	}
	int status;
	OK(waitpid(child, &status, 0));
	printf("status %x, %d\n", status, p[0]);
	SHOW(shmdt(q));
	show(id);
	struct shmid_ds d;
	OK(shmctl(id, IPC_STAT, &d));
	d.shm_perm.mode = 0777400;
	SHOW(shmctl(id, IPC_SET, &d));
	show(id);
	SHOW(shmctl(id, IPC_SET, bad));
	SHOW(shmctl(id, IPC_STAT, bad));
	fflush(stdout);
	child = fork();
	if (child == 0) {
		if (getuid() == 0) {
			OK(setgid(1234));
			OK(setuid(1234));
			show_at(id, 0, 0);
			SHOW(shmctl(id, IPC_STAT, &d));
			SHOW(shmctl(id, IPC_SET, &d));
			SHOW(shmctl(id, IPC_RMID, 0));
			SHOW(p[0]);
		} else {
			printf("shmat EACCES\nshmctl(id, IPC_STAT, &d) = EACCES\nshmctl(id, IPC_SET, &d) = EPERM\n");
			printf("shmctl(id, IPC_RMID, 0) = EPERM\np[0] = %d\n", p[0]);
		}
		fflush(stdout);
		_exit(0);
	}
	OK(waitpid(child, &status, 0));
	SHOW(shmctl(id, IPC_RMID, 0));
	show(id);
	q = show_at(id, 0, 0);
	printf("%s %d\n", q + 4090, p[0]);
	SHOW(shmdt(p));
	SHOW(shmdt(q));
	show_at(id, 0, 0);
	SHOW(shmctl(id, IPC_STAT, &d));
	SHOW(shmctl(id, IPC_RMID, 0));

	// By key, of our own making.
	key_t key = 0x55000000 + getpid();
	SHOW(shmget(key, 4096, 0600));
	id = shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0600);
	OK(id);
	SHOW(shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0600));
	SHOW(shmget(key, 4097, 0600));
	SHOW(shmget(key, 0, 0600) == id);
	SHOW(shmget(key, 4096, IPC_CREAT | 0600) == id);
	p = show_at(id, 0, 0);
	OK(shmctl(id, IPC_RMID, 0));
	SHOW(shmget(key, 4096, 0600));
	SHOW(p[100]);
	SHOW(shmdt(p));
	// A large one costs what is touched.
	id = shmget(IPC_PRIVATE, 1ul << 32, 0600);
	OK(id);
	p = show_at(id, 0, 0);
	p[3ul << 30] = 5;
	SHOW(p[3ul << 30]);
	OK(shmctl(id, IPC_RMID, 0));
	OK(shmdt(p));
	return 0;
}
