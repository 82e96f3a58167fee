using System;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Host;
using UmlHost.Loader;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Syscalls;
using UmlHost.Traps;

using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

// clone, fork, vfork: a new task, its host thread and its supervisor thread (Linux's copy_process).
internal sealed partial class GuestTask
{
    /// <summary>Makes a new task as <paramref name="arguments"/> say. Runs on this task's own thread.</summary>
    /// <returns>The new task's id, or -errno.</returns>
    public SyscallResult Clone(in CloneArguments arguments)
    {
        Errno error = arguments.Check();
        if (error != Errno.None)
        {
            return error;
        }

        // What was sent before is the parent's alone: it is delivered first, and then the call made again.
        if (!BeginFork(arguments.Has(CLONE_THREAD)))
        {
            return SyscallResult.RestartNoIntr;
        }

        SyscallResult result = CloneUndisturbed(arguments);
        EndFork();
        return result;
    }

    private SyscallResult CloneUndisturbed(in CloneArguments arguments)
    {
        Errno error = CheckProcessLimit();
        if (error != Errno.None)
        {
            return error;
        }

        int pidFd = -1;
        if (arguments.Has(CLONE_PIDFD) && (pidFd = Files.Reserve(closeOnExec: true)) < 0)
        {
            return pidFd;
        }

        SyscallResult result = Errno.EAGAIN;
        if (Machine.Threads.Take(needsChild: !arguments.Has(CLONE_VM) || arguments.Has(CLONE_VFORK)) is { } thread)
        {
            result = Clone(arguments, pidFd, thread);
            if (result.Failed)
            {
                thread.Dismiss();
            }
        }

        if (result.Failed && pidFd >= 0)
        {
            Files.Unreserve(pidFd);
        }

        return result;
    }

    /// <param name="pidFd">Reserved; -1 without CLONE_PIDFD.</param>
    /// <param name="thread">For the new task.</param>
    private SyscallResult Clone(in CloneArguments arguments, int pidFd, TaskThread thread)
    {
        bool sharesMemory = arguments.Has(CLONE_VM);
        HostChild? child = null;
        int hostTid = 0;
        if (sharesMemory)
        {
            child = Memory.Child!;
            hostTid = child.TakeParked();
            if (hostTid == 0)
            {
                Result made = ((PtraceThread)Host).Clone();
                if (made.Failed)
                {
                    return made.Error == Errno.EAGAIN ? Errno.EAGAIN : Errno.ENOMEM;
                }

                hostTid = made.Int;
            }
        }

        MemoryMap memory = sharesMemory ? Memory.Share() : Memory.Fork(new GuestAddress(Host.Registers.rsp));
        if (!sharesMemory && Memory.Sync(Host) is { } failure)
        {
            Machine.HostFailed(this, failure.ToString());
            Abandon(memory, child, hostTid);
            return Errno.ENOMEM;
        }

        // A copy of the memory was made before this, and does not show it.
        if (pidFd >= 0 && !Memory.Write(arguments.PidFd, pidFd))
        {
            Abandon(memory, child, hostTid);
            return Errno.EFAULT;
        }

        FdTable files = arguments.Has(CLONE_FILES) ? Files.Share() : Files.Fork();
        FsContext fs = arguments.Has(CLONE_FS) ? Fs.Share() : Fs.Fork();
        if (AddTask(arguments, memory, files, fs) is not { } task)
        {
            files.Leave();
            fs.Leave();
            Abandon(memory, child, hostTid);
            return Errno.EINTR;
        }

        if (pidFd >= 0)
        {
            Files.Install(pidFd, new PidFd(task.Group, 0));
        }

        if (arguments.Has(CLONE_PARENT_SETTID))
        {
            _ = Memory.Write(arguments.ParentTid, task.Tid);
        }

        int newTid = task.Tid;
        VforkDone? vfork = task.VforkDone;
        user_regs_struct registers = ChildRegisters(arguments);
        byte[] fpState = FpStateForChild();
        GuestAddress setTid = arguments.Has(CLONE_CHILD_SETTID) ? arguments.ChildTid : default;
        Machine.Started(task, arguments.Has(CLONE_THREAD));
        if (!arguments.Has(CLONE_THREAD))
        {
            task.Group.ApplyCpuLimit();
        }

        Machine.Placement.Enter(task);
        thread.Give(() => task.RunCloned(child, hostTid, registers, fpState, setTid));
        if (vfork is not null)
        {
            WaitForVfork(vfork);
        }

        return newTid;
    }

    /// <summary>Puts the new task into the process tree.</summary>
    /// <returns>Null if this one is ending: whoever ends the threads of its process has counted them.</returns>
    private GuestTask? AddTask(in CloneArguments arguments, MemoryMap memory, FdTable files, FsContext fs)
    {
        lock (Machine.Tasks.Lock)
        {
            if (IsExiting)
            {
                return null;
            }

            int tid = Machine.Tasks.AllocatePid();
            ThreadGroup group = arguments.Has(CLONE_THREAD) ? Group : NewGroup(tid, arguments);
            GuestTask task = new(tid, group, memory, files, fs)
            {
                Credentials = Credentials,
                BlockedSignals = BlockedSignals,
                AlternateStack = arguments.Has(CLONE_VM) && !arguments.Has(CLONE_VFORK) ? default : AlternateStack,
                ClearChildTid = arguments.Has(CLONE_CHILD_CLEARTID) ? arguments.ChildTid : default,
                Comm = Comm,
                Trace = Trace,
                CpuIndex = CpuIndex,
                VforkDone = arguments.Has(CLONE_VFORK) ? new VforkDone() : null,
            };
            task.Inherit(this);
            group.Add(task);
            Machine.Tasks.Add(task);
            if (group != Group)
            {
                GiveForkSignals(task);
            }

            return task;
        }
    }

    /// <summary>Undoes what <see cref="Clone(in CloneArguments)"/> made for a task that is not to be.</summary>
    private static void Abandon(MemoryMap memory, HostChild? child, int hostTid)
    {
        if (memory.Leave())
        {
            memory.Dispose();
        }

        child?.AddParked(hostTid);
    }

    /// <summary>RLIMIT_NPROC: an unprivileged user's processes.</summary>
    private Errno CheckProcessLimit()
    {
        ulong limit = Group.Limits[RLIMIT_NPROC].rlim_cur;
        if (Credentials.Uid == 0 || Credentials.Has(CAP_SYS_RESOURCE) || Credentials.Has(CAP_SYS_ADMIN) || (ulong)Machine.Tasks.TaskCount < limit)
        {
            return Errno.None;
        }

        lock (Machine.Tasks.Lock)
        {
            return Machine.Tasks.CountOf(Credentials.Uid) < limit ? Errno.None : Errno.EAGAIN;
        }
    }

    private ThreadGroup NewGroup(int tid, in CloneArguments arguments)
    {
        ThreadGroup? parent = arguments.Has(CLONE_PARENT) ? Group.Parent : Group;
        ThreadGroup group = new(Machine, tid)
        {
            Parent = parent,
            ExitSignal = arguments.ExitSignal,
            ProcessGroup = Group.ProcessGroup,
            Session = Group.Session,
            Terminal = Group.Terminal,
            Limits = Group.Limits.Fork(),
            Handlers = arguments.Has(CLONE_SIGHAND) ? Group.Handlers : Group.Handlers.Fork(),
            ExecutablePath = Group.ExecutablePath,
        };
        group.InheritScore(Group);
        parent?.Children.Add(group);
        return group;
    }

    private user_regs_struct ChildRegisters(in CloneArguments arguments)
    {
        user_regs_struct registers = Host.Registers;
        registers.rax = 0;
        registers.orig_rax = ulong.MaxValue;
        if (!arguments.Stack.IsNull)
        {
            registers.rsp = arguments.Stack.Value;
        }

        if (arguments.Has(CLONE_SETTLS))
        {
            registers.fs_base = arguments.Tls;
        }

        return registers;
    }

    private byte[] FpStateForChild()
    {
        byte[] state = GC.AllocateUninitializedArray<byte>(Host.FpStateSize);
        Host.GetFpState(state);
        return state;
    }

    /// <summary>Only a deadly signal ends the wait early; the child goes on with the memory all the same.</summary>
    private void WaitForVfork(VforkDone vfork)
    {
        (VforkDone Done, GuestTask Task) state = (vfork, this);
        Wait(vfork.Queue, ref state, static (ref (VforkDone Done, GuestTask Task) state) => state.Done.IsDone || state.Task.IsExiting, Deadline.Never, interruptible: false);
    }

    /// <summary>The new task's life, on its own supervisor thread.</summary>
    private void RunCloned(HostChild? child, int hostTid, in user_regs_struct registers, byte[] fpState, GuestAddress setTid)
    {
        if (TryAcquireHost(child, hostTid))
        {
            if ((child is null && !Memory.Ldt.TryLoad((PtraceThread)Host)) || (CpuidFaults && ((PtraceThread)Host).SetCpuidFaults(true).Failed))
            {
                Machine.HostFailed(this, "the segments of a forked address space cannot be made");
            }

            Host.Registers = registers;
            Host.RegistersChanged();
            Host.SetFpState(fpState);
            if (!setTid.IsNull)
            {
                _ = Memory.Write(setTid, Tid);
            }

            TaskLoop.Run(this);
        }

        End();
    }

    /// <summary>The life of the machine's first task.</summary>
    internal void RunFirst(HostChild child, LoadedProgram program)
    {
        Memory.Attach(child);
        Machine.Placement.Enter(this);
        PtraceThread? host = PtraceThread.Attach(child, out string? failure);
        if (host is null)
        {
            Machine.HostFailed(this, failure!);
        }
        else
        {
            SetHost(host);
            Start(program);
            Trace?.Started(this);
            TaskLoop.Run(this);
        }

        End();
    }

    /// <summary>Gets this task its host thread: a parked one of the shared child, or the first one of another.
    /// </summary>
    private bool TryAcquireHost(HostChild? child, int hostTid)
    {
        string? failure;
        PtraceThread? host;
        if (child is null)
        {
            host = TaskThread.Current?.TakeHeld();
            if (host is not null)
            {
                Memory.Attach(host.Child);
                SetHost(host);
                return true;
            }

            child = Machine.Children.Take(out Result error);
            if (child is null)
            {
                Machine.HostFailed(this, $"a host child cannot be started: {error}");
                return false;
            }

            Memory.Attach(child);
            hostTid = child.TakeParked();
        }

        host = hostTid == 0 ? PtraceThread.Attach(child, out failure) : PtraceThread.Adopt(child, hostTid, out failure);
        if (host is null)
        {
            Machine.HostFailed(this, failure!);
            return false;
        }

        SetHost(host);
        return true;
    }

    private void SetHost(PtraceThread host)
    {
        Host = host;
        Memory.AddThread(host);
        Machine.Placement.Settle(this);
        BeginCpuTime();
    }
}
