// System V message queues, private and removed again.
#include <signal.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include "check.h"

static void *volatile bad = (void *)16;
static struct { long type; char text[9000]; } m;

static void on_signal(int signal)
{
	(void)signal;
}

static int put(int id, long type, const char *text, int flags)
{
	m.type = type;
	strcpy(m.text, text);
	return msgsnd(id, &m, strlen(text), flags);
}

static void get(int id, int size, long type, int flags)
{
	memset(&m, 0, sizeof m);
	errno = 0;
	long n = msgrcv(id, &m, size, type, flags);
	printf("got %ld %s type %ld \"%s\"\n", n, n < 0 ? errno_name(errno) : "", m.type, m.text);
}

static void stat(int id)
{
	struct msqid_ds d;
	OK(msgctl(id, IPC_STAT, &d));
	printf("mode %o bytes %ld messages %ld limit %ld s %d r %d lspid %d lrpid %d\n", d.msg_perm.mode, (long)d.__msg_cbytes, (long)d.msg_qnum, (long)d.msg_qbytes,
	       d.msg_stime != 0, d.msg_rtime != 0, d.msg_lspid == getpid(), d.msg_lrpid == getpid());
}

static int ended(pid_t child)
{
	int status;
	OK(waitpid(child, &status, 0));
	return status;
}

int main(void)
{
	int id = msgget(IPC_PRIVATE, 0600), i;
	OK(id);
	stat(id);
	SHOW(put(id, 0, "x", 0));
	SHOW(put(id, -1, "x", 0));
	SHOW(put(-1, 1, "x", 0));
	SHOW(put(0x7ffffff0, 1, "x", 0));
	SHOW(msgsnd(id, &m, 8193, 0));
	SHOW(msgsnd(id, &m, -1, 0));
	SHOW(msgsnd(id, bad, 1, 0));
	SHOW(msgrcv(id, &m, -1, 0, 0));
	SHOW(msgrcv(id, &m, 1, 0, IPC_NOWAIT));
	SHOW(put(id, 5, "five", 0));
	SHOW(put(id, 3, "three", 0));
	SHOW(put(id, 9, "nine", 0));
	SHOW(put(id, 3, "three again", 0));
	SHOW(put(id, 1, "", 0));
	stat(id);
	get(id, 100, 9, 0);
	get(id, 2, 3, 0);
	get(id, 2, 3, MSG_NOERROR);
	get(id, 100, -4, 0);
	get(id, 100, 5, MSG_EXCEPT);
	get(id, 100, 4, IPC_NOWAIT);
	get(id, 100, 0, 0);
	get(id, 100, 0, IPC_NOWAIT);
	stat(id);
	for (i = 0; put(id, 1, "12345678901234567890", IPC_NOWAIT) == 0; i++)
		;
	printf("full at %d: %s\n", i, errno_name(errno));
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGALRM, &action, 0);
	ualarm(20000, 0);
	SHOW(put(id, 1, "12345678901234567890", 0));
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		usleep(20000);
		_exit(msgrcv(id, &m, 100, 0, 0));
	}
	SHOW(put(id, 2, "after the wait", 0));
	SHOW(ended(child));
	get(id, 100, 2, 0);
	while (msgrcv(id, &m, 100, 0, IPC_NOWAIT) >= 0)
		;
	ualarm(20000, 0);
	SHOW(msgrcv(id, &m, 100, 0, 0));

	// Receivers that wait: for another type, with too little room, and the right one.
	fflush(stdout);
	pid_t r[3];
	for (i = 0; i < 3; i++)
		if ((r[i] = fork()) == 0) {
			long n = msgrcv(id, &m, i == 1 ? 2 : 100, 7 + i, 0);
			_exit(n == -1 ? errno : n);
		}
	usleep(100000);
	SHOW(put(id, 8, "message", 0));
	SHOW(WEXITSTATUS(ended(r[1])));
	get(id, 100, 8, 0);
	SHOW(put(id, 9, "message", 0));
	SHOW(WEXITSTATUS(ended(r[2])));
	SHOW(put(id, 7, "other", 0));
	SHOW(WEXITSTATUS(ended(r[0])));
	stat(id);

	struct msqid_ds d;
	OK(msgctl(id, IPC_STAT, &d));
	d.msg_qbytes = 30;
	d.msg_perm.mode = 0666;
	SHOW(msgctl(id, IPC_SET, &d));
	stat(id);
	SHOW(put(id, 1, "12345678901234567890", IPC_NOWAIT));
	SHOW(put(id, 1, "12345678901234567890", IPC_NOWAIT));
	SHOW(msgctl(id, IPC_STAT, bad));
	SHOW(msgctl(id, 99, bad));
	SHOW(msgctl(-1, IPC_STAT, bad));
	for (i = 0; i < 2; i++)
		if ((r[i] = fork()) == 0) {
			long n = i ? msgrcv(id, &m, 100, 77, 0) : put(id, 1, "12345678901234567890", 0);
			_exit(n == -1 ? errno == EIDRM ? 99 : 98 : 97);
		}
	usleep(50000);
	SHOW(msgctl(id, IPC_RMID, 0));
	SHOW(WEXITSTATUS(ended(r[0])));
	SHOW(WEXITSTATUS(ended(r[1])));
	SHOW(msgctl(id, IPC_RMID, 0));
	SHOW(put(id, 1, "x", 0));

	key_t key = 0x56000000 + getpid();
	SHOW(msgget(key, 0));
	id = msgget(key, IPC_CREAT | IPC_EXCL | 0400);
	OK(id);
	SHOW(msgget(key, IPC_CREAT | IPC_EXCL | 0400));
	SHOW(msgget(key, 0400) == id);
	SHOW(msgctl(id, IPC_RMID, 0));
	SHOW(msgget(key, 0));
	return 0;
}
