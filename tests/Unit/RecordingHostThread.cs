using System;
using System.Collections.Generic;
using System.Linq;

using UmlHost.Host;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

/// <summary>A host child that is a page map: it carries operations out on <see cref="Pages"/> as the host would, and
/// keeps the batches. What it never does is run a guest.</summary>
internal sealed class RecordingHostThread : IHostThread
{
    private user_regs_struct _registers;
    private siginfo_t _signalInfo;

    /// <summary>The batches so far.</summary>
    public List<HostOp[]> Batches { get; } = [];

    /// <summary>Page address to protection and offset in the memory file.</summary>
    public SortedDictionary<ulong, (ulong Protection, ulong Offset)> Pages { get; } = [];

    /// <summary>Called with each batch before it is carried out.</summary>
    public Action<HostOp[]>? OnRun { get; set; }

    /// <summary>The next batch fails in its first operation.</summary>
    public Errno FailWith { get; set; }

    public ref user_regs_struct Registers => ref _registers;

    public ref readonly siginfo_t SignalInfo => ref _signalInfo;

    public HostCounters Counters { get; } = new();

    public long CpuTime => 0;

    public void LeaveHostVdso()
    {
    }

    public int FpStateSize => 0;

    public HostOpFailure? Run(ReadOnlySpan<HostOp> ops)
    {
        HostOp[] batch = ops.ToArray();
        Batches.Add(batch);
        OnRun?.Invoke(batch);
        if (FailWith != Errno.None)
        {
            return new HostOpFailure(0, batch.Length, batch[0], new Result(-(long)FailWith));
        }

        foreach (HostOp op in batch)
        {
            CarryOut(op);
        }

        return Real?.Run(ops);
    }

    /// <summary>A child that is to do the same.</summary>
    public IHostThread? Real { get; init; }

    private void CarryOut(HostOp op)
    {
        if (op.A0 < StubLayout.End && op.A0 + op.A1 > StubLayout.Start)
        {
            throw new InvalidOperationException($"operation {op.Number} on the stub range");
        }

        if ((long)op.Number == SYS_munmap)
        {
            foreach (ulong page in Pages.Keys.Where(page => page >= op.A0 && page < op.A0 + op.A1).ToArray())
            {
                Pages.Remove(page);
            }

            return;
        }

        for (ulong page = op.A0; page < op.A0 + op.A1; page += 4096)
        {
            switch ((long)op.Number)
            {
                case SYS_mmap:
                    Pages[page] = (op.A2, op.A5 + (page - op.A0));
                    break;
                case SYS_mprotect:
                    // The host gives ENOMEM where nothing is mapped.
                    Pages[page] = (op.A2, Pages[page].Offset);
                    break;
                default:
                    throw new InvalidOperationException($"operation {op.Number}");
            }
        }
    }

    public TrapKind Resume() => throw new NotSupportedException();

    public void SetResult(long value) => throw new NotSupportedException();

    public void RegistersChanged() => throw new NotSupportedException();

    public bool TryReadFaultInfo(out FaultInfo fault) => throw new NotSupportedException();

    public void GetFpState(Span<byte> state) => throw new NotSupportedException();

    public Result SetFpState(ReadOnlySpan<byte> state) => throw new NotSupportedException();

    public void Interrupt() => throw new NotSupportedException();

    public void Place(int cpu) => throw new NotSupportedException();
}
