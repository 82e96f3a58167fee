using UmlHost.Host;
using UmlHost.Ipc;
using UmlHost.Memory;

namespace UmlHost.Kernel;

// The end of a task (Linux's do_exit), on its own supervisor thread after the task loop.
internal sealed partial class GuestTask
{
    private void End()
    {
        LeaveMemoryNotice();
        Files.Leave();
        Fs.Leave();
        SharedSegment.DetachAll(this);
        EndCpuTime();
        Machine.Ended(this);
        if (Group.IsZombie)
        {
            Group.EndTimers();
        }

        LeaveMemory();
        Machine.Placement.Leave(this);
        Machine.Gone();
    }

    /// <summary>What an address space is left with (mm_release): robust futexes, the tid that joiners wait for,
    /// the vfork parent.</summary>
    private void LeaveMemoryNotice()
    {
        if (Host is not null)
        {
            Futex.ExitRobustList(this);
            if (!ClearChildTid.IsNull && Memory.IsShared)
            {
                if (Memory.Write(ClearChildTid, 0))
                {
                    Futex.WakeAddress(Memory, ClearChildTid, 1);
                }
            }
        }

        ClearChildTid = default;
        RobustList = default;
        VforkDone? done = VforkDone;
        VforkDone = null;
        done?.Complete();
    }

    /// <summary>What this thread used, for its process's account.</summary>
    internal void AddUsage(ResourceUsage used)
    {
        CpuTime time = CpuTime;
        used.UserNanoseconds += time.User;
        used.SystemNanoseconds += time.System;
        if (Group.Tasks.Count == 0)
        {
            used.MinorFaults += Memory.Faults.Total;
        }

        used.MaxResident = long.Max(used.MaxResident, Memory.PresentPages * 4);
    }

    /// <summary>Leaves address space and host thread. The last user leaves the host child for another process;
    /// one whose other host threads are in doubt is killed.</summary>
    private void LeaveMemory()
    {
        MemoryMap memory = Memory;
        PtraceThread? host = (PtraceThread?)Host;
        if (host is not null)
        {
            memory.RemoveThread(host);
            if (IsHog)
            {
                host.SetSlice(computes: false);
            }

            EndCpuTime();
            Machine.Add(host.Counters);
        }

        if (!memory.Leave())
        {
            if (host is not null && !host.Park())
            {
                memory.Child!.ReapThread(host.Tid);
            }

            return;
        }

        HostChild? child = memory.Child;
        if (child is not null)
        {
            // The frames may go first: nothing but the stub runs in a parked child before it has been emptied.
            bool usable = host is not null && !Machine.IsEnding && !child.HasLdt;
            bool held = usable && host!.Tid == child.Pid && TaskThread.Current is { } thread && thread.TryHold(host);
            if (!held)
            {
                bool parked = usable && host!.Park();
                if (!parked || !Machine.Children.Give(child))
                {
                    child.KillAndReap(parked ? 0 : host?.Tid ?? 0);
                }
            }
        }

        Machine.Add(memory);
        memory.Dispose();
        Machine.MemoryFreed.WakeAll();
    }
}
