using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

// Out of the host's vDSO, an instruction at a time: its functions are short.
internal sealed unsafe partial class PtraceThread
{
    /// <summary>More than any of its functions takes; a guest that jumped there may run in a circle.</summary>
    private const int MostSteps = 2000;

    private const ushort SyscallInstruction = 0x050f;

    public void LeaveHostVdso()
    {
        for (int steps = 0; steps < MostSteps && IsInHostVdso; steps++)
        {
            ulong code;
            if (LibC.ptrace(PTRACE_PEEKTEXT, _tid, (nuint)_registers.rip, (nuint)(&code)).Failed || (ushort)code == SyscallInstruction)
            {
                return;
            }

            WriteRegisters();
            Counters.Resumes++;
            if (!ResumeWith(PTRACE_SYSEMU_SINGLESTEP, 0, out int status))
            {
                // The next resume finds that out.
                return;
            }

            ReadRegisters();
            int signal = WSTOPSIG(status);
            _interruptPending |= signal == InterruptSignal;
            if (signal != InterruptSignal && (signal != SIGTRAP || WPTEVENT(status) != 0))
            {
                return;
            }
        }
    }

    private bool IsInHostVdso => _registers.rip - StubLayout.HostVdso < StubLayout.End - StubLayout.HostVdso;
}
