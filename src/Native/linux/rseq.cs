using System.Runtime.InteropServices;

namespace UmlHost.Native;

/// <summary><c>linux/rseq.h</c> and <c>linux/membarrier.h</c>.</summary>
public static partial class Linux
{
    public const int RSEQ_FLAG_UNREGISTER = 1;
    public const int RSEQ_CPU_ID_UNINITIALIZED = -1;
    public const int RSEQ_CPU_ID_REGISTRATION_FAILED = -2;

    public const int MEMBARRIER_CMD_QUERY = 0x0;
    public const int MEMBARRIER_CMD_GLOBAL = 0x1;
    public const int MEMBARRIER_CMD_GLOBAL_EXPEDITED = 0x2;
    public const int MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED = 0x4;
    public const int MEMBARRIER_CMD_PRIVATE_EXPEDITED = 0x8;
    public const int MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED = 0x10;
    public const int MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE = 0x20;
    public const int MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 0x40;
    public const int MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ = 0x80;
    public const int MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ = 0x100;
    public const int MEMBARRIER_CMD_GET_REGISTRATIONS = 0x200;
    public const int MEMBARRIER_CMD_FLAG_CPU = 0x1;
}

/// <summary>A thread's rseq area as of Linux 6.1: 32 bytes, aligned to 32.</summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
public struct rseq
{
    public uint cpu_id_start;
    public uint cpu_id;
    public ulong rseq_cs;
    public uint flags;
}
