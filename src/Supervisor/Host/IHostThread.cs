using System;

using UmlHost.Native;

namespace UmlHost.Host;

/// <summary>Why the guest stopped.</summary>
internal enum TrapKind
{
    /// <summary>It made a system call: the registers hold number and arguments.</summary>
    Syscall,

    /// <summary>It made a system call in another way (int 0x80, sysenter): other numbers, refused.</summary>
    ForeignSyscall,

    /// <summary>The processor raised an exception: <see cref="IHostThread.SignalInfo"/> says which.</summary>
    Exception,

    /// <summary>A call that is not the guest kernel's to see reached the seccomp filter (the vsyscall page).</summary>
    Filtered,

    /// <summary>Somebody called <see cref="IHostThread.Interrupt"/>.</summary>
    Interrupted,

    /// <summary>The host thread is gone.</summary>
    Died,
}

/// <summary>What the processor said about an exception: the fields of Linux's sigcontext.</summary>
/// <param name="Address">cr2.</param>
/// <param name="ErrorCode">For a page fault: bit 0 protection (not absence), 1 write, 2 user, 4 instruction fetch.</param>
/// <param name="TrapNumber">14 is a page fault, 13 general protection.</param>
internal readonly record struct FaultInfo(ulong Address, ulong ErrorCode, ulong TrapNumber)
{
    public const ulong PageFault = 14;

    public bool IsWrite => (ErrorCode & 2) != 0;

    public bool IsExecute => (ErrorCode & 16) != 0;
}

/// <summary>Host activity of one thread, for the report. Written by its own thread only.</summary>
internal sealed class HostCounters
{
    public long Stops;
    public long Resumes;
    public long Batches;
    public long Ops;
    public long HandlerFaults;
    public long Interrupts;

    public void Add(HostCounters other)
    {
        Stops += other.Stops;
        Resumes += other.Resumes;
        Batches += other.Batches;
        Ops += other.Ops;
        HandlerFaults += other.HandlerFaults;
        Interrupts += other.Interrupts;
    }

    public void Clear() => Stops = Resumes = Batches = Ops = HandlerFaults = Interrupts = 0;
}

/// <summary>The host's side of one guest thread: all that the rest of the supervisor knows of how a guest is
/// run. Today there is one way, ptrace (<see cref="PtraceThread"/>). Every member but <see cref="Interrupt"/>
/// is for the one supervisor thread that owns it, while the guest is stopped.</summary>
internal interface IHostThread
{
    /// <summary>The guest's registers as of the last stop. Change them in place, then say so with
    /// <see cref="RegistersChanged"/>.</summary>
    ref user_regs_struct Registers { get; }

    /// <summary>The host's siginfo of an <see cref="TrapKind.Exception"/> or <see cref="TrapKind.Filtered"/>.</summary>
    ref readonly siginfo_t SignalInfo { get; }

    HostCounters Counters { get; }

    /// <summary>ns of CPU that the host thread has had since it was made, under whatever task. Any thread.</summary>
    long CpuTime { get; }

    /// <summary>Lets the guest run until it stops. Allocates nothing.</summary>
    TrapKind Resume();

    /// <summary>If the guest is stopped in the host's own vDSO (<see cref="HostVdso"/>), which no unwinder of the
    /// guest's knows, lets it go on to where that returns to. It stays where it is if it faults there, or is about to
    /// make a system call.</summary>
    void LeaveHostVdso();

    /// <summary>Sets rax, the result of the system call that the guest is stopped in.</summary>
    void SetResult(long value);

    /// <summary>Every register must be written back before the guest runs.</summary>
    void RegistersChanged();

    /// <summary>Runs operations in the child's address space. The guest's registers and FP state are intact
    /// afterwards.</summary>
    /// <returns>Null if each gave its expected result.</returns>
    HostOpFailure? Run(ReadOnlySpan<HostOp> ops);

    /// <summary>The processor's own account of the exception that the guest is stopped at, through the stub's
    /// handler. Must be the first thing done at that stop.</summary>
    /// <returns>False if the child died of it.</returns>
    bool TryReadFaultInfo(out FaultInfo fault);

    /// <summary>Bytes of FP state (the xsave area).</summary>
    int FpStateSize { get; }

    void GetFpState(Span<byte> state);

    Result SetFpState(ReadOnlySpan<byte> state);

    /// <summary>Binds this host thread and its supervisor thread to one CPU: a hand-off between two CPUs costs six
    /// times as much. Any thread.</summary>
    void Place(int cpu);

    /// <summary>Makes a running guest stop soon, or the next <see cref="Resume"/> return at once. Any thread.</summary>
    void Interrupt();

    /// <summary>How long a slice the host's scheduler gives the guest: long for one that computes beside others, which
    /// lets them preempt it. Any thread.</summary>
    void SetSlice(bool computes)
    {
    }
}
