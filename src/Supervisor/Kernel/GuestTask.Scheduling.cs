using System;

using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

/// <summary>What a task asked the scheduler for. The host schedules all guest threads alike: this is what the calls
/// that ask for it show. Immutable: a change is a new object.</summary>
internal sealed record Scheduling
{
    public static Scheduling Default { get; } = new();

    /// <summary>SCHED_NORMAL, SCHED_BATCH, SCHED_IDLE, SCHED_FIFO or SCHED_RR.</summary>
    public int Policy { get; init; }

    /// <summary>1 to 99 for SCHED_FIFO and SCHED_RR, else 0.</summary>
    public int Priority { get; init; }

    /// <summary>-20 to 19.</summary>
    public int Nice { get; init; }

    /// <summary>SCHED_RESET_ON_FORK.</summary>
    public bool ResetsOnFork { get; init; }

    /// <summary>Class and level, as ioprio_set has it; 0 was never set.</summary>
    public int IoPriority { get; init; }

    /// <summary>The host numbers of the CPUs that it may run on, as bits; empty for all that guests have.</summary>
    public ReadOnlyMemory<ulong> Affinity { get; init; }

    /// <summary>What a new thread or process gets.</summary>
    public Scheduling Fork() => !ResetsOnFork ? this : this with
    {
        Policy = Policy is SCHED_FIFO or SCHED_RR ? SCHED_NORMAL : Policy,
        Priority = 0,
        Nice = int.Max(0, Nice),
        ResetsOnFork = false,
    };
}

internal sealed partial class GuestTask
{
    /// <summary>Other tasks may set it.</summary>
    public Scheduling Scheduling { get; set; } = Scheduling.Default;
}
