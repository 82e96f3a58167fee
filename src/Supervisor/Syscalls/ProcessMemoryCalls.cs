using System;
using System.Runtime.InteropServices;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>Another process's memory.</summary>
internal static unsafe class ProcessMemoryCalls
{
    public static readonly Syscall[] Calls =
    [
        new(310, "process_vm_readv", &ProcessVmReadv, K.Pid, K.OutIovec, K.Size, K.RemoteIovec, K.Size, K.Hex),
        new(311, "process_vm_writev", &ProcessVmWritev, K.Pid, K.InIovec, K.Size, K.RemoteIovec, K.Size, K.Hex),
        new(440, "process_madvise", &ProcessMadvise, K.Fd, K.RemoteIovec, K.Size, K.Advice, K.UInt),
    ];

    private static SyscallResult ProcessVmReadv(GuestTask task, in SyscallArguments arguments) => Transfer(task, arguments, write: false);

    private static SyscallResult ProcessVmWritev(GuestTask task, in SyscallArguments arguments) => Transfer(task, arguments, write: true);

    private static SyscallResult Transfer(GuestTask task, in SyscallArguments arguments, bool write)
    {
        if (arguments.ULong(5) != 0 || arguments.ULong(2) > UIO_MAXIOV || arguments.ULong(4) > UIO_MAXIOV)
        {
            return Errno.EINVAL;
        }

        Span<GuestIovec> local = stackalloc GuestIovec[(int)arguments.ULong(2)];
        Span<GuestIovec> remote = stackalloc GuestIovec[(int)arguments.ULong(4)];
        Errno error = ReadVectors(task, arguments.Address(1), local, checkRange: true);
        ulong localBytes = 0;
        if (error == Errno.None)
        {
            foreach (ref GuestIovec vector in local)
            {
                vector.Length = ulong.Min(vector.Length, IovIter.MaxCount - localBytes);
                localBytes += vector.Length;
            }

            if (localBytes == 0)
            {
                return 0;
            }

            error = ReadVectors(task, arguments.Address(3), remote, checkRange: false);
        }

        ulong remoteBytes = 0;
        foreach (ref readonly GuestIovec vector in remote)
        {
            remoteBytes += vector.Length;
        }

        if (error != Errno.None || remoteBytes == 0)
        {
            return error;
        }

        error = FindMemory(task, arguments.Int(0), out MemoryMap? other);
        return error != Errno.None ? error : Copy(task, other!, local, remote, write);
    }

    /// <summary>Copies until one side ends or faults. A fault matters only if it is the first byte's.</summary>
    private static SyscallResult Copy(GuestTask task, MemoryMap other, Span<GuestIovec> local, Span<GuestIovec> remote, bool write)
    {
        Span<byte> buffer = task.Scratch;
        long done = 0;
        while (!local.IsEmpty && !remote.IsEmpty)
        {
            ref GuestIovec near = ref local[0];
            ref GuestIovec far = ref remote[0];
            int count = (int)ulong.Min(ulong.Min(near.Length, far.Length), (ulong)buffer.Length);
            Span<byte> part = buffer[..count];
            int copied = write
                ? other.CopyOut(new GuestAddress(far.Base), part[..task.Memory.CopyIn(new GuestAddress(near.Base), part)])
                : task.Memory.CopyOut(new GuestAddress(near.Base), part[..other.CopyIn(new GuestAddress(far.Base), part)]);
            done += copied;
            if (copied < count)
            {
                return done == 0 ? Errno.EFAULT : done;
            }

            local = Advance(local, count);
            remote = Advance(remote, count);
        }

        return done;
    }

    private static Span<GuestIovec> Advance(Span<GuestIovec> vectors, int count)
    {
        vectors[0].Base += (ulong)count;
        vectors[0].Length -= (ulong)count;
        while (!vectors.IsEmpty && vectors[0].Length == 0)
        {
            vectors = vectors[1..];
        }

        return vectors;
    }

    private static Errno ReadVectors(GuestTask task, GuestAddress source, Span<GuestIovec> vectors, bool checkRange)
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(vectors);
        if (task.Memory.CopyIn(source, bytes) != bytes.Length)
        {
            return Errno.EFAULT;
        }

        foreach (ref readonly GuestIovec vector in vectors)
        {
            if ((long)vector.Length < 0)
            {
                return Errno.EINVAL;
            }

            if (checkRange && !IovIter.IsUserRange(new GuestAddress(vector.Base), vector.Length))
            {
                return Errno.EFAULT;
            }
        }

        return Errno.None;
    }

    private static Errno FindMemory(GuestTask task, int tid, out MemoryMap? memory)
    {
        memory = null;
        lock (task.Machine.Tasks.Lock)
        {
            if (task.Machine.Tasks.FindTask(tid) is not { } target)
            {
                return Errno.ESRCH;
            }

            if (!task.MayAccess(target))
            {
                return Errno.EPERM;
            }

            memory = target.Memory;
            return Errno.None;
        }
    }

    private static SyscallResult ProcessMadvise(GuestTask task, in SyscallArguments arguments)
    {
        int advice = arguments.Int(3);
        if (arguments.UInt(4) != 0 || arguments.ULong(2) > UIO_MAXIOV)
        {
            return Errno.EINVAL;
        }

        Span<GuestIovec> vectors = stackalloc GuestIovec[(int)arguments.ULong(2)];
        Errno error = ReadVectors(task, arguments.Address(1), vectors, checkRange: true);
        if (error == Errno.None)
        {
            error = PidFd.Find(task, arguments.Int(0), out ThreadGroup? group);
            if (error == Errno.None)
            {
                return Advise(task, group!, vectors, advice);
            }
        }

        return error;
    }

    private static SyscallResult Advise(GuestTask task, ThreadGroup group, Span<GuestIovec> vectors, int advice)
    {
        MemoryMap memory;
        lock (task.Machine.Tasks.Lock)
        {
            if (group.Tasks.Count == 0)
            {
                return Errno.ESRCH;
            }

            if (!task.MayAccess(group.Tasks[0]))
            {
                return Errno.EACCES;
            }

            memory = group.Tasks[0].Memory;
        }

        // Another process's memory must stay as it is.
        if (memory != task.Memory)
        {
            if (advice is not (MADV_COLD or MADV_PAGEOUT or MADV_WILLNEED or MADV_COLLAPSE))
            {
                return Errno.EINVAL;
            }

            if (!task.Credentials.Has(CAP_SYS_NICE))
            {
                return Errno.EPERM;
            }
        }

        long done = 0;
        foreach (ref readonly GuestIovec vector in vectors)
        {
            Errno error = memory.Advise(new GuestAddress(vector.Base), vector.Length, advice);
            if (error != Errno.None)
            {
                return done == 0 ? error : done;
            }

            done += (long)vector.Length;
        }

        return done;
    }
}
