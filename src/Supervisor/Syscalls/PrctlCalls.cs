using System;

using UmlHost.Abi;
using UmlHost.Host;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>prctl and arch_prctl.</summary>
internal static unsafe class PrctlCalls
{
    /// <summary>Longest name of a thread, with its NUL (TASK_COMM_LEN).</summary>
    private const int CommLength = 16;

    private const int PR_MCE_KILL_CLEAR = 0;
    private const int PR_MCE_KILL_SET = 1;
    private const int PR_MCE_KILL_DEFAULT = 2;

    /// <summary>One past the features that ARCH_REQ_XCOMP_PERM knows of.</summary>
    private const ulong XstateFeatures = ARCH_XCOMP_TILEDATA + 1;

    public static readonly Syscall[] Calls =
    [
        new(157, "prctl", &Prctl, K.PrctlOption, K.PrctlArgument, K.Hex, K.Hex, K.Hex)
        {
            Support = Support.Partial,
            Caveat = "no seccomp, SET_MM, MDWE or core scheduling; PR_SET_TSC only enables; speculation control is read-only",
        },
        new(158, "arch_prctl", &ArchPrctl, K.ArchPrctlCode, K.ArchPrctlArgument) { Support = Support.Partial, Caveat = "no AMX" },
    ];

    private static SyscallResult Prctl(GuestTask task, in SyscallArguments arguments)
    {
        ulong value = arguments.ULong(1);
        bool restIsZero = (arguments.ULong(2) | arguments.ULong(3) | arguments.ULong(4)) == 0;
        bool allZero = restIsZero && value == 0;
        switch (arguments.Int(0))
        {
            case PR_SET_PDEATHSIG:
                if (value > Signals.SignalHandlers.Count)
                {
                    return Errno.EINVAL;
                }

                task.ParentDeathSignal = (int)value;
                return Errno.None;
            case PR_GET_PDEATHSIG:
                return Store(task, value, task.ParentDeathSignal);
            case PR_SET_VMA:
                return value == PR_SET_VMA_ANON_NAME ? MemoryCalls.SetName(task, arguments.Address(2), arguments.ULong(3), arguments.Address(4)) : Errno.EINVAL;
            case PR_GET_DUMPABLE:
                return task.Memory.Dumpable;
            case PR_SET_DUMPABLE:
                if (value > 1)
                {
                    return Errno.EINVAL;
                }

                task.Memory.Dumpable = (int)value;
                return Errno.None;
            case PR_GET_KEEPCAPS:
                return (task.Credentials.SecureBits & SECBIT_KEEP_CAPS) != 0 ? 1 : 0;
            case PR_SET_KEEPCAPS:
                return SetKeepCapabilities(task, value);
            case PR_GET_SECUREBITS:
                return task.Credentials.SecureBits;
            case PR_SET_SECUREBITS:
                return SetSecureBits(task, value);
            case PR_CAPBSET_READ:
                return !IsCapability(value) ? Errno.EINVAL : (task.Credentials.Bounding & (1UL << (int)value)) != 0 ? 1 : 0;
            case PR_CAPBSET_DROP:
                return DropBounding(task, value);
            case PR_CAP_AMBIENT:
                return Ambient(task, arguments);
            case PR_GET_TIMING:
                return PR_TIMING_STATISTICAL;
            case PR_SET_TIMING:
                return value == PR_TIMING_STATISTICAL ? Errno.None : Errno.EINVAL;
            case PR_SET_NAME:
                return SetName(task, arguments.Address(1));
            case PR_GET_NAME:
                return GetName(task, arguments.Address(1));
            case PR_GET_SECCOMP:
                return 0;
            case PR_GET_TSC:
                return Store(task, value, PR_TSC_ENABLE);
            case PR_SET_TSC:
                return value == PR_TSC_ENABLE ? Errno.None : Errno.EINVAL;
            case PR_SET_TIMERSLACK:
                task.TimerSlack = (long)value <= 0 ? task.DefaultTimerSlack : value;
                return Errno.None;
            case PR_GET_TIMERSLACK:
                return long.CreateSaturating(task.TimerSlack);
            case PR_TASK_PERF_EVENTS_DISABLE or PR_TASK_PERF_EVENTS_ENABLE:
                // There are none.
                return Errno.None;
            case PR_MCE_KILL:
                return SetMachineCheckPolicy(task, arguments);
            case PR_MCE_KILL_GET:
                return allZero ? task.MachineCheckPolicy : Errno.EINVAL;
            case PR_SET_MM:
                return Errno.EPERM;
            case PR_SET_CHILD_SUBREAPER:
                task.Group.IsSubreaper = value != 0;
                return Errno.None;
            case PR_GET_CHILD_SUBREAPER:
                return Store(task, value, task.Group.IsSubreaper ? 1 : 0);
            case PR_SET_NO_NEW_PRIVS:
                if (value != 1 || !restIsZero)
                {
                    return Errno.EINVAL;
                }

                task.Credentials = task.Credentials with { NoNewPrivileges = true };
                return Errno.None;
            case PR_GET_NO_NEW_PRIVS:
                return !allZero ? Errno.EINVAL : task.Credentials.NoNewPrivileges ? 1 : 0;
            case PR_GET_TID_ADDRESS:
                return Store(task, value, task.ClearChildTid.Value);
            case PR_SET_THP_DISABLE:
                if (!restIsZero)
                {
                    return Errno.EINVAL;
                }

                task.Memory.IsHugePageDisabled = value != 0;
                return Errno.None;
            case PR_GET_THP_DISABLE:
                return !allZero ? Errno.EINVAL : task.Memory.IsHugePageDisabled ? 1 : 0;
            case PR_GET_SPECULATION_CTRL:
                return restIsZero ? HostSystem.SpeculationControl(value) : Errno.EINVAL;
            case PR_SET_SPECULATION_CTRL:
                return SetSpeculationControl(arguments);
            case PR_SET_IO_FLUSHER:
                return !task.Credentials.Has(CAP_SYS_RESOURCE) ? Errno.EPERM : value == 0 && restIsZero ? Errno.None : Errno.EINVAL;
            case PR_GET_IO_FLUSHER:
                return !task.Credentials.Has(CAP_SYS_RESOURCE) ? Errno.EPERM : allZero ? Errno.None : Errno.EINVAL;
            case PR_SET_SYSCALL_USER_DISPATCH:
                return value == PR_SYS_DISPATCH_OFF && restIsZero ? Errno.None : Errno.EINVAL;
            case PR_SET_MDWE or PR_GET_MDWE:
                return allZero ? Errno.None : Errno.EINVAL;
            default:
                return Errno.EINVAL;
        }
    }

    private static SyscallResult Store<T>(GuestTask task, ulong address, T value)
        where T : unmanaged
        => task.Memory.Write(new GuestAddress(address), value) ? Errno.None : Errno.EFAULT;

    private static bool IsCapability(ulong number) => number <= CAP_CHECKPOINT_RESTORE;

    private static SyscallResult SetKeepCapabilities(GuestTask task, ulong keep)
    {
        Credentials old = task.Credentials;
        if (keep > 1)
        {
            return Errno.EINVAL;
        }

        if ((old.SecureBits & SECBIT_KEEP_CAPS_LOCKED) != 0)
        {
            return Errno.EPERM;
        }

        task.Credentials = old with { SecureBits = keep == 1 ? old.SecureBits | SECBIT_KEEP_CAPS : old.SecureBits & ~SECBIT_KEEP_CAPS };
        return Errno.None;
    }

    private static SyscallResult SetSecureBits(GuestTask task, ulong bits)
    {
        Credentials old = task.Credentials;
        uint locked = (old.SecureBits & SECURE_ALL_LOCKS) >> 1;
        bool touchesLocked = (locked & (old.SecureBits ^ (uint)bits)) != 0;
        bool unlocks = (old.SecureBits & SECURE_ALL_LOCKS & ~(uint)bits) != 0;
        bool unknown = (bits & ~(ulong)(SECURE_ALL_BITS | SECURE_ALL_LOCKS)) != 0;
        if (touchesLocked || unlocks || unknown || !old.Has(CAP_SETPCAP))
        {
            return Errno.EPERM;
        }

        task.Credentials = old with { SecureBits = (uint)bits };
        return Errno.None;
    }

    private static SyscallResult DropBounding(GuestTask task, ulong capability)
    {
        Credentials old = task.Credentials;
        if (!old.Has(CAP_SETPCAP))
        {
            return Errno.EPERM;
        }

        if (!IsCapability(capability))
        {
            return Errno.EINVAL;
        }

        task.Credentials = old with { Bounding = old.Bounding & ~(1UL << (int)capability) };
        return Errno.None;
    }

    private static SyscallResult Ambient(GuestTask task, in SyscallArguments arguments)
    {
        Credentials old = task.Credentials;
        ulong capability = arguments.ULong(2);
        bool restIsZero = (arguments.ULong(3) | arguments.ULong(4)) == 0;
        if (arguments.ULong(1) == PR_CAP_AMBIENT_CLEAR_ALL)
        {
            if (capability != 0 || !restIsZero)
            {
                return Errno.EINVAL;
            }

            task.Credentials = old with { Ambient = 0 };
            return Errno.None;
        }

        if (!restIsZero || !IsCapability(capability))
        {
            return Errno.EINVAL;
        }

        ulong bit = 1UL << (int)capability;
        switch (arguments.ULong(1))
        {
            case PR_CAP_AMBIENT_IS_SET:
                return (old.Ambient & bit) != 0 ? 1 : 0;
            case PR_CAP_AMBIENT_RAISE when (old.Permitted & old.Inheritable & bit) == 0 || (old.SecureBits & SECBIT_NO_CAP_AMBIENT_RAISE) != 0:
                return Errno.EPERM;
            case PR_CAP_AMBIENT_RAISE:
                task.Credentials = old with { Ambient = old.Ambient | bit };
                return Errno.None;
            case PR_CAP_AMBIENT_LOWER:
                task.Credentials = old with { Ambient = old.Ambient & ~bit };
                return Errno.None;
            default:
                return Errno.EINVAL;
        }
    }

    private static SyscallResult SetName(GuestTask task, GuestAddress address)
    {
        Span<byte> name = stackalloc byte[CommLength - 1];
        int length = task.Memory.ReadString(address, name);
        if (length < 0 && length != -(int)Errno.ENAMETOOLONG)
        {
            return (Errno)(-length);
        }

        // Too long a name is cut.
        task.Comm = name[..(length < 0 ? name.Length : length)].ToArray();
        return Errno.None;
    }

    private static SyscallResult GetName(GuestTask task, GuestAddress address)
    {
        Span<byte> name = stackalloc byte[CommLength];
        name.Clear();
        task.Comm.CopyTo(name);
        return task.Memory.CopyOut(address, name) == CommLength ? Errno.None : Errno.EFAULT;
    }

    private static SyscallResult SetMachineCheckPolicy(GuestTask task, in SyscallArguments arguments)
    {
        ulong policy = arguments.ULong(2);
        if ((arguments.ULong(3) | arguments.ULong(4)) != 0)
        {
            return Errno.EINVAL;
        }

        switch (arguments.ULong(1))
        {
            case PR_MCE_KILL_CLEAR when policy == 0:
                task.MachineCheckPolicy = PR_MCE_KILL_DEFAULT;
                return Errno.None;
            case PR_MCE_KILL_SET when policy <= PR_MCE_KILL_DEFAULT:
                task.MachineCheckPolicy = (int)policy;
                return Errno.None;
            default:
                return Errno.EINVAL;
        }
    }

    /// <summary>Mitigations are as the host has them for the supervisor: nobody here can change theirs.</summary>
    private static SyscallResult SetSpeculationControl(in SyscallArguments arguments)
    {
        if ((arguments.ULong(3) | arguments.ULong(4)) != 0)
        {
            return Errno.EINVAL;
        }

        SyscallResult state = HostSystem.SpeculationControl(arguments.ULong(1));
        return state.Failed ? state : Errno.ENXIO;
    }

    private static SyscallResult ArchPrctl(GuestTask task, in SyscallArguments arguments)
    {
        ref user_regs_struct registers = ref task.Host.Registers;
        ulong address = arguments.ULong(1);
        switch (arguments.Int(0))
        {
            case ARCH_SET_FS or ARCH_SET_GS:
                if (address >= GuestAddress.TaskSize.Value)
                {
                    return Errno.EPERM;
                }

                if (arguments.Int(0) == ARCH_SET_FS)
                {
                    registers.fs = 0;
                    registers.fs_base = address;
                }
                else
                {
                    registers.gs = 0;
                    registers.gs_base = address;
                }

                task.Host.RegistersChanged();
                return Errno.None;
            case ARCH_GET_FS:
                return Store(task, address, registers.fs_base);
            case ARCH_GET_GS:
                return Store(task, address, registers.gs_base);
            case ARCH_GET_CPUID:
                return task.CpuidFaults ? 0 : 1;
            case ARCH_SET_CPUID:
                return SetCpuid(task, faults: address == 0);
            case ARCH_GET_XCOMP_SUPP or ARCH_GET_XCOMP_PERM or ARCH_GET_XCOMP_GUEST_PERM:
                // What the host gives without being asked: features on request (AMX) are not there.
                Result features = HostSystem.ExtendedStates(out ulong mask);
                return features.Failed ? features : Store(task, address, mask);
            case ARCH_REQ_XCOMP_PERM or ARCH_REQ_XCOMP_GUEST_PERM:
                return address < XstateFeatures ? Errno.EOPNOTSUPP : Errno.EINVAL;
            default:
                return Errno.EINVAL;
        }
    }

    private static SyscallResult SetCpuid(GuestTask task, bool faults)
    {
        Result set = ((PtraceThread)task.Host).SetCpuidFaults(faults);
        if (!set.Failed)
        {
            task.CpuidFaults = faults;
        }

        return set;
    }
}
