using System;
using System.Diagnostics.CodeAnalysis;
using System.Threading;

using UmlHost.Fs;
using UmlHost.Host;
using UmlHost.Memory;
using UmlHost.Trace;

namespace UmlHost.Kernel;

/// <summary>One guest thread (Linux's task_struct): what a system call handler works with. Its own supervisor
/// thread runs it (<see cref="Traps.TaskLoop"/>), and is the only one to change it unless a member says
/// otherwise.</summary>
internal sealed partial class GuestTask
{
    [ThreadStatic]
    private static byte[]? t_scratch;

    private readonly TaskSleeper _sleeper;
    private bool _isExiting;
    private TaskPollTable? _pollTable;

    /// <param name="memory">The task becomes one of its users; so of the next two.</param>
    public GuestTask(int tid, ThreadGroup group, MemoryMap memory, FdTable files, FsContext fs)
    {
        Tid = tid;
        Group = group;
        Memory = memory;
        Files = files;
        Fs = fs;
        _sleeper = new TaskSleeper(this);
    }

    /// <summary>The thread id that the guest sees (gettid). Changes only at an exec by another thread than the
    /// leader, which takes the leader's.</summary>
    public int Tid { get; internal set; }

    /// <summary>The process it is a thread of.</summary>
    public ThreadGroup Group { get; }

    public Machine Machine => Group.Machine;

    /// <summary>The address space (mm); another after exec. The task is one of its users.</summary>
    public MemoryMap Memory { get; internal set; }

    /// <summary>Open files; shared with CLONE_FILES, and one of their users.</summary>
    public FdTable Files { get; internal set; }

    /// <summary>Working directory and umask; shared with CLONE_FS, and one of their users.</summary>
    public FsContext Fs { get; internal set; }

    public required Credentials Credentials { get; set; }

    /// <summary>The host thread that runs it; set by its own supervisor thread before the guest first runs.</summary>
    public IHostThread Host { get; internal set; } = null!;

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
    public bool IsExiting { get => Volatile.Read(ref _isExiting) || Group.IsExiting; set => Volatile.Write(ref _isExiting, value); }

    /// <summary>The CPU that its two threads are bound to, as an index of <see cref="Placement.Cpus"/>. Placement
    /// lock.</summary>
    internal int CpuIndex { get; set; }

    /// <summary>It wants its CPU, or runs on it. Placement lock.</summary>
    internal bool IsRunnable { get; set; }

    /// <summary>Its guest computes, and its host thread has a long slice. With the resumes at the last look. Placement lock.
    /// </summary>
    internal bool IsHog { get; set; }

    internal long ResumesSeen { get; set; }

    /// <summary>How often in a row, and when last, it was woken to a CPU in use while another was idle. Placement lock.
    /// </summary>
    internal (int Count, long Last) CrowdedWakes { get; set; }

    /// <summary>Sent to this task when its parent ends (PR_SET_PDEATHSIG); 0 for none.</summary>
    public int ParentDeathSignal { get; set; }

    /// <summary>How this thread alone ended (exit), in wait's encoding.</summary>
    public int ExitStatus { get; set; }

    /// <summary>What a vfork parent waits for: set when this task has left the address space that it borrowed.
    /// </summary>
    internal VforkDone? VforkDone { get; set; }

    /// <summary>Null unless system calls are traced.</summary>
    public SyscallTrace? Trace { get; init; }

    /// <summary>64 KiB for bytes on their way between a host call that may block and guest memory. Pinned; only for
    /// the time of one call, by the task's own thread, which passes it on to the tasks that it runs later.</summary>
    [SuppressMessage("Performance", "CA1822", Justification = "Only a task may use it.")]
    public byte[] Scratch => t_scratch ??= GC.AllocateUninitializedArray<byte>(64 * 1024, pinned: true);

    /// <summary>For the time of one poll or select, by the task's own thread.</summary>
    public TaskPollTable PollTable => _pollTable ??= new TaskPollTable(this);
}
