// System V semaphores, in private sets that are removed again.
#include <signal.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <time.h>
#include "check.h"

static void *volatile bad = (void *)16;

static void on_signal(int signal)
{
	(void)signal;
}

static int op(int id, int number, int value, int flags)
{
	struct sembuf b = {number, value, flags};
	return semop(id, &b, 1);
}

static void values(int id, int count)
{
	unsigned short v[8];
	OK(semctl(id, 0, GETALL, v));
	for (int i = 0; i < count; i++)
		printf("%d ", v[i]);
	printf("\n");
}

static pid_t later(int id, struct sembuf *b, int count, int wanted)
{
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		int r = semop(id, b, count);
		_exit((r == 0 ? 0 : errno) == wanted ? 0 : 1);
	}
	return child;
}

static int ended(pid_t child)
{
	int status;
	OK(waitpid(child, &status, 0));
	return status;
}

int main(void)
{
	SHOW(semget(IPC_PRIVATE, 0, 0600));
	SHOW(semget(IPC_PRIVATE, -1, 0600));
	SHOW(semget(IPC_PRIVATE, 32001, 0600));
	SHOW(op(-1, 0, 1, 0));
	SHOW(op(0x7ffffff0, 0, 1, 0));
	int id = semget(IPC_PRIVATE, 3, 0600);
	OK(id);
	values(id, 3);
	SHOW(semop(id, bad, 1));
	SHOW(semop(id, bad, 0));
	SHOW(semop(id, bad, 501));
	SHOW(op(id, 3, 1, 0));
	SHOW(op(id, 0, 5, 0));
	SHOW(op(id, 0, -6, IPC_NOWAIT));
	SHOW(op(id, 0, 0, IPC_NOWAIT));
	SHOW(op(id, 1, 0, IPC_NOWAIT));
	SHOW(op(id, 0, 32763, 0));
	SHOW(op(id, 0, 32762, 0));
	SHOW(semctl(id, 0, GETVAL));
	SHOW(semctl(id, 0, GETPID) == getpid());
	SHOW(semctl(id, 2, GETPID));
	SHOW(semctl(id, 3, GETVAL));
	SHOW(semctl(id, 0, SETVAL, 32768));
	SHOW(semctl(id, 0, SETVAL, -1));
	SHOW(semctl(id, 3, SETVAL, 1));
	SHOW(semctl(id, 0, SETVAL, 2));
	SHOW(semctl(id, 0, 99, 2));
	unsigned short v[3] = {1, 40000, 3};
	SHOW(semctl(id, 0, SETALL, v));
	v[1] = 2;
	SHOW(semctl(id, 0, SETALL, v));
	values(id, 3);
	SHOW(semctl(id, 0, GETALL, bad));
	struct sembuf all[3] = {{0, -1, 0}, {1, -3, IPC_NOWAIT}, {2, 1, 0}};
	SHOW(semop(id, all, 3));
	values(id, 3);
	all[1].sem_op = -2;
	SHOW(semop(id, all, 3));
	values(id, 3);
	// The same one twice.
	struct sembuf twice[3] = {{0, 3, 0}, {0, -2, 0}, {0, -1, SEM_UNDO}};
	SHOW(semop(id, twice, 3));
	values(id, 3);
	struct timespec t = {0, 20000000};
	SHOW(semtimedop(id, all, 1, &t));
	t.tv_nsec = -1;
	SHOW(semtimedop(id, all, 1, &t));
	t.tv_nsec = 0;
	SHOW(semtimedop(id, all, 1, &t));
	SHOW(semtimedop(id, all, 1, bad));
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	sigaction(SIGALRM, &action, 0);
	ualarm(20000, 0);
	SHOW(semop(id, all, 1));

	// Waiters: for zero, for more, counted.
	struct semid_ds d;
	OK(semctl(id, 0, SETVAL, 1));
	struct sembuf zero = {0, 0, 0}, take = {1, -2, 0};
	pid_t a = later(id, &zero, 1, 0), b = later(id, &take, 1, 0);
	while (semctl(id, 0, GETZCNT) != 1 || semctl(id, 1, GETNCNT) != 1)
		usleep(1000);
	SHOW(semctl(id, 0, GETNCNT));
	SHOW(semctl(id, 1, GETZCNT));
	SHOW(op(id, 0, -1, 0));
	SHOW(op(id, 1, 1, 0));
	SHOW(op(id, 1, 1, 0));
	SHOW(ended(a));
	SHOW(ended(b));
	values(id, 3);
	SHOW(semctl(id, 1, GETPID) == b);

	// A process that ends gives back.
	fflush(stdout);
	if ((a = fork()) == 0) {
		OK(op(id, 2, -3, SEM_UNDO));
		OK(op(id, 1, 4, SEM_UNDO));
		OK(op(id, 0, 1, 0));
		values(id, 3);
		fflush(stdout);
		_exit(0);
	}
	SHOW(ended(a));
	values(id, 3);
	if ((a = fork()) == 0) {
		OK(op(id, 2, -3, SEM_UNDO));
		OK(semctl(id, 2, SETVAL, 5));
		_exit(0);
	}
	SHOW(ended(a));
	values(id, 3);
	OK(semctl(id, 0, IPC_STAT, &d));
	printf("mode %o count %ld otime %d ctime %d uid %d\n", d.sem_perm.mode, (long)d.sem_nsems, d.sem_otime != 0, d.sem_ctime != 0, d.sem_perm.uid == geteuid());
	d.sem_perm.mode = 0400;
	SHOW(semctl(id, 0, IPC_SET, &d));
	fflush(stdout);
	if ((a = fork()) == 0) {
		if (getuid() == 0) {
			OK(setgid(1234));
			OK(setuid(1234));
		}
		CHECK(getuid() != 1234 || (op(id, 0, 1, 0) == -1 && errno == EACCES));
		CHECK(getuid() != 1234 || (semctl(id, 0, GETVAL) == -1 && errno == EACCES));
		CHECK(getuid() != 1234 || (semctl(id, 0, IPC_RMID) == -1 && errno == EPERM));
		_exit(0);
	}
	SHOW(ended(a));

	// Ping-pong.
	d.sem_perm.mode = 0600;
	OK(semctl(id, 0, IPC_SET, &d));
	OK(semctl(id, 0, SETVAL, 0));
	OK(semctl(id, 1, SETVAL, 0));
	if ((a = fork()) == 0) {
		for (int i = 0; i < 200; i++) {
			OK(op(id, 0, -1, 0));
			OK(op(id, 1, 1, 0));
		}
		_exit(0);
	}
	for (int i = 0; i < 200; i++) {
		OK(op(id, 0, 1, 0));
		OK(op(id, 1, -1, 0));
	}
	SHOW(ended(a));
	a = later(id, &take, 1, EIDRM);
	while (semctl(id, 1, GETNCNT) != 1)
		usleep(1000);
	SHOW(semctl(id, 0, IPC_RMID));
	SHOW(ended(a));
	SHOW(op(id, 0, 1, 0));
	SHOW(semctl(id, 0, GETVAL));
	return 0;
}
