using System;

using UmlHost.Fs;
using UmlHost.Host;
using UmlHost.Memory;
using UmlHost.Trace;

namespace UmlHost.Kernel;

/// <summary>One guest thread (Linux's task_struct): what a system call handler works with. Its own supervisor
/// thread runs it (<see cref="Traps.TaskLoop"/>), and is the only one to change it unless a member says
/// otherwise.</summary>
internal sealed partial class GuestTask(int tid, ThreadGroup group, MemoryMap memory, FdTable files, FsContext fs)
{
    private byte[]? _scratch;
    private bool _isExiting;
    private TaskPollTable? _pollTable;

    /// <summary>The thread id that the guest sees (gettid).</summary>
    public int Tid { get; } = tid;

    /// <summary>The process it is a thread of.</summary>
    public ThreadGroup Group { get; } = group;

    public Machine Machine => Group.Machine;

    /// <summary>The address space (mm).</summary>
    public MemoryMap Memory { get; } = memory;

    public FdTable Files { get; } = files;

    /// <summary>Working directory and umask.</summary>
    public FsContext Fs { get; } = fs;

    public required Credentials Credentials { get; set; }

    /// <summary>The host thread that runs it.</summary>
    public required IHostThread Host { get; set; }

    /// <summary>Signals that wait: bit N-1 is signal N. SIGKILL and SIGSTOP are never in it.</summary>
    public ulong BlockedSignals { get; set; }

    /// <summary>sigaltstack's: where handlers with SA_ONSTACK run. Size 0 is none.</summary>
    public Native.stack_t AlternateStack { get; set; }

    /// <summary>Where set_tid_address asked for a zero and a futex wake at exit.</summary>
    public Abi.GuestAddress ClearChildTid { get; set; }

    public Abi.GuestAddress RobustList { get; set; }

    /// <summary>The name that prctl(PR_GET_NAME) and /proc show, at most 15 bytes.</summary>
    public byte[] Comm { get; set; } = [];

    /// <summary>This thread is to end, with its process or alone: the task loop goes no further.</summary>
    public bool IsExiting { get => _isExiting || Group.IsExiting; set => _isExiting = value; }

    /// <summary>Null unless system calls are traced.</summary>
    public SyscallTrace? Trace { get; init; }

    /// <summary>64 KiB for bytes on their way between a host call that may block and guest memory. Pinned; only for
    /// the time of one call, by the task's own thread.</summary>
    public byte[] Scratch => _scratch ??= GC.AllocateUninitializedArray<byte>(64 * 1024, pinned: true);

    /// <summary>For the time of one poll or select, by the task's own thread.</summary>
    public TaskPollTable PollTable => _pollTable ??= new TaskPollTable(this);
}
