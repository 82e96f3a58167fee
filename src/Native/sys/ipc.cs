namespace UmlHost.Native;

/// <summary><c>sys/ipc.h</c>.</summary>
public static partial class Linux
{
    public const int IPC_PRIVATE = 0;
    public const int IPC_CREAT = 0x200;
    public const int IPC_EXCL = 0x400;
    public const int IPC_NOWAIT = 0x800;
    public const int IPC_RMID = 0;
    public const int IPC_SET = 1;
    public const int IPC_STAT = 2;
    public const int IPC_INFO = 3;
}

/// <summary>Owner and mode of a System V object (the kernel's <c>struct ipc64_perm</c>).</summary>
public struct ipc_perm
{
    public int __key;
    public uint uid;
    public uint gid;
    public uint cuid;
    public uint cgid;
    public uint mode;
    public ushort __seq;
    public ushort __pad2;
    public ulong __glibc_reserved1;
    public ulong __glibc_reserved2;
}
