using System;
using System.Threading;

using Serilog;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Host;
using UmlHost.Loader;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Syscalls;
using UmlHost.Trace;
using UmlHost.Traps;

using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

/// <summary>The whole of one run: the memory, the stub, and the guests on them.</summary>
internal sealed unsafe class Machine : IDisposable
{
    /// <summary>UmlHost's own failure, as a shell user expects it.</summary>
    public const int ExitFailure = 125;
    public const int ExitNotExecutable = 126;
    public const int ExitNotFound = 127;

    private const int TaskStackBytes = 1 << 20;

    private readonly RunOptions _options;
    private readonly HostMemory _hostMemory;
    private readonly StubImage _stub;
    private long _foreignSyscalls;
    private string? _failure;

    private Machine(RunOptions options, HostMemory hostMemory, StubImage stub)
    {
        _options = options;
        _hostMemory = hostMemory;
        _stub = stub;
        Frames = new FrameAllocator(hostMemory, options.MemoryLimit);
    }

    public FrameAllocator Frames { get; }

    /// <summary>Every guest task and process.</summary>
    public TaskList Tasks { get; } = new();

    public SyscallCounts SyscallCounts { get; } = new();

    public HostCounters HostCounters { get; } = new();

    public FaultCounters Faults { get; } = new();

    public long MergedOps { get; private set; }

    public int PeakHostMappings { get; private set; }

    /// <summary>What uname tells: the host's name and machine.</summary>
    public utsname Name { get; } = HostSystem.Name();

    /// <summary>int 0x80 and the like, refused.</summary>
    public long ForeignSyscalls => Volatile.Read(ref _foreignSyscalls);

    public bool AlwaysReadFaultInfo => _options.AlwaysReadFaultInfo;

    /// <summary>How the first process ended, as wait reports it; -1 if it never ran.</summary>
    public int ExitStatus { get; private set; } = -1;

    /// <summary>Why UmlHost itself failed, for a person; null if it did not. It is in the log already.</summary>
    public string? Failure => _failure;

    public static Machine? Create(RunOptions options, out string? failure)
    {
        Result created = HostMemory.Create(out HostMemory? memory);
        if (memory is null)
        {
            failure = $"the guest memory file cannot be made: {created.Error}";
            return null;
        }

        created = StubImage.Load(memory, out StubImage? stub);
        if (stub is null)
        {
            memory.Dispose();
            failure = $"the stub executable cannot be put into a memory file: {created.Error}";
            return null;
        }

        // A tracee's stop would send a SIGCHLD each time; only its end is of interest.
        sigaction action = default;
        action.sa_flags = SA_NOCLDSTOP;
        LibC.sigaction(SIGCHLD, &action, null);

        failure = null;
        return new Machine(options, memory, stub);
    }

    /// <summary>Loads the program and runs it to its end. Must be called on the supervisor's main thread: host
    /// children die with the thread that spawned them.</summary>
    /// <returns>The exit status that a shell shows.</returns>
    public int Run(Func<Machine, SyscallTrace?> trace)
    {
        SyscallTable.Missed = static (number, name) => Log.Information("system call {Name} ({Number}) is not implemented: ENOSYS", name, number);

        ThreadGroup group = NewInit();
        FdTable files = new();
        HostFileSystem fileSystem = new();
        StandardStreams.Inherit(files, fileSystem);
        FsContext fs = fileSystem.StartContext();

        MemoryMap memory = new(Frames) { StackLimit = group.Limits[RLIMIT_STACK].rlim_cur };
        LoadedProgram? program = Load(memory, group, fs, out int status);
        if (program is null)
        {
            memory.Dispose();
            return status;
        }

        Result spawned = HostChild.Spawn(_hostMemory, _stub, out HostChild? child);
        if (child is null)
        {
            Fail($"a host child cannot be started: {spawned.Error}");
            return ExitFailure;
        }

        Thread thread = new(() => RunFirst(group, memory, files, fs, child, program, trace(this)), TaskStackBytes) { IsBackground = true, Name = "task" };
        thread.Start();
        thread.Join();
        if (_failure is not null)
        {
            return ExitFailure;
        }

        ExitStatus = group.ExitStatus;
        return WIFSIGNALED(ExitStatus) ? 128 + WTERMSIG(ExitStatus) : WEXITSTATUS(ExitStatus);
    }

    /// <summary>The host side of a guest no longer is what the supervisor believes it to be: that guest process
    /// ends, with the reason in the log and in the report.</summary>
    public void HostFailed(GuestTask task, string reason)
    {
        Log.Error("guest process {Pid} ended by UmlHost: {Reason}", task.Group.Tgid, reason);
        _failure ??= reason;
        task.Group.Exit(SIGKILL);
        task.IsExiting = true;
    }

    public void OutOfMemory(GuestTask task)
    {
        Log.Warning("guest process {Pid} killed: out of memory (limit {Limit} bytes)", task.Group.Tgid, Frames.LimitBytes);
        task.Group.Exit(SIGKILL);
        task.IsExiting = true;
    }

    public void ForeignSyscallRefused()
    {
        if (Interlocked.Increment(ref _foreignSyscalls) == 1)
        {
            Log.Warning("a 32-bit system call (int 0x80 or sysenter) was refused: ENOSYS");
        }
    }

    public void Dispose()
    {
        Frames.Dispose();
        _stub.Dispose();
        _hostMemory.Dispose();
    }

    /// <summary>The first process: leader of its own session and process group.</summary>
    private ThreadGroup NewInit()
    {
        int pid;
        lock (Tasks.Lock)
        {
            pid = Tasks.AllocatePid();
        }

        return new ThreadGroup(this, pid) { Limits = ResourceLimits.OfCaller(), ProcessGroup = pid, Session = pid };
    }

    private void Fail(string reason)
    {
        Log.Error("{Reason}", reason);
        _failure ??= reason;
    }

    private LoadedProgram? Load(MemoryMap memory, ThreadGroup group, FsContext fs, out int status)
    {
        byte[] entropy = new byte[LoadRequest.EntropyBytes];
        fixed (byte* to = entropy)
        {
            LibC.getrandom(to, (nuint)entropy.Length, 0);
        }

        Credentials credentials = Credentials.OfCaller();
        LoadRequest request = new()
        {
            FileName = _options.Program,
            Arguments = _options.Arguments,
            Environment = _options.Environment,
            Entropy = entropy,
            Randomize = _options.Randomize,
            StackLimit = group.Limits[RLIMIT_STACK].rlim_cur,
            Open = (ReadOnlySpan<byte> path, out IExecutableFile? file) => Executable.Open(fs, path, out file),
            Limits = new SegmentLimits(
                new GuestAddress(StubLayout.Start),
                new GuestAddress(StubLayout.End),
                _options.MemoryLimit == 0 ? ulong.MaxValue : _options.MemoryLimit),
            Auxiliary = new AuxiliaryValues
            {
                Uid = credentials.Uid,
                EffectiveUid = credentials.EffectiveUid,
                Gid = credentials.Gid,
                EffectiveGid = credentials.EffectiveGid,
                HardwareCapabilities = HostSystem.Auxiliary(AT_HWCAP),
                HardwareCapabilities2 = HostSystem.Auxiliary(AT_HWCAP2),
                MinSignalStackSize = HostSystem.Auxiliary(AT_MINSIGSTKSZ),
            },
        };
        if (!BinaryProgram.TryOpen(request, out BinaryProgram? program, out LoadError? error) || !program.TryMap(memory, out LoadedProgram? loaded, out error))
        {
            program?.Dispose();
            Log.Debug("execve: {Error}", error.Errno);
            Fail(error.ToString());
            status = error.Errno is Errno.ENOENT or Errno.ENOTDIR ? ExitNotFound : ExitNotExecutable;
            return null;
        }

        program.Dispose();
        memory.MmapBase = loaded.Layout.MmapBase;
        group.ExecutablePath = loaded.Executable.Path;
        status = 0;
        return loaded;
    }

    /// <summary>The first task's thread.</summary>
    private void RunFirst(ThreadGroup group, MemoryMap memory, FdTable files, FsContext fs, HostChild child, LoadedProgram program, SyscallTrace? trace)
    {
        PtraceThread? host = PtraceThread.Attach(child, out string? failure);
        if (host is null)
        {
            Fail(failure!);
            return;
        }

        host.Place(LibC.sched_getcpu().Int);
        host.Registers.rip = program.Entry.Value;
        host.Registers.rsp = program.StackPointer.Value;
        host.RegistersChanged();
        GuestTask task = new(group.Tgid, group, memory, files, fs)
        {
            Credentials = Credentials.OfCaller(),
            Host = host,
            Comm = program.Comm,
            Trace = trace,
        };
        lock (Tasks.Lock)
        {
            group.Add(task);
            Tasks.Add(task);
        }

        TaskLoop.Run(task);
        trace?.Exited(task, group.ExitStatus);

        child.Kill();
        host.Reap();
        child.Gone();
        HostCounters.Add(host.Counters);
        Faults.Add(memory.Faults);
        MergedOps += memory.MergedOps;
        PeakHostMappings = Math.Max(PeakHostMappings, memory.PeakHostMappings);
        files.Clear();
        fs.Close();
        memory.Dispose();
    }
}
