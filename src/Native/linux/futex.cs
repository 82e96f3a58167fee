using static UmlHost.Native.Linux;

namespace UmlHost.Native;

/// <summary><c>linux/futex.h</c>.</summary>
public static partial class Linux
{
    public const int FUTEX_WAIT = 0;
    public const int FUTEX_WAKE = 1;
    public const int FUTEX_FD = 2;
    public const int FUTEX_REQUEUE = 3;
    public const int FUTEX_CMP_REQUEUE = 4;
    public const int FUTEX_WAKE_OP = 5;
    public const int FUTEX_LOCK_PI = 6;
    public const int FUTEX_UNLOCK_PI = 7;
    public const int FUTEX_TRYLOCK_PI = 8;
    public const int FUTEX_WAIT_BITSET = 9;
    public const int FUTEX_WAKE_BITSET = 10;
    public const int FUTEX_WAIT_REQUEUE_PI = 11;
    public const int FUTEX_CMP_REQUEUE_PI = 12;
    public const int FUTEX_LOCK_PI2 = 13;

    public const int FUTEX_PRIVATE_FLAG = 0x80;
    public const int FUTEX_CLOCK_REALTIME = 0x100;
    public const int FUTEX_CMD_MASK = -385;

    public const uint FUTEX_WAITERS = 0x80000000;

    public const int FUTEX_OWNER_DIED = 0x40000000;
    public const int FUTEX_TID_MASK = 0x3fffffff;

    public const uint FUTEX_BITSET_MATCH_ANY = 0xffffffff;

    public const int FUTEX_32 = 2;
    public const int FUTEX_WAITV_MAX = 128;
    public const int ROBUST_LIST_LIMIT = 2048;

    // FUTEX_WAKE_OP
    public const int FUTEX_OP_SET = 0;
    public const int FUTEX_OP_ADD = 1;
    public const int FUTEX_OP_OR = 2;
    public const int FUTEX_OP_ANDN = 3;
    public const int FUTEX_OP_XOR = 4;
    public const int FUTEX_OP_OPARG_SHIFT = 8;
    public const int FUTEX_OP_CMP_EQ = 0;
    public const int FUTEX_OP_CMP_NE = 1;
    public const int FUTEX_OP_CMP_LT = 2;
    public const int FUTEX_OP_CMP_LE = 3;
    public const int FUTEX_OP_CMP_GT = 4;
    public const int FUTEX_OP_CMP_GE = 5;
}

/// <summary><c>linux/futex.h</c>.</summary>
public static unsafe partial class LibC
{
    public static Result futex(
        uint* uaddr, int op, uint val, timespec* timeout = null, uint* uaddr2 = null, uint val3 = 0) =>
        syscall(SYS_futex, (nint)uaddr, op, (nint)val, (nint)timeout, (nint)uaddr2, (nint)val3);

    /// <summary>FUTEX_WAKE, without a GC transition.</summary>
    public static Result futex_wake(uint* uaddr, int count, int flags = FUTEX_PRIVATE_FLAG) =>
        syscall_nonblocking(SYS_futex, (nint)uaddr, FUTEX_WAKE | flags, count);
}

public struct robust_list
{
    public ulong next;
}

/// <summary>What set_robust_list registers.</summary>
public struct robust_list_head
{
    public robust_list list;
    public long futex_offset;
    public ulong list_op_pending;
}

/// <summary>One entry of futex_waitv.</summary>
public struct futex_waitv
{
    public ulong val;
    public ulong uaddr;
    public uint flags;
    public uint __reserved;
}
