using System;
using System.Runtime.InteropServices;

using UmlHost.Abi;
using UmlHost.Ipc;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>System V semaphores.</summary>
internal static unsafe class SemCalls
{
    public static readonly Syscall[] Calls =
    [
        new(64, "semget", &Get, K.IpcKey, K.Int, K.IpcFlags),
        new(65, "semop", &Operate, K.Int, K.Pointer, K.Size),
        new(66, "semctl", &Control, K.Int, K.Int, K.IpcCommand, K.Hex),
        new(220, "semtimedop", &TimedOperate, K.Int, K.Pointer, K.Size, K.InTimespec),
    ];

    private const int MaxSets = 32000;

    private static SyscallResult Get(GuestTask task, in SyscallArguments args)
    {
        int key = args.Int(0), count = args.Int(1), flags = args.Int(2);
        if (count is < 0 or > SemaphoreSet.MaxPerSet)
        {
            return Errno.EINVAL;
        }

        return task.Machine.Semaphores.Get(task, key, flags, (ulong)count, static set => (ulong)set.Count, (GuestTask task, out SemaphoreSet? made) =>
        {
            made = count == 0 ? null : new SemaphoreSet(task, key, count, flags);
            return count == 0 ? Errno.EINVAL : Errno.None;
        });
    }

    private static SyscallResult Operate(GuestTask task, in SyscallArguments args) => Operate(task, args, default);

    private static SyscallResult TimedOperate(GuestTask task, in SyscallArguments args) => Operate(task, args, args.Address(3));

    private static SyscallResult Operate(GuestTask task, in SyscallArguments args, GuestAddress timeout)
    {
        timespec time = default;
        if (!timeout.IsNull && !task.Memory.Read(timeout, out time))
        {
            return Errno.EFAULT;
        }

        uint count = args.UInt(2);
        if (count > SemaphoreSet.MaxOperations)
        {
            return Errno.E2BIG;
        }

        if (count == 0)
        {
            return Errno.EINVAL;
        }

        sembuf[] operations = new sembuf[count];
        Span<byte> bytes = MemoryMarshal.AsBytes(operations.AsSpan());
        if (task.Memory.CopyIn(args.Address(1), bytes) < bytes.Length)
        {
            return Errno.EFAULT;
        }

        if (args.Int(0) < 0 || time.tv_sec < 0 || (ulong)time.tv_nsec >= Deadline.NanosecondsPerSecond)
        {
            return Errno.EINVAL;
        }

        Deadline deadline = timeout.IsNull ? Deadline.Never : Deadline.After(Deadline.ToNanoseconds(time));
        return task.Machine.Semaphores.Find(args.Int(0)) is { } set ? set.Operate(task, operations, deadline) : Errno.EINVAL;
    }

    private static SyscallResult Control(GuestTask task, in SyscallArguments args)
    {
        int id = args.Int(0), number = args.Int(1), command = args.Int(2);
        if (id < 0)
        {
            return Errno.EINVAL;
        }

        IpcTable<SemaphoreSet> sets = task.Machine.Semaphores;
        switch (command)
        {
            case IPC_INFO or SEM_INFO:
                return Info(task, command, args.Address(3));
            case IPC_STAT or SEM_STAT or SEM_STAT_ANY:
                return Status(task, command, command == IPC_STAT ? sets.Find(id) : sets.FindIndex(id), args.Address(3));
            case GETALL or GETVAL or GETPID or GETNCNT or GETZCNT or SETALL:
                return sets.Find(id) is { } set ? Values(task, set, number, command, args.Address(3)) : Errno.EINVAL;
            case SETVAL:
                return args.Int(3) is < 0 or > SemaphoreSet.MaxValue ? Errno.ERANGE
                    : sets.Find(id) is { } one ? SetValue(task, one, number, args.Int(3))
                    : Errno.EINVAL;
            case IPC_SET or IPC_RMID:
                semid_ds wanted = default;
                return command == IPC_SET && !task.Memory.Read(args.Address(3), out wanted) ? Errno.EFAULT
                    : sets.Find(id) is not { } changed ? Errno.EINVAL
                    : Change(task, changed, command, wanted);
            default:
                return Errno.EINVAL;
        }
    }

    private static SyscallResult Info(GuestTask task, int command, GuestAddress to)
    {
        (int count, int highest) = task.Machine.Semaphores.Usage;
        seminfo info = new()
        {
            semmap = SemaphoreSet.MaxSemaphores,
            semmni = MaxSets,
            semmns = SemaphoreSet.MaxSemaphores,
            semmnu = SemaphoreSet.MaxSemaphores,
            semmsl = SemaphoreSet.MaxPerSet,
            semopm = SemaphoreSet.MaxOperations,
            semume = SemaphoreSet.MaxOperations,
            semusz = command == SEM_INFO ? count : 20,
            semvmx = SemaphoreSet.MaxValue,
            semaem = command == SEM_INFO ? (int)task.Machine.Semaphores.Sum(static each => (ulong)each.Count) : SemaphoreSet.MaxValue,
        };
        return task.Memory.Write(to, info) ? int.Max(highest, 0) : Errno.EFAULT;
    }

    private static SyscallResult Status(GuestTask task, int command, SemaphoreSet? set, GuestAddress to)
    {
        if (set is null)
        {
            return Errno.EINVAL;
        }

        semid_ds status;
        lock (set.Lock)
        {
            if (command != SEM_STAT_ANY && !set.Permits(task.Credentials, IpcObject.ReadBits))
            {
                return Errno.EACCES;
            }

            status = set.Status();
        }

        return !task.Memory.Write(to, status) ? Errno.EFAULT : command == IPC_STAT ? SyscallResult.Zero : set.Id;
    }

    private static SyscallResult Values(GuestTask task, SemaphoreSet set, int number, int command, GuestAddress at)
    {
        ushort[] values = new ushort[command is GETALL or SETALL ? set.Count : 0];
        Span<byte> bytes = MemoryMarshal.AsBytes(values.AsSpan());
        lock (set.Lock)
        {
            if (!set.Permits(task.Credentials, command == SETALL ? IpcObject.WriteBits : IpcObject.ReadBits))
            {
                return Errno.EACCES;
            }
        }

        if (command == SETALL)
        {
            if (task.Memory.CopyIn(at, bytes) < bytes.Length)
            {
                return Errno.EFAULT;
            }

            if (values.AsSpan().ContainsAnyInRange((ushort)(SemaphoreSet.MaxValue + 1), ushort.MaxValue))
            {
                return Errno.ERANGE;
            }
        }

        lock (set.Lock)
        {
            if (set.IsRemoved)
            {
                return Errno.EIDRM;
            }

            switch (command)
            {
                case GETALL:
                    for (int index = 0; index < values.Length; index++)
                    {
                        values[index] = set.Semaphores[index].Value;
                    }

                    break;
                case SETALL:
                    for (int index = 0; index < values.Length; index++)
                    {
                        set.Set(index, values[index], task.Group.Tgid);
                    }

                    set.ValuesChanged();
                    return SyscallResult.Zero;
                default:
                    if ((uint)number >= (uint)set.Count)
                    {
                        return Errno.EINVAL;
                    }

                    return command switch
                    {
                        GETVAL => set.Semaphores[number].Value,
                        GETPID => set.Semaphores[number].Pid,
                        _ => (long)set.WaitersFor(number, command == GETZCNT),
                    };
            }
        }

        return task.Memory.CopyOut(at, bytes) < bytes.Length ? Errno.EFAULT : SyscallResult.Zero;
    }

    private static Errno SetValue(GuestTask task, SemaphoreSet set, int number, int value)
    {
        lock (set.Lock)
        {
            if ((uint)number >= (uint)set.Count)
            {
                return Errno.EINVAL;
            }

            if (!set.Permits(task.Credentials, IpcObject.WriteBits))
            {
                return Errno.EACCES;
            }

            if (set.IsRemoved)
            {
                return Errno.EIDRM;
            }

            set.Set(number, value, task.Group.Tgid);
            set.ValuesChanged();
            return Errno.None;
        }
    }

    private static Errno Change(GuestTask task, SemaphoreSet set, int command, in semid_ds wanted)
    {
        lock (set.Lock)
        {
            if (!set.IsOwnedBy(task.Credentials))
            {
                return Errno.EPERM;
            }

            if (command == IPC_SET)
            {
                return set.SetOwner(wanted.sem_perm);
            }
        }

        if (task.Machine.Semaphores.Remove(set))
        {
            set.Remove();
        }

        return Errno.None;
    }
}
