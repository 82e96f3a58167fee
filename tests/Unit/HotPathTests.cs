using System;

using UmlHost.Fs;
using UmlHost.Host;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Traps;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

/// <summary>Run alone: a machine takes SIGCHLD away from the test host for as long as it runs, and other tests wait for
/// processes.</summary>
[CollectionDefinition(nameof(MachineCollection), DisableParallelization = true)]
public sealed class MachineCollection;

/// <summary>Resume, trap, dispatch, and page faults, as the task loop runs them for a real guest: nothing of it
/// allocates.</summary>
[Collection(nameof(MachineCollection))]
public sealed unsafe class HotPathTests
{
    private const int WarmUp = 200;

    [Fact]
    public void Ten_thousand_system_calls_allocate_nothing()
    {
        const int Calls = 10_000;
        // mov $N, %ebx; 1: mov $SYS_getppid, %eax; syscall; dec %ebx; jnz 1b; exit_group(0)
        byte[] code =
        [
            0xbb, .. BitConverter.GetBytes(Calls + WarmUp + 10),
            0xb8, 110, 0, 0, 0, 0x0f, 0x05, 0xff, 0xcb, 0x75, 0xf5,
            0x31, 0xff, 0xb8, 231, 0, 0, 0, 0x0f, 0x05,
        ];
        Assert.Equal(0, Allocated(code, Calls, alwaysReadFaultInfo: false, out SyscallCounts counts));
        Assert.Equal(Calls + WarmUp + 11, counts.Total);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_thousand_page_faults_allocate_nothing(bool alwaysReadFaultInfo)
    {
        const int Faults = 1000;
        // mov $N, %ebx; mov $Data, %rdi; 1: movb $1, (%rdi); add $0x200000, %rdi; dec %ebx; jnz 1b; exit_group(0)
        byte[] code =
        [
            0xbb, .. BitConverter.GetBytes(Faults + WarmUp + 10),
            0x48, 0xbf, .. BitConverter.GetBytes(HostGuest.Data.Value),
            0xc6, 0x07, 1, 0x48, 0x81, 0xc7, 0, 0, 0x20, 0, 0xff, 0xcb, 0x75, 0xf2,
            0x31, 0xff, 0xb8, 231, 0, 0, 0, 0x0f, 0x05,
        ];
        Assert.Equal(0, Allocated(code, Faults, alwaysReadFaultInfo, out _));
    }

    /// <summary>Runs a guest to its end.</summary>
    /// <returns>Bytes that its task's thread allocated over <paramref name="traps"/> traps after the first few.</returns>
    private static long Allocated(byte[] code, int traps, bool alwaysReadFaultInfo, out SyscallCounts counts)
    {
        // A machine changes what becomes of SIGCHLD, which belongs to the test host here.
        sigaction before;
        LibC.sigaction(SIGCHLD, null, &before);
        RunOptions options = new() { Program = [], Arguments = [], Environment = [], AlwaysReadFaultInfo = alwaysReadFaultInfo };
        using Machine? machine = Machine.Create(options, out string? failure);
        Assert.True(machine is not null, failure);
        try
        {
            long allocated = -1;
            HostGuest.Run(guest =>
            {
                guest.Load(code);
                guest.Map(HostGuest.Data, 4UL << 30, PROT_READ | PROT_WRITE);
                Meter meter = new(guest.Host, traps);
                ThreadGroup group = new(machine, 2) { Limits = ResourceLimits.OfCaller() };
                GuestTask task = new(2, group, guest.Memory, new FdTable(), FsContext.OfHost())
                {
                    Credentials = new Credentials(),
                    Host = meter,
                };
                group.Add(task);
                TaskLoop.Run(task);
                Assert.Equal(0, group.ExitStatus);
                allocated = meter.Allocated;
            });
            counts = machine.SyscallCounts;
            return allocated;
        }
        finally
        {
            LibC.sigaction(SIGCHLD, &before, null);
        }
    }

    /// <summary>Notes what the thread had allocated at two of the resumes.</summary>
    private sealed class Meter(IHostThread host, int traps) : IHostThread
    {
        private int _resumes;
        private long _start;

        public long Allocated { get; private set; } = -1;

        public ref user_regs_struct Registers => ref host.Registers;

        public ref readonly siginfo_t SignalInfo => ref host.SignalInfo;

        public HostCounters Counters => host.Counters;

        public int FpStateSize => host.FpStateSize;

        public long CpuTime => host.CpuTime;

        public TrapKind Resume()
        {
            _resumes++;
            if (_resumes == WarmUp)
            {
                _start = GC.GetAllocatedBytesForCurrentThread();
            }
            else if (_resumes == WarmUp + traps)
            {
                Allocated = GC.GetAllocatedBytesForCurrentThread() - _start;
            }

            return host.Resume();
        }

        public void LeaveHostVdso() => host.LeaveHostVdso();

        public void SetResult(long value) => host.SetResult(value);

        public void RegistersChanged() => host.RegistersChanged();

        public HostOpFailure? Run(ReadOnlySpan<HostOp> ops) => host.Run(ops);

        public bool TryReadFaultInfo(out FaultInfo fault) => host.TryReadFaultInfo(out fault);

        public void GetFpState(Span<byte> state) => host.GetFpState(state);

        public Result SetFpState(ReadOnlySpan<byte> state) => host.SetFpState(state);

        public void Interrupt() => host.Interrupt();

        public void Place(int cpu) => host.Place(cpu);
    }
}
