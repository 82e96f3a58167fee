namespace UmlHost.Native;

/// <summary><c>sys/msg.h</c>.</summary>
public static partial class Linux
{
    public const int MSG_NOERROR = 0x1000;
    public const int MSG_EXCEPT = 0x2000;
    public const int MSG_COPY = 0x4000;
    public const int MSG_STAT = 11;
    public const int MSG_INFO = 12;
    public const int MSG_STAT_ANY = 13;
}

/// <summary>The kernel's <c>struct msqid64_ds</c>.</summary>
public struct msqid_ds
{
    public ipc_perm msg_perm;
    public long msg_stime;
    public long msg_rtime;
    public long msg_ctime;
    public ulong __msg_cbytes;
    public ulong msg_qnum;
    public ulong msg_qbytes;
    public int msg_lspid;
    public int msg_lrpid;
    public ulong __glibc_reserved4;
    public ulong __glibc_reserved5;
}

/// <summary>IPC_INFO and MSG_INFO.</summary>
public struct msginfo
{
    public int msgpool;
    public int msgmap;
    public int msgmax;
    public int msgmnb;
    public int msgmni;
    public int msgssz;
    public int msgtql;
    public ushort msgseg;
}
