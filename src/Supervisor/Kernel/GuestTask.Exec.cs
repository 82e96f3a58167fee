using UmlHost.Host;
using UmlHost.Loader;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

// execve: another program in this process.
internal sealed partial class GuestTask
{
    /// <summary>Replaces the program. Until the new one is known to load, errors return; after that there is no way
    /// back and they end the process.</summary>
    public SyscallResult Exec(LoadRequest request)
    {
        if (!BinaryProgram.TryOpen(request, out BinaryProgram? program, out LoadError? error))
        {
            return error.Errno;
        }

        using (program)
        {
            if (!EndOtherThreads())
            {
                return SyscallResult.NoReturn;
            }

            MemoryMap memory = Group.Limits.NewMemory(Machine.Frames);
            if (!program.TryMap(memory, out LoadedProgram? loaded, out error))
            {
                memory.Dispose();
                Serilog.Log.Information("execve in process {Pid}: {Error}", Group.Tgid, error.ToString());
                Group.Exit(error.Errno == Errno.ENOMEM ? SIGKILL : SIGSEGV);
                return SyscallResult.NoReturn;
            }

            UnshareForExec();
            MemoryMap old = Memory;
            LeaveMemoryNotice();
            if (!old.IsShared && !old.Child!.HasLdt)
            {
                // The host child serves on, with this thread in it.
                memory.Attach(old.Child);
                old.RemoveThread(Host);
                memory.AddThread(Host);
                Memory = memory;
                memory.AddThread(Host);
                old.RemoveThread(Host);
                _ = old.Leave();
                Machine.Add(old);
                old.Dispose();
                CredentialsForExec();
            }
            else
            {
                LeaveMemory();
                Memory = memory;
                CredentialsForExec();
                Host = null!;
                if (!TryAcquireHost(null, 0))
                {
                    return SyscallResult.NoReturn;
                }
            }

            Start(loaded);
            Machine.Execed(this);
            return SyscallResult.NoReturn;
        }
    }

    /// <summary>Puts the guest at the first instruction of a loaded program.</summary>
    internal void Start(LoadedProgram loaded)
    {
        Memory.MmapBase = loaded.Layout.MmapBase;
        Comm = loaded.Comm;
        Group.ExecutablePath = loaded.Executable.Path;
        Memory.SetExecutable(loaded.Executable as Fs.Executable);
        loaded.Executable.Dispose();
        ((PtraceThread)Host).ResetRegisters();
        Host.Registers.rip = loaded.Entry.Value;
        Host.Registers.rsp = loaded.StackPointer.Value;
        Host.RegistersChanged();
    }

    /// <summary>What a new program does not inherit.</summary>
    private void UnshareForExec()
    {
        if (Files.IsShared)
        {
            Fs.FdTable own = Files.Fork();
            Files.Leave();
            Files = own;
        }

        // First, for whoever waits for descriptors to close.
        Group.HasExeced = true;
        Files.CloseOnExec();
        Group.DeleteTimers();
        Group.Handlers = Group.Handlers.ForExec();
        AlternateStack = default;
        Group.ExitSignal = SIGCHLD;
    }

    /// <summary>Linux's de_thread: the other threads of the process end, and this one becomes its leader.</summary>
    /// <returns>False if the process itself is ending.</returns>
    private bool EndOtherThreads()
    {
        lock (Machine.Tasks.Lock)
        {
            if (Group.IsExiting || IsExiting)
            {
                return false;
            }

            foreach (GuestTask other in Group.Tasks)
            {
                if (other != this)
                {
                    other.IsExiting = true;
                    other.Kick();
                }
            }
        }

        GuestTask self = this;
        Wait(Group.ThreadsChanged, ref self, static (ref GuestTask self) => self.Group.Tasks.Count == 1 || self.IsExiting, Deadline.Never, interruptible: false);
        if (IsExiting)
        {
            return false;
        }

        if (Tid != Group.Tgid)
        {
            lock (Machine.Tasks.Lock)
            {
                Machine.Tasks.Remove(this);
                Tid = Group.Tgid;
                Machine.Tasks.Add(this);
            }
        }

        return true;
    }
}
