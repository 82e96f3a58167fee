using System.Collections.Generic;
using System.Text;

using Serilog;

using UmlHost.Memory;

using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

// The memory limit is reached, and somebody touches one page more.
internal sealed partial class Machine
{
    /// <summary>A victim whose memory is not free after so long shares it with somebody: the next one is chosen.</summary>
    private const long VictimNanoseconds = 2_000_000_000;

    // Under the task list lock.
    private readonly List<(int Pid, string Name)> _outOfMemory = [];
    private MemoryMap? _victim;

    /// <summary>The processes that were killed because the memory limit was reached.</summary>
    public IReadOnlyList<(int Pid, string Name)> OutOfMemoryKills
    {
        get
        {
            lock (Tasks.Lock)
            {
                return [.. _outOfMemory];
            }
        }
    }

    /// <summary>Woken when an address space is gone.</summary>
    internal WaitQueue MemoryFreed { get; } = new();

    /// <summary>The pages that the limit is of: all that guests may have.</summary>
    public long MemoryPages => (long)((Frames.LimitBytes != 0 ? Frames.LimitBytes : Frames.MachineBytes) / Abi.GuestAddress.PageSize);

    /// <summary>How much speaks for killing a process (Linux's oom_badness): its pages, and so many thousandths of all as
    /// oom_score_adj says. Null where that forbids it, and for one that has ended. Task list lock.</summary>
    public long? Badness(ThreadGroup group) =>
        group.Tasks.Count == 0 || group.OomScoreAdj == ThreadGroup.LeastOomScore ? null
        : group.Tasks[0].Memory.PresentPages + (group.OomScoreAdj * (MemoryPages / 1000));

    /// <summary>Kills the process with the most memory, as far as oom_score_adj agrees, and waits until that is free; then the task may try again. One
    /// victim at a time.</summary>
    public void OutOfMemory(GuestTask task)
    {
        MemoryMap victim;
        lock (Tasks.Lock)
        {
            if (_victim is null or { IsDisposed: true })
            {
                ThreadGroup group = task.Group;
                long most = Badness(group) ?? long.MinValue;
                foreach (ThreadGroup other in Tasks.Groups)
                {
                    if (!other.IsExiting && Badness(other) is { } badness && badness > most)
                    {
                        group = other;
                        most = badness;
                    }
                }

                string name = Encoding.UTF8.GetString(group.Tasks[0].Comm);
                Log.Warning("guest process {Pid} ({Name}) killed: out of memory (limit {Limit} bytes)", group.Tgid, name, Frames.LimitBytes);
                _victim = group.Tasks[0].Memory;
                if (group.Exit(SIGKILL))
                {
                    _outOfMemory.Add((group.Tgid, name));
                }
            }

            victim = _victim;
        }

        (GuestTask Task, MemoryMap Victim) state = (task, victim);
        WaitResult result = task.Wait(
            MemoryFreed, ref state, static (ref (GuestTask Task, MemoryMap Victim) state) => state.Victim.IsDisposed || state.Task.IsExiting,
            Deadline.After(VictimNanoseconds), interruptible: false);
        if (result == WaitResult.TimedOut)
        {
            lock (Tasks.Lock)
            {
                _victim = _victim == victim ? null : _victim;
            }
        }
    }
}
