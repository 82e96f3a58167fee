using System.Collections.Generic;

using UmlHost.Abi;
using UmlHost.Ipc;
using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>System V shared memory.</summary>
internal static unsafe class ShmCalls
{
    public static readonly Syscall[] Calls =
    [
        new(29, "shmget", &Get, K.IpcKey, K.Size, K.IpcFlags) { Support = Support.Partial, Caveat = "SHM_HUGETLB gives ENOMEM" },
        new(30, "shmat", &Attach, K.Int, K.Pointer, K.ShmFlags),
        new(31, "shmctl", &Control, K.Int, K.IpcCommand, K.Pointer),
        new(67, "shmdt", &Detach, K.Pointer),
    ];

    /// <summary>SHMMAX and SHMALL, and SHMMNI.</summary>
    private const ulong MaxSize = ulong.MaxValue - (1UL << 24);

    private const int MaxSegments = 4096;

    private static SyscallResult Get(GuestTask task, in SyscallArguments args)
    {
        ulong size = args.ULong(1);
        int key = args.Int(0), flags = args.Int(2);
        return task.Machine.Segments.Get(task, key, flags, size, static segment => segment.Size, (GuestTask task, out SharedSegment? made) =>
        {
            made = null;
            if (size is 0 or > MaxSize)
            {
                return Errno.EINVAL;
            }

            if ((flags & SHM_HUGETLB) != 0 || size > GuestAddress.TaskSize.Value)
            {
                return Errno.ENOMEM;
            }

            made = new SharedSegment(task, key, size, flags);
            return Errno.None;
        });
    }

    private static SyscallResult Attach(GuestTask task, in SyscallArguments args)
    {
        GuestAddress at = args.Address(1);
        int flags = args.Int(2);
        if (args.Int(0) < 0)
        {
            return Errno.EINVAL;
        }

        int mapFlags = MAP_SHARED;
        if (!at.IsNull)
        {
            if (!at.IsPageAligned)
            {
                if ((flags & SHM_RND) == 0)
                {
                    return Errno.EINVAL;
                }

                at = at.PageDown;
                if (at.IsNull && (flags & SHM_REMAP) != 0)
                {
                    return Errno.EINVAL;
                }
            }

            mapFlags |= (flags & SHM_REMAP) != 0 ? MAP_FIXED : MAP_FIXED_NOREPLACE;
        }
        else if ((flags & SHM_REMAP) != 0)
        {
            return Errno.EINVAL;
        }

        bool readOnly = (flags & SHM_RDONLY) != 0;
        int protection = PROT_READ | (readOnly ? 0 : PROT_WRITE) | ((flags & SHM_EXEC) != 0 ? PROT_EXEC : 0);
        uint wanted = IpcObject.ReadBits | (readOnly ? 0 : IpcObject.WriteBits) | ((flags & SHM_EXEC) != 0 ? IpcObject.ExecuteBits : 0);
        if (task.Machine.Segments.Find(args.Int(0)) is not { } segment)
        {
            return Errno.EINVAL;
        }

        lock (segment.Lock)
        {
            if (!segment.Permits(task.Credentials, wanted))
            {
                return Errno.EACCES;
            }

            // Removed with its last area: nothing is left to map.
            if (segment.IsRemoved && segment.AttachCount == 0)
            {
                return Errno.EIDRM;
            }

            SyscallResult mapped = task.Memory.Map(at, segment.Size, protection, mapFlags, segment.File, 0, readOnly ? VmaFlags.DenyWrite : VmaFlags.None);
            return mapped.Error == Errno.EEXIST ? Errno.EINVAL : mapped;
        }
    }

    private static SyscallResult Detach(GuestTask task, in SyscallArguments args)
    {
        GuestAddress at = args.Address(0);
        if (!at.IsPageAligned)
        {
            return Errno.EINVAL;
        }

        // An attach may have become several areas; each says by its offset where the whole began.
        SharedSegment? segment = null;
        List<(GuestAddress Start, ulong Length)> areas = [];
        task.Memory.VisitAreas(area =>
        {
            if (area.Start >= at && area.Start - at == area.Offset && SharedSegment.Of(area.Cache?.File) is { } found && (segment is null || segment == found))
            {
                segment = found;
                areas.Add((area.Start, area.Length));
            }
        });
        foreach ((GuestAddress start, ulong length) in areas)
        {
            task.Memory.Unmap(start, length);
        }

        return segment is null ? Errno.EINVAL : Errno.None;
    }

    private static SyscallResult Control(GuestTask task, in SyscallArguments args)
    {
        int id = args.Int(0), command = args.Int(1);
        if (command < 0 || id < 0)
        {
            return Errno.EINVAL;
        }

        IpcTable<SharedSegment> segments = task.Machine.Segments;
        switch (command)
        {
            case IPC_INFO:
                shminfo limits = new() { shmmax = MaxSize, shmmin = 1, shmmni = MaxSegments, shmseg = MaxSegments, shmall = MaxSize };
                return task.Memory.Write(args.Address(2), limits) ? int.Max(segments.Usage.HighestIndex, 0) : Errno.EFAULT;
            case SHM_INFO:
                shm_info info = new() { used_ids = segments.Usage.Count, shm_tot = segments.Sum(static each => each.PageCount) };
                return task.Memory.Write(args.Address(2), info) ? int.Max(segments.Usage.HighestIndex, 0) : Errno.EFAULT;
            case IPC_STAT or SHM_STAT or SHM_STAT_ANY:
                return Status(task, command, command == IPC_STAT ? segments.Find(id) : segments.FindIndex(id), args.Address(2));
            case IPC_SET or IPC_RMID:
                shmid_ds wanted = default;
                return command == IPC_SET && !task.Memory.Read(args.Address(2), out wanted) ? Errno.EFAULT
                    : segments.Find(id) is not { } segment ? Errno.EINVAL
                    : Change(task, segment, command, wanted);
            case SHM_LOCK or SHM_UNLOCK:
                return segments.Find(id) is not { } locked ? Errno.EINVAL : Lock(task, locked, command == SHM_LOCK);
            default:
                return Errno.EINVAL;
        }
    }

    private static SyscallResult Status(GuestTask task, int command, SharedSegment? segment, GuestAddress to)
    {
        if (segment is null)
        {
            return Errno.EINVAL;
        }

        shmid_ds status;
        lock (segment.Lock)
        {
            if (command != SHM_STAT_ANY && !segment.Permits(task.Credentials, IpcObject.ReadBits))
            {
                return Errno.EACCES;
            }

            status = segment.Status();
        }

        return !task.Memory.Write(to, status) ? Errno.EFAULT : command == IPC_STAT ? SyscallResult.Zero : segment.Id;
    }

    private static Errno Change(GuestTask task, SharedSegment segment, int command, in shmid_ds wanted)
    {
        lock (segment.Lock)
        {
            if (!segment.IsOwnedBy(task.Credentials))
            {
                return Errno.EPERM;
            }

            if (command == IPC_SET)
            {
                return segment.SetOwner(wanted.shm_perm);
            }
        }

        segment.Remove();
        return Errno.None;
    }

    /// <summary>Guest memory is never swapped: all that is to be done is to say so.</summary>
    private static Errno Lock(GuestTask task, SharedSegment segment, bool on)
    {
        lock (segment.Lock)
        {
            if (!task.Credentials.Has(CAP_IPC_LOCK))
            {
                if (!segment.IsOwnedBy(task.Credentials) || (on && task.Group.Limits[RLIMIT_MEMLOCK].rlim_cur == 0))
                {
                    return Errno.EPERM;
                }
            }

            segment.Mode = on ? segment.Mode | SHM_LOCKED : segment.Mode & ~(uint)SHM_LOCKED;
            return Errno.None;
        }
    }
}
