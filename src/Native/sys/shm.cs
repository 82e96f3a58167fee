namespace UmlHost.Native;

/// <summary><c>sys/shm.h</c>.</summary>
public static partial class Linux
{
    public const int SHM_RDONLY = 0x1000;
    public const int SHM_RND = 0x2000;
    public const int SHM_REMAP = 0x4000;
    public const int SHM_EXEC = 0x8000;
    public const int SHM_LOCK = 11;
    public const int SHM_UNLOCK = 12;
    public const int SHM_STAT = 13;
    public const int SHM_INFO = 14;
    public const int SHM_STAT_ANY = 15;
    public const int SHM_DEST = 0x200;
    public const int SHM_LOCKED = 0x400;
    public const int SHM_HUGETLB = 0x800;
    public const int SHM_NORESERVE = 0x1000;
}

/// <summary>The kernel's <c>struct shmid64_ds</c>.</summary>
public struct shmid_ds
{
    public ipc_perm shm_perm;
    public ulong shm_segsz;
    public long shm_atime;
    public long shm_dtime;
    public long shm_ctime;
    public int shm_cpid;
    public int shm_lpid;
    public ulong shm_nattch;
    public ulong __glibc_reserved5;
    public ulong __glibc_reserved6;
}

/// <summary>IPC_INFO.</summary>
public struct shminfo
{
    public ulong shmmax;
    public ulong shmmin;
    public ulong shmmni;
    public ulong shmseg;
    public ulong shmall;
    public ulong __glibc_reserved1;
    public ulong __glibc_reserved2;
    public ulong __glibc_reserved3;
    public ulong __glibc_reserved4;
}

/// <summary>SHM_INFO.</summary>
public struct shm_info
{
    public int used_ids;
    public ulong shm_tot;
    public ulong shm_rss;
    public ulong shm_swp;
    public ulong swap_attempts;
    public ulong swap_successes;
}
