using System;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

/// <summary>A guest thread run under real ptrace: PTRACE_SYSEMU, so that no system call of the guest's reaches
/// the host, and the stub's code page for what the supervisor itself wants done in the child.
/// <para>ptrace is only for the thread that seized: every member but <see cref="Interrupt"/> belongs to that
/// supervisor thread, and needs no lock.</para></summary>
[SuppressMessage("Design", "CA1001", Justification = "Owns no unmanaged resource.")]
internal sealed unsafe partial class PtraceThread : IHostThread
{
    /// <summary>What <see cref="Interrupt"/> sends. Never seen by a guest: the host's signals stop here.</summary>
    private const int InterruptSignal = SIGURG;

    private const int SyscallStop = ((SIGTRAP | 0x80) << 8) | 0x7f;

    private const ulong UserCodeSegment = 0x33;
    private const ulong UserStackSegment = 0x2b;

    private readonly HostChild _child;
    private readonly int _tid;
    private readonly int _supervisorTid = LibC.gettid();
    private user_regs_struct _registers;
    private siginfo_t _signalInfo;
    private WriteBack _writeBack;
    private bool _interruptPending;
    private int _cpu = -1;

    private PtraceThread(HostChild child, int tid)
    {
        _child = child;
        _tid = tid;
    }

    /// <summary>What of <see cref="_registers"/> the host does not have yet.</summary>
    private enum WriteBack
    {
        Nothing,
        Result,
        All,
    }

    public ref user_regs_struct Registers => ref _registers;

    public ref readonly siginfo_t SignalInfo => ref _signalInfo;

    public HostCounters Counters { get; } = new();

    public int Tid => _tid;

    public HostChild Child => _child;

    /// <summary>How the host thread ended, after <see cref="TrapKind.Died"/>: a wait status.</summary>
    public int ExitStatus { get; private set; }

    public void SetResult(long value)
    {
        _registers.rax = (ulong)value;
        if (_writeBack == WriteBack.Nothing)
        {
            _writeBack = WriteBack.Result;
        }
    }

    public void RegistersChanged() => _writeBack = WriteBack.All;

    /// <summary>The supervisor thread may have been placed elsewhere meanwhile.</summary>
    public void ForgetPlace() => _cpu = -1;

    public void Place(int cpu)
    {
        if (_cpu == cpu)
        {
            return;
        }

        _cpu = cpu;
        Span<ulong> mask = stackalloc ulong[16];
        mask.Clear();
        mask[cpu / 64] = 1UL << (cpu % 64);
        fixed (ulong* set = mask)
        {
            LibC.sched_setaffinity(_tid, (nuint)(mask.Length * sizeof(ulong)), set);
            LibC.sched_setaffinity(_supervisorTid, (nuint)(mask.Length * sizeof(ulong)), set);
        }
    }

    public TrapKind Resume()
    {
        if (_interruptPending)
        {
            _interruptPending = false;
            return TrapKind.Interrupted;
        }

        WriteRegisters();
        Counters.Resumes++;
        return ResumeWith(PTRACE_SYSEMU, 0, out int status) ? Decode(status) : Died(status);
    }

    public void SetSlice(bool computes) => HostScheduler.SetSlice(_tid, computes);

    public void Interrupt() => LibC.tgkill(_child.Pid, _tid, InterruptSignal);

    private TrapKind Decode(int status)
    {
        if (status == SyscallStop)
        {
            ReadRegisters();

            // The syscall instruction leaves its return address in rcx; int 0x80 and sysenter do not.
            return _registers.rcx == _registers.rip && _registers.cs == UserCodeSegment
                ? TrapKind.Syscall
                : TrapKind.ForeignSyscall;
        }

        ReadRegisters();
        int signal = WSTOPSIG(status);
        if (WPTEVENT(status) == 0 && IsException(signal))
        {
            fixed (siginfo_t* info = &_signalInfo)
            {
                LibC.ptrace(PTRACE_GETSIGINFO, _tid, 0, (nuint)info);
            }

            // A positive code is the kernel's own: anything else was sent by another host process.
            if (_signalInfo.si_code > 0)
            {
                return signal == SIGSYS ? TrapKind.Filtered : TrapKind.Exception;
            }
        }

        Counters.Interrupts++;
        return TrapKind.Interrupted;
    }

    private static bool IsException(int signal) => signal is SIGSEGV or SIGBUS or SIGFPE or SIGILL or SIGTRAP or SIGSYS;

    private TrapKind Died(int status)
    {
        ExitStatus = status;
        return TrapKind.Died;
    }

    private void ReadRegisters()
    {
        fixed (user_regs_struct* registers = &_registers)
        {
            LibC.ptrace(PTRACE_GETREGS, _tid, 0, (nuint)registers);
        }
    }

    private void WriteRegisters()
    {
        if (_writeBack == WriteBack.Result)
        {
            // The host's own restart logic looks at rax and orig_rax at this stop, but only for values from
            // -516 to -512, which no result is.
            LibC.ptrace(PTRACE_POKEUSER, _tid, USER_RAX, (nuint)_registers.rax);
        }
        else if (_writeBack == WriteBack.All)
        {
            _registers.orig_rax = ulong.MaxValue;
            SetRegisters(ref _registers);
        }

        _writeBack = WriteBack.Nothing;
    }

    private Result SetRegisters(ref user_regs_struct registers)
    {
        fixed (user_regs_struct* from = &registers)
        {
            return LibC.ptrace(PTRACE_SETREGS, _tid, 0, (nuint)from);
        }
    }

    /// <summary>Starts the host thread and waits for its next stop.</summary>
    /// <returns>False if it ended instead; <paramref name="status"/> says how.</returns>
    private bool ResumeWith(int request, int signal, out int status)
    {
        Result resumed = LibC.ptrace_resume(request, _tid, 0, (nuint)signal);
        Debug.Assert(!resumed.Failed || resumed.Error == Errno.ESRCH, "a stopped tracee can be resumed");
        return Wait(out status);
    }

    private bool Wait(out int status)
    {
        int stopped = 0;
        Result waited;
        do
        {
            waited = LibC.wait4(_tid, &stopped, __WALL | __WNOTHREAD, null);
        }
        while (waited.Error == Errno.EINTR);
        status = stopped;
        if (waited.Failed)
        {
            // Reaped already: it was the leader of a process that was killed.
            status = SIGKILL;
            return false;
        }

        Counters.Stops++;
        return WIFSTOPPED(stopped);
    }
}
