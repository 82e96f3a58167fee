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

    /// <summary>Kills the process with the most memory, and waits until that is free; then the task may try again. One
    /// victim at a time.</summary>
    public void OutOfMemory(GuestTask task)
    {
        MemoryMap victim;
        lock (Tasks.Lock)
        {
            if (_victim is null or { IsDisposed: true })
            {
                ThreadGroup group = task.Group;
                foreach (ThreadGroup other in Tasks.Groups)
                {
                    if (other.Tasks.Count > 0 && !other.IsExiting && other.Tasks[0].Memory.PresentPages > group.Tasks[0].Memory.PresentPages)
                    {
                        group = other;
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
