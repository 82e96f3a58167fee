using System;
using System.Collections.Generic;
using System.Text;
using System.Threading;

using Serilog;

using UmlHost.Abi;
using UmlHost.Cli;
using UmlHost.Fs;
using UmlHost.Host;
using UmlHost.Loader;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Signals;
using UmlHost.Syscalls;
using UmlHost.Terminals;
using UmlHost.Trace;
using UmlHost.Vdso;

using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

/// <summary>The whole of one run: the memory, the stub, and the guests on them.</summary>
internal sealed unsafe partial class Machine : IDisposable
{
    /// <summary>UmlHost's own failure, as a shell user expects it.</summary>
    public const int ExitFailure = 125;
    public const int ExitNotExecutable = 126;
    public const int ExitNotFound = 127;

    private readonly RunOptions _options;
    private readonly HostMemory _hostMemory;
    private readonly StubImage _stub;
    private readonly HostHardware _hardware = HostSystem.Hardware();
    private long _foreignSyscalls;
    private string? _failure;

    private Machine(RunOptions options, HostMemory hostMemory, StubImage stub)
    {
        _options = options;
        _hostMemory = hostMemory;
        _stub = stub;
        Frames = new FrameAllocator(hostMemory, options.MemoryLimit);
        MemoryFiles = new MemoryFiles(Frames);
        Children = new HostChildPool(hostMemory, stub);
        Vdso = options.Vdso ? new GuestVdso() : null;
    }

    public FrameAllocator Frames { get; }

    public MemoryFiles MemoryFiles { get; }

    /// <summary>Null with --no-vdso.</summary>
    public GuestVdso? Vdso { get; }

    public SyscallCounts SyscallCounts { get; } = new();

    public HostCounters HostCounters { get; } = new();

    public FaultCounters Faults { get; } = new();

    public long MergedOps { get; private set; }

    public int PeakHostMappings { get; private set; }

    public long DroppedHostMappings { get; private set; }

    /// <summary>What uname tells: at first the host's name and machine.</summary>
    public UtsNamespace Name { get; } = new(HostSystem.Name());

    /// <summary>int 0x80 and the like, refused.</summary>
    public long ForeignSyscalls => Volatile.Read(ref _foreignSyscalls);

    public bool AlwaysReadFaultInfo => _options.AlwaysReadFaultInfo;

    /// <summary>Programs are put at random addresses.</summary>
    public bool IsRandomized => _options.Randomize;

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

        HostSignals.Block();
        HostScheduler.ShortenSlices();

        failure = null;
        return new Machine(options, memory, stub);
    }

    /// <summary>Loads the program and runs it to its end. Must be called on the supervisor's main thread: host
    /// children die with the thread that spawned them.</summary>
    /// <returns>The exit status that a shell shows.</returns>
    public int Run(Func<Machine, SyscallTrace?> trace)
    {
        // A tracee's stop would send a SIGCHLD each time; only its end is of interest. It is the process's: tests that
        // only make a machine start programs of their own.
        sigaction action = default;
        action.sa_flags = SA_NOCLDSTOP;
        LibC.sigaction(SIGCHLD, &action, null);

        SyscallTable.Missed = static (number, name) => Log.Information("system call {Name} ({Number}) is not implemented: ENOSYS", name, number);

        ThreadGroup group = NewInit();
        FdTable files = new();
        HostMappedFiles mapped = HostFileSystem.MappedFiles;
        mapped.MostIdlePages = Frames.LimitBytes == 0 ? mapped.MostIdlePages : (long)(Frames.LimitBytes >> 15);
        Credentials credentials = Credentials.OfCaller().With(_options.Uid, _options.Gid);
        if (_options.HostName is { } name)
        {
            Name.SetNodeName(name);
        }

        HostTerminal? terminal = HostTerminal.Open(this, credentials);
        StandardStreams.Inherit(files, terminal);
        FsContext? fs = FileTree.Build(this, _options.Files, Frames, out string? wrong);
        if (fs is null)
        {
            Fail(wrong!);
            return ExitFailure;
        }

        MemoryMap memory = group.Limits.NewMemory(Frames);
        GuestTask task = new(group.Tgid, group, memory, files, fs)
        {
            Credentials = credentials,
            BlockedSignals = HostSignals.Blocked & ~SignalSet.Unblockable,
            Trace = trace(this),
        };
        if (Threads.Take(needsChild: false) is not { } thread)
        {
            Fail("a thread cannot be started");
            return ExitFailure;
        }

        Result spawned = HostChild.Spawn(_hostMemory, _stub, out HostChild? child);
        if (child is null)
        {
            Fail($"a host child cannot be started: {spawned.Error}");
            return ExitFailure;
        }

        LoadedProgram? program = Load(task, out int status);
        if (program is null)
        {
            child.KillAndReap();
            memory.Dispose();
            return status;
        }

        lock (Tasks.Lock)
        {
            group.Add(task);
            Tasks.Add(task);
            _init = group;
            if (terminal is not null)
            {
                Terminals.Add(terminal);
                terminal.Control(group);
            }
        }

        _living = 1;
        group.ApplyCpuLimit();
        thread.Give(() => task.RunFirst(child, program));
        HostSignals.Forward((signal, fromKernel, uid) => SignalSender.SendFromOutside(group, signal, fromKernel, uid));
        Children.Serve();
        Threads.Close();
        mapped.DropIdle();
        Vdso?.Dispose();
        terminal?.End();
        if (_failure is not null)
        {
            return ExitFailure;
        }

        ExitStatus = group.ExitStatus;
        return WIFSIGNALED(ExitStatus) ? 128 + WTERMSIG(ExitStatus) : WEXITSTATUS(ExitStatus);
    }

    /// <summary>The host side of a guest no longer is what the supervisor believes it to be: that guest process
    /// ends, and no other, with the reason in the log. The first process's end by this is the run's failure.</summary>
    public void HostFailed(GuestTask task, string reason)
    {
        // A process that is being killed loses its host child at any moment.
        if (task.Group.Exit(SIGKILL))
        {
            Log.Error("guest process {Pid} ended by UmlHost: {Reason}", task.Group.Tgid, reason);
            if (task.Group == _init)
            {
                _failure ??= reason;
            }
        }
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

        return new ThreadGroup(this, pid) { Limits = ResourceLimits.OfCaller(), ProcessGroup = pid, Session = pid, Handlers = SignalHandlers.Ignoring(HostSignals.Ignored) };
    }

    private void Fail(string reason)
    {
        Log.Error("{Reason}", reason);
        _failure ??= reason;
    }

    /// <summary>What the loader is to know for a task: where files are opened, ids, limits, the machine.</summary>
    /// <param name="name">The path as the caller of execve gave it.</param>
    /// <param name="file">The file, where it is open already.</param>
    /// <param name="inaccessible">The descriptor that the path leads through closes.</param>
    internal LoadRequest NewLoadRequest(GuestTask task, byte[] name, IExecutableFile? file, IReadOnlyList<byte[]> arguments, IReadOnlyList<byte[]> environment, bool inaccessible = false)
    {
        byte[] entropy = new byte[LoadRequest.EntropyBytes];
        HostRandom.Fill(entropy);
        Credentials credentials = task.Credentials;
        return new LoadRequest
        {
            FileName = name,
            File = file,
            IsPathInaccessible = inaccessible,
            Arguments = arguments,
            Environment = environment,
            Entropy = entropy,
            Randomize = _options.Randomize && (task.Personality & ADDR_NO_RANDOMIZE) == 0,
            StackLimit = task.Group.Limits[RLIMIT_STACK].rlim_cur,
            Open = (ReadOnlySpan<byte> path, out IExecutableFile? opened) => Executable.Open(task, path, out opened),
            Limits = new SegmentLimits(new GuestAddress(StubLayout.Start), new GuestAddress(StubLayout.End), _options.MemoryLimit),
            Vdso = Vdso,
            Auxiliary = new AuxiliaryValues
            {
                Uid = credentials.Uid,
                EffectiveUid = credentials.EffectiveUid,
                Gid = credentials.Gid,
                EffectiveGid = credentials.EffectiveGid,
                Secure = credentials.Uid != credentials.EffectiveUid || credentials.Gid != credentials.EffectiveGid,
                HardwareCapabilities = _hardware.Capabilities,
                HardwareCapabilities2 = _hardware.Capabilities2,
                MinSignalStackSize = _hardware.MinSignalStackSize,
            },
        };
    }

    private LoadedProgram? Load(GuestTask task, out int status)
    {
        Errno found = ProgramLookup.Find(_options.Program, _options.Environment, path => Executable.Check(task, path), out byte[] path);
        if (found != Errno.None)
        {
            string what = Encoding.UTF8.GetString(_options.Program);
            Fail(found == Errno.ENOENT ? $"{what}: not found in PATH" : $"{what}: {ErrnoNames.Message(found)}");
            status = found == Errno.ENOENT ? ExitNotFound : ExitNotExecutable;
            return null;
        }

        LoadRequest request = NewLoadRequest(task, path, null, _options.Arguments, _options.Environment);
        if (!BinaryProgram.TryOpen(request, out BinaryProgram? program, out LoadError? error) || !program.TryMap(task.Memory, out LoadedProgram? loaded, out error))
        {
            program?.Dispose();
            Log.Debug("execve: {Error}", error.Errno);
            Fail(error.ToString());
            status = error.Errno is Errno.ENOENT or Errno.ENOTDIR ? ExitNotFound : ExitNotExecutable;
            return null;
        }

        program.Dispose();
        status = 0;
        return loaded;
    }
}
