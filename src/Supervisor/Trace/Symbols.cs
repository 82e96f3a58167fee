using System.Runtime.CompilerServices;

using UmlHost.Syscalls;

namespace UmlHost.Trace;

/// <summary>The names of constants, by where they are used. Flags are listed in the order in which they are
/// shown; a name of several bits comes before the names of those bits.</summary>
internal static partial class Symbols
{
    /// <summary>The names for arguments of <paramref name="kind"/>; null for kinds that are not plain names.</summary>
    public static SymbolTable? For(ArgumentKind kind) => kind switch
    {
        ArgumentKind.FdFlags => FdFlags,
        ArgumentKind.AccessMode => AccessMode,
        ArgumentKind.AtFlags => AtFlags,
        ArgumentKind.AtRemoveFlags => AtRemoveFlags,
        ArgumentKind.AtAccessFlags => AtAccessFlags,
        ArgumentKind.Whence => Whence,
        ArgumentKind.FcntlCommand => FcntlCommand,
        ArgumentKind.FlockOperation => FlockOperation,
        ArgumentKind.FallocateMode => FallocateMode,
        ArgumentKind.SyncRangeFlags => SyncRangeFlags,
        ArgumentKind.SpliceFlags => SpliceFlags,
        ArgumentKind.RenameFlags => RenameFlags,
        ArgumentKind.XattrFlags => XattrFlags,
        ArgumentKind.StatxMask => StatxMask,
        ArgumentKind.MountFlags => MountFlags,
        ArgumentKind.UmountFlags => UmountFlags,
        ArgumentKind.RwfFlags => RwfFlags,
        ArgumentKind.IoctlRequest => IoctlRequest,
        ArgumentKind.EventFdFlags => EventFdFlags,
        ArgumentKind.TimerFdFlags => TimerFdFlags,
        ArgumentKind.SignalFdFlags => SignalFdFlags,
        ArgumentKind.EpollFlags => EpollFlags,
        ArgumentKind.EpollOp => EpollOp,
        ArgumentKind.InotifyFlags => InotifyFlags,
        ArgumentKind.InotifyMask => InotifyMask,
        ArgumentKind.Prot => Prot,
        ArgumentKind.MremapFlags => MremapFlags,
        ArgumentKind.MsyncFlags => MsyncFlags,
        ArgumentKind.MlockallFlags => MlockallFlags,
        ArgumentKind.Mlock2Flags => Mlock2Flags,
        ArgumentKind.Advice => Advice,
        ArgumentKind.FileAdvice => FileAdvice,
        ArgumentKind.MemfdFlags => MemfdFlags,
        ArgumentKind.ShmFlags => ShmFlags,
        ArgumentKind.IpcFlags => IpcFlags,
        ArgumentKind.IpcKey => IpcKey,
        ArgumentKind.IpcCommand => IpcCommand,
        ArgumentKind.SigHow => SigHow,
        ArgumentKind.ClockId => ClockId,
        ArgumentKind.TimerFlags => TimerFlags,
        ArgumentKind.Itimer => Itimer,
        ArgumentKind.WaitOptions => WaitOptions,
        ArgumentKind.WaitIdType => WaitIdType,
        ArgumentKind.UnshareFlags => UnshareFlags,
        ArgumentKind.CloseRangeFlags => CloseRangeFlags,
        ArgumentKind.PidfdFlags => PidfdFlags,
        ArgumentKind.FutexOp => FutexOp,
        ArgumentKind.Resource => Resource,
        ArgumentKind.RusageWho => RusageWho,
        ArgumentKind.PriorityWhich => PriorityWhich,
        ArgumentKind.ArchPrctlCode => ArchPrctlCode,
        ArgumentKind.PrctlOption => PrctlOption,
        ArgumentKind.PtraceRequest => PtraceRequest,
        ArgumentKind.SeccompOperation => SeccompOperation,
        ArgumentKind.MembarrierCommand => MembarrierCommand,
        ArgumentKind.KcmpType => KcmpType,
        ArgumentKind.RandomFlags => RandomFlags,
        ArgumentKind.SockDomain => SockDomain,
        ArgumentKind.SockFlags => SockFlags,
        ArgumentKind.SockLevel => SockLevel,
        ArgumentKind.MsgFlags => MsgFlags,
        ArgumentKind.ShutdownHow => ShutdownHow,
        _ => null,
    };

    // A constant's own spelling is its name.
    private static Symbol S(long value, [CallerArgumentExpression(nameof(value))] string name = "") => new(value, name);
}
