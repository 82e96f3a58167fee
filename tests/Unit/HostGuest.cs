using System;
using System.Runtime.ExceptionServices;
using System.Threading;

using UmlHost.Abi;
using UmlHost.Host;
using UmlHost.Memory;
using UmlHost.Native;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

/// <summary>A real host child under ptrace with a few instructions to run, on a thread of its own as a task has.
/// </summary>
internal sealed unsafe class HostGuest : IDisposable
{
    public static readonly GuestAddress Code = new(0x40_0000);
    public static readonly GuestAddress Data = new(0x20_0000_0000);

    private readonly HostMemory _hostMemory;
    private readonly StubImage _stub;
    private readonly FrameAllocator _frames;

    private HostGuest()
    {
        Assert.False(HostMemory.Create(out HostMemory? memory).Failed);
        _hostMemory = memory!;
        Assert.False(StubImage.Load(_hostMemory, out StubImage? stub).Failed);
        _stub = stub!;
        _frames = new FrameAllocator(_hostMemory, 0);
        Memory = new MemoryMap(_frames);
        Assert.False(HostChild.Spawn(_hostMemory, _stub, out HostChild? child).Failed);
        Child = child!;
        PtraceThread? host = PtraceThread.Attach(Child, out string? failure);
        Assert.True(host is not null, failure);
        Host = host;
    }

    public HostChild Child { get; }

    public PtraceThread Host { get; }

    public MemoryMap Memory { get; }

    /// <summary>Runs a test on a thread that lives as long as the child, with the CPU's hand-off cost at its least.
    /// </summary>
    public static void Run(Action<HostGuest> test)
    {
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                using HostGuest guest = new();
                guest.Host.Place(LibC.sched_getcpu().Int);
                test(guest);
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    /// <summary>Puts instructions at <see cref="Code"/> and lets the next resume begin there.</summary>
    public void Load(ReadOnlySpan<byte> code)
    {
        Assert.False(Memory.Map(Code, GuestAddress.PageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, null, 0).Failed);
        Assert.Equal(code.Length, Memory.CopyOut(Code, code));
        Assert.Equal(Errno.None, Memory.Protect(Code, GuestAddress.PageSize, PROT_READ | PROT_EXEC));
        Host.Registers.rip = Code.Value;
        Host.RegistersChanged();
    }

    public void Map(GuestAddress at, ulong length, int prot)
        => Assert.False(Memory.Map(at, length, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, null, 0).Failed);

    /// <summary>Brings the child up to date and lets the guest run until it stops.</summary>
    public TrapKind Resume()
    {
        Assert.Null(Memory.Sync(Host));
        return Host.Resume();
    }

    public void Dispose()
    {
        Child.Kill();
        int status;
        while (!LibC.wait4(Child.Pid, &status, __WALL, null).Failed && WIFSTOPPED(status))
        {
        }

        Memory.Dispose();
        _frames.Dispose();
        _stub.Dispose();
        _hostMemory.Dispose();
    }
}
