using System;
using System.Runtime.InteropServices;

using UmlHost.Abi;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>Changing who a thread is and what it may do. Each thread has its own; C libraries tell the others.</summary>
internal static unsafe class CredentialCalls
{
    private const uint Unchanged = uint.MaxValue;

    public static readonly Syscall[] Calls =
    [
        new(105, "setuid", &Setuid, K.Uid),
        new(106, "setgid", &Setgid, K.Uid),
        new(113, "setreuid", &Setreuid, K.Uid, K.Uid),
        new(114, "setregid", &Setregid, K.Uid, K.Uid),
        new(116, "setgroups", &Setgroups, K.Int, K.InUids),
        new(117, "setresuid", &Setresuid, K.Uid, K.Uid, K.Uid),
        new(119, "setresgid", &Setresgid, K.Uid, K.Uid, K.Uid),
        new(122, "setfsuid", &Setfsuid, K.Uid),
        new(123, "setfsgid", &Setfsgid, K.Uid),
        new(125, "capget", &Capget, K.Pointer, K.Pointer),
        new(126, "capset", &Capset, K.Pointer, K.Pointer),
    ];

    private static SyscallResult Setuid(GuestTask task, in SyscallArguments arguments)
    {
        uint uid = arguments.UInt(0);
        Credentials old = task.Credentials;
        if (uid == Unchanged)
        {
            return Errno.EINVAL;
        }

        if (old.Has(CAP_SETUID))
        {
            return Become(task, old with { Uid = uid, EffectiveUid = uid, SavedUid = uid, FileUid = uid });
        }

        return uid == old.Uid || uid == old.SavedUid ? Become(task, old with { EffectiveUid = uid, FileUid = uid }) : Errno.EPERM;
    }

    private static SyscallResult Setgid(GuestTask task, in SyscallArguments arguments)
    {
        uint gid = arguments.UInt(0);
        Credentials old = task.Credentials;
        if (gid == Unchanged)
        {
            return Errno.EINVAL;
        }

        if (!old.Has(CAP_SETGID) && gid != old.Gid && gid != old.SavedGid)
        {
            return Errno.EPERM;
        }

        task.Become(old.Has(CAP_SETGID)
            ? old with { Gid = gid, EffectiveGid = gid, SavedGid = gid, FileGid = gid }
            : old with { EffectiveGid = gid, FileGid = gid });
        return Errno.None;
    }

    private static SyscallResult Setreuid(GuestTask task, in SyscallArguments arguments)
    {
        uint real = arguments.UInt(0);
        uint effective = arguments.UInt(1);
        Credentials old = task.Credentials;
        bool privileged = old.Has(CAP_SETUID);
        if (!privileged && ((real != Unchanged && real != old.Uid && real != old.EffectiveUid)
            || (effective != Unchanged && effective != old.Uid && effective != old.EffectiveUid && effective != old.SavedUid)))
        {
            return Errno.EPERM;
        }

        uint newEffective = Or(effective, old.EffectiveUid);
        bool save = real != Unchanged || (effective != Unchanged && effective != old.Uid);
        return Become(task, old with
        {
            Uid = Or(real, old.Uid),
            EffectiveUid = newEffective,
            SavedUid = save ? newEffective : old.SavedUid,
            FileUid = newEffective,
        });
    }

    private static SyscallResult Setregid(GuestTask task, in SyscallArguments arguments)
    {
        uint real = arguments.UInt(0);
        uint effective = arguments.UInt(1);
        Credentials old = task.Credentials;
        bool privileged = old.Has(CAP_SETGID);
        if (!privileged && ((real != Unchanged && real != old.Gid && real != old.EffectiveGid)
            || (effective != Unchanged && effective != old.Gid && effective != old.EffectiveGid && effective != old.SavedGid)))
        {
            return Errno.EPERM;
        }

        uint newEffective = Or(effective, old.EffectiveGid);
        bool save = real != Unchanged || (effective != Unchanged && effective != old.Gid);
        task.Become(old with
        {
            Gid = Or(real, old.Gid),
            EffectiveGid = newEffective,
            SavedGid = save ? newEffective : old.SavedGid,
            FileGid = newEffective,
        });
        return Errno.None;
    }

    private static SyscallResult Setresuid(GuestTask task, in SyscallArguments arguments)
    {
        Credentials old = task.Credentials;
        for (int index = 0; index < 3; index++)
        {
            uint uid = arguments.UInt(index);
            if (uid != Unchanged && uid != old.Uid && uid != old.EffectiveUid && uid != old.SavedUid && !old.Has(CAP_SETUID))
            {
                return Errno.EPERM;
            }
        }

        uint effective = Or(arguments.UInt(1), old.EffectiveUid);
        return Become(task, old with
        {
            Uid = Or(arguments.UInt(0), old.Uid),
            EffectiveUid = effective,
            SavedUid = Or(arguments.UInt(2), old.SavedUid),
            FileUid = effective,
        });
    }

    private static SyscallResult Setresgid(GuestTask task, in SyscallArguments arguments)
    {
        Credentials old = task.Credentials;
        for (int index = 0; index < 3; index++)
        {
            uint gid = arguments.UInt(index);
            if (gid != Unchanged && gid != old.Gid && gid != old.EffectiveGid && gid != old.SavedGid && !old.Has(CAP_SETGID))
            {
                return Errno.EPERM;
            }
        }

        uint effective = Or(arguments.UInt(1), old.EffectiveGid);
        task.Become(old with
        {
            Gid = Or(arguments.UInt(0), old.Gid),
            EffectiveGid = effective,
            SavedGid = Or(arguments.UInt(2), old.SavedGid),
            FileGid = effective,
        });
        return Errno.None;
    }

    /// <summary>Returns the old id whether it changed or not.</summary>
    private static SyscallResult Setfsuid(GuestTask task, in SyscallArguments arguments)
    {
        uint uid = arguments.UInt(0);
        Credentials old = task.Credentials;
        if (uid != Unchanged && uid != old.FileUid
            && (uid == old.Uid || uid == old.EffectiveUid || uid == old.SavedUid || old.Has(CAP_SETUID)))
        {
            task.Become(old.WithFileUid(uid));
        }

        return old.FileUid;
    }

    private static SyscallResult Setfsgid(GuestTask task, in SyscallArguments arguments)
    {
        uint gid = arguments.UInt(0);
        Credentials old = task.Credentials;
        if (gid != Unchanged && gid != old.FileGid
            && (gid == old.Gid || gid == old.EffectiveGid || gid == old.SavedGid || old.Has(CAP_SETGID)))
        {
            task.Become(old with { FileGid = gid });
        }

        return old.FileGid;
    }

    private static SyscallResult Setgroups(GuestTask task, in SyscallArguments arguments)
    {
        uint count = arguments.UInt(0);
        if (!task.Credentials.Has(CAP_SETGID))
        {
            return Errno.EPERM;
        }

        if (count > NGROUPS_MAX)
        {
            return Errno.EINVAL;
        }

        uint[] groups = new uint[count];
        Span<byte> bytes = MemoryMarshal.AsBytes(groups.AsSpan());
        if (task.Memory.CopyIn(arguments.Address(1), bytes) != bytes.Length)
        {
            return Errno.EFAULT;
        }

        if (Array.IndexOf(groups, Unchanged) >= 0)
        {
            return Errno.EINVAL;
        }

        Array.Sort(groups);
        task.Become(task.Credentials with { Groups = groups });
        return Errno.None;
    }

    private static SyscallResult Capget(GuestTask task, in SyscallArguments arguments)
    {
        bool wanted = !arguments.Address(1).IsNull;
        Errno error = ReadHeader(task, arguments.Address(0), out int pid, out int halves);
        if (error != Errno.None || !wanted)
        {
            // Asking for the version only is no error.
            return error == Errno.EINVAL && !wanted ? Errno.None : error;
        }

        if (pid < 0)
        {
            return Errno.EINVAL;
        }

        Credentials credentials = task.Credentials;
        if (pid != 0 && pid != task.Tid)
        {
            lock (task.Machine.Tasks.Lock)
            {
                if (task.Machine.Tasks.FindTask(pid) is not { } other)
                {
                    return Errno.ESRCH;
                }

                credentials = other.Credentials;
            }
        }

        Span<__user_cap_data_struct> sets =
        [
            new() { effective = (uint)credentials.Effective, permitted = (uint)credentials.Permitted, inheritable = (uint)credentials.Inheritable },
            new()
            {
                effective = (uint)(credentials.Effective >> 32),
                permitted = (uint)(credentials.Permitted >> 32),
                inheritable = (uint)(credentials.Inheritable >> 32),
            },
        ];
        Span<byte> bytes = MemoryMarshal.AsBytes(sets[..halves]);
        return task.Memory.CopyOut(arguments.Address(1), bytes) == bytes.Length ? Errno.None : Errno.EFAULT;
    }

    private static SyscallResult Capset(GuestTask task, in SyscallArguments arguments)
    {
        Errno error = ReadHeader(task, arguments.Address(0), out int pid, out int halves);
        if (error != Errno.None)
        {
            return error;
        }

        // Only its own.
        if (pid != 0 && pid != task.Tid)
        {
            return Errno.EPERM;
        }

        Span<__user_cap_data_struct> sets = stackalloc __user_cap_data_struct[2];
        sets.Clear();
        Span<byte> bytes = MemoryMarshal.AsBytes(sets[..halves]);
        if (task.Memory.CopyIn(arguments.Address(1), bytes) != bytes.Length)
        {
            return Errno.EFAULT;
        }

        ulong effective = (sets[0].effective | ((ulong)sets[1].effective << 32)) & Credentials.AllCapabilities;
        ulong permitted = (sets[0].permitted | ((ulong)sets[1].permitted << 32)) & Credentials.AllCapabilities;
        ulong inheritable = (sets[0].inheritable | ((ulong)sets[1].inheritable << 32)) & Credentials.AllCapabilities;
        Credentials old = task.Credentials;
        if ((!old.Has(CAP_SETPCAP) && (inheritable & ~(old.Inheritable | old.Permitted)) != 0)
            || (inheritable & ~(old.Inheritable | old.Bounding)) != 0
            || (permitted & ~old.Permitted) != 0
            || (effective & ~permitted) != 0)
        {
            return Errno.EPERM;
        }

        task.Become(old with
        {
            Effective = effective,
            Permitted = permitted,
            Inheritable = inheritable,
            Ambient = old.Ambient & permitted & inheritable,
        });
        return Errno.None;
    }

    /// <summary>EFAULT; EINVAL for a version that Linux does not know, which is replaced by the one that it prefers.
    /// </summary>
    /// <param name="halves">1 for the version with 32 capabilities, otherwise 2.</param>
    private static Errno ReadHeader(GuestTask task, GuestAddress address, out int pid, out int halves)
    {
        pid = halves = 0;
        if (!task.Memory.Read(address, out uint version))
        {
            return Errno.EFAULT;
        }

        halves = version switch
        {
            _LINUX_CAPABILITY_VERSION_1 => 1,
            _LINUX_CAPABILITY_VERSION_2 or _LINUX_CAPABILITY_VERSION_3 => 2,
            _ => 0,
        };
        if (halves == 0)
        {
            return task.Memory.Write(address, _LINUX_CAPABILITY_VERSION_3) ? Errno.EINVAL : Errno.EFAULT;
        }

        return task.Memory.Read(address + sizeof(uint), out pid) ? Errno.None : Errno.EFAULT;
    }

    private static uint Or(uint id, uint old) => id == Unchanged ? old : id;

    /// <summary>Takes on other user ids.</summary>
    private static SyscallResult Become(GuestTask task, Credentials credentials)
    {
        task.Become(credentials.AfterSetUid(task.Credentials));
        return Errno.None;
    }
}
