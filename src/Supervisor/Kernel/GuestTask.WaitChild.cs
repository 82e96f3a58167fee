using System.Collections.Generic;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

/// <summary>Which children a wait is for.</summary>
/// <param name="Type">P_ALL, P_PID or P_PGID.</param>
/// <param name="Id">Process or process group id.</param>
/// <param name="Options">WEXITED, WSTOPPED, WCONTINUED, WNOHANG, WNOWAIT, __WALL, __WCLONE, __WNOTHREAD.</param>
internal readonly record struct ChildSelector(int Type, int Id, int Options)
{
    public bool Selects(ThreadGroup child)
    {
        if ((Options & __WALL) == 0 && (child.ExitSignal != SIGCHLD) != ((Options & __WCLONE) != 0))
        {
            return false;
        }

        return Type switch
        {
            P_PID => child.Tgid == Id,
            P_PGID => child.ProcessGroup == Id,
            _ => true,
        };
    }
}

/// <summary>What a wait found.</summary>
/// <param name="Pid">The child; 0 for none.</param>
/// <param name="Code">CLD_EXITED, CLD_KILLED, CLD_STOPPED, CLD_CONTINUED.</param>
/// <param name="Status">In wait4's encoding.</param>
internal readonly record struct ChildEvent(int Pid, int Code, int Status, uint Uid, rusage Usage);

// wait4 and waitid.
internal sealed partial class GuestTask
{
    /// <summary>Waits for a child to change state.</summary>
    /// <returns>None with the event (Pid 0 under WNOHANG), ECHILD, or EINTR.</returns>
    public Errno WaitChild(ChildSelector selector, out ChildEvent found)
    {
        ChildWaitState state = new() { Task = this, Selector = selector };
        if ((selector.Options & WNOHANG) != 0)
        {
            state.Check();
        }
        else if (Wait(Group.ChildWait, ref state, static (ref ChildWaitState state) => state.Check(), Deadline.Never) == WaitResult.Interrupted)
        {
            state.Error = Errno.EINTR;
        }

        found = state.Found;
        return state.Error;
    }

    private struct ChildWaitState
    {
        public GuestTask Task;
        public ChildSelector Selector;
        public ChildEvent Found;
        public Errno Error;

        /// <summary>True when the wait is over.</summary>
        public bool Check()
        {
            lock (Task.Machine.Tasks.Lock)
            {
                Error = Errno.ECHILD;
                List<ThreadGroup> children = Task.Group.Children;
                for (int index = 0; index < children.Count; index++)
                {
                    ThreadGroup child = children[index];
                    if (!Selector.Selects(child))
                    {
                        continue;
                    }

                    Error = Errno.None;
                    if (child.TryTakeEvent(Selector.Options, out Found))
                    {
                        if (child.IsZombie && (Selector.Options & WNOWAIT) == 0 && Found.Code is CLD_EXITED or CLD_KILLED or CLD_DUMPED)
                        {
                            Task.Group.Reap(child);
                        }

                        return true;
                    }
                }

                return Error != Errno.None;
            }
        }
    }
}
