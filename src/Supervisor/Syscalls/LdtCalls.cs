using System;

using UmlHost.Abi;
using UmlHost.Host;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>modify_ldt: segments of a process's own.</summary>
internal static unsafe class LdtCalls
{
    private const int DefaultTableSize = 128;

    public static readonly Syscall[] Calls = [new(154, "modify_ldt", &ModifyLdt, K.Int, K.Pointer, K.Size)];

    private static SyscallResult ModifyLdt(GuestTask task, in SyscallArguments arguments)
    {
        GuestAddress address = arguments.Address(1);
        ulong size = arguments.ULong(2);
        SyscallResult result = arguments.Int(0) switch
        {
            0 => Read(task, address, size),
            1 => Write(task, address, size, old: true),
            2 => ReadDefault(task, address, size),
            0x11 => Write(task, address, size, old: false),
            _ => Errno.ENOSYS,
        };

        // The kernel returns an unsigned int here: programs that look at all of rax see no error.
        return new SyscallResult((uint)result.Raw);
    }

    /// <summary>What the table does not have is zeros, but without a table nothing is written.</summary>
    private static SyscallResult Read(GuestTask task, GuestAddress address, ulong size)
    {
        byte[] table = new byte[(int)ulong.Min(size, LDT_ENTRIES * LDT_ENTRY_SIZE)];
        return task.Memory.Ldt.Read(table) == 0 ? SyscallResult.Zero : CopyOut(task, address, table);
    }

    private static SyscallResult ReadDefault(GuestTask task, GuestAddress address, ulong size)
    {
        Span<byte> zeros = stackalloc byte[(int)ulong.Min(size, DefaultTableSize)];
        zeros.Clear();
        return CopyOut(task, address, zeros);
    }

    private static SyscallResult CopyOut(GuestTask task, GuestAddress address, ReadOnlySpan<byte> bytes)
        => task.Memory.CopyOut(address, bytes) == bytes.Length ? bytes.Length : Errno.EFAULT;

    private static SyscallResult Write(GuestTask task, GuestAddress address, ulong size, bool old)
    {
        const uint Empty = user_desc.read_exec_only | user_desc.seg_not_present;
        if (size != (ulong)sizeof(user_desc))
        {
            return Errno.EINVAL;
        }

        if (!task.Memory.Read(address, out user_desc segment))
        {
            return Errno.EFAULT;
        }

        uint contents = (segment.flags >> user_desc.contents_shift) & 3;
        if (segment.entry_number >= LDT_ENTRIES
            || (contents > MODIFY_LDT_CONTENTS_CODE && (old || (segment.flags & user_desc.seg_not_present) == 0)))
        {
            return Errno.EINVAL;
        }

        bool isZero = segment.base_addr == 0 && segment.limit == 0;
        bool empty = isZero && (old || (segment.flags & (0xff & ~user_desc.lm)) == Empty);
        segment.flags &= old ? ~user_desc.useable : uint.MaxValue;
        return task.Memory.Ldt.Write((PtraceThread)task.Host, segment, empty);
    }
}
