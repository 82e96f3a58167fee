namespace UmlHost.Native;

/// <summary><c>sys/sem.h</c>.</summary>
public static partial class Linux
{
    public const int SEM_UNDO = 0x1000;
    public const int GETPID = 11;
    public const int GETVAL = 12;
    public const int GETALL = 13;
    public const int GETNCNT = 14;
    public const int GETZCNT = 15;
    public const int SETVAL = 16;
    public const int SETALL = 17;
    public const int SEM_STAT = 18;
    public const int SEM_INFO = 19;
    public const int SEM_STAT_ANY = 20;
}

/// <summary>One operation of semop.</summary>
public struct sembuf
{
    public ushort sem_num;
    public short sem_op;
    public short sem_flg;
}

/// <summary>The kernel's <c>struct semid64_ds</c>.</summary>
public struct semid_ds
{
    public ipc_perm sem_perm;
    public long sem_otime;
    public ulong __sem_otime_high;
    public long sem_ctime;
    public ulong __sem_ctime_high;
    public ulong sem_nsems;
    public ulong __glibc_reserved3;
    public ulong __glibc_reserved4;
}

/// <summary>IPC_INFO and SEM_INFO.</summary>
public struct seminfo
{
    public int semmap;
    public int semmni;
    public int semmns;
    public int semmnu;
    public int semmsl;
    public int semopm;
    public int semume;
    public int semusz;
    public int semvmx;
    public int semaem;
}
