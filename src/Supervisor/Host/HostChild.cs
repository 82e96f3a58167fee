using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Threading;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

/// <summary>A host process that is one guest address space (H1): spawned from the stub executable, it holds the
/// memory file, the stub pages and the guest's pages, and nothing of the supervisor.
/// <para>Must be spawned by a thread that lives as long as the supervisor: the child asks to be killed when the
/// thread that spawned it ends.</para></summary>
internal sealed unsafe class HostChild
{
    private const uint SECCOMP_SET_MODE_FILTER = 1;

    private static readonly HostOp[] s_emptyOps =
    [
        new() { Number = SYS_munmap, A0 = StubLayout.PageSize, A1 = StubLayout.Start - StubLayout.PageSize },
        new() { Number = SYS_munmap, A0 = StubLayout.End, A1 = Abi.GuestAddress.TaskSize.Value - StubLayout.End },
    ];

    private readonly HostMemory _memory;
    private readonly ulong _slot;
    private readonly Lock _parkedLock = new();
    private readonly Stack<int> _parked = new();
    private int _gone;

    private HostChild(HostMemory memory, StubImage stub, int pid, ulong slot)
    {
        _memory = memory;
        Stub = stub;
        Pid = pid;
        _slot = slot;
        BatchPage = (HostOp*)(memory.Base + slot);
        DataPage = memory.Base + slot + StubLayout.PageSize;
    }

    /// <summary>The host's process id, which is also the thread id of the first thread.</summary>
    public int Pid { get; }

    public StubImage Stub { get; }

    /// <summary>The <c>stub lock</c>, inside the mmap lock: the batch page and the signal stack serve one thread of
    /// the child at a time.</summary>
    public Lock StubLock { get; } = new();

    /// <summary>The supervisor's view of the batch page: the child's own view is read-only.</summary>
    public HostOp* BatchPage { get; }

    /// <summary>The supervisor's view of the stub data pages. The guest can write there.</summary>
    public byte* DataPage { get; }

    /// <summary>Segments were written to its LDT, which only its end takes away. Stub lock.</summary>
    public bool HasLdt { get; set; }

    /// <summary>An address space has been in it.</summary>
    public bool IsUsed { get; set; }

    /// <summary>What takes every mapping of a guest's away.</summary>
    public static ReadOnlySpan<HostOp> EmptyOps => s_emptyOps;

    /// <summary>Starts a child. It maps the stub pages and waits for <see cref="PtraceThread.Attach"/>.</summary>
    public static Result Spawn(HostMemory memory, StubImage stub, out HostChild? child)
    {
        child = null;
        ulong slot = memory.ReserveStubSlot();
        if (slot == 0)
        {
            return new Result(-(long)Errno.EAGAIN);
        }

        // What the child reads to come up: struct stub_init.
        ulong* init = (ulong*)(memory.Base + slot);
        init[0] = stub.CodeOffset;
        init[1] = slot;
        init[2] = slot + StubLayout.PageSize;
        init[3] = (ulong)LibC.getpid();
        HostVdso.Parts.CopyTo(new Span<HostVdso.Part>(init + 4, StubLayout.HostVdsoParts));
        WriteStartOps(memory.Base + slot, stub);

        int pid;
        Result spawned = PosixSpawn(memory.Fd, stub.ExecutablePath, slot, &pid);
        if (spawned.Failed)
        {
            memory.ReleaseStubSlot(slot);
            return spawned;
        }

        child = new HostChild(memory, stub, pid, slot);
        return default;
    }

    /// <summary>Lets a child that has been seized go on from where it waits for that.</summary>
    public void Go()
    {
        uint* go = (uint*)DataPage;
        Volatile.Write(ref *go, 1);
        LibC.futex_wake(go, 1, 0);
    }

    /// <summary>A parked thread of this child, or 0. Any thread.</summary>
    public int TakeParked()
    {
        lock (_parkedLock)
        {
            return _parked.TryPop(out int tid) ? tid : 0;
        }
    }

    internal void AddParked(int tid)
    {
        lock (_parkedLock)
        {
            _parked.Push(tid);
        }
    }

    /// <summary>Kills the process with all its threads. Any thread.</summary>
    public void Kill() => LibC.kill(Pid, SIGKILL);

    /// <summary>Kills the process and waits until it is gone; its stub pages can serve another then. Only by the thread
    /// that traces the last of its threads, or once nobody traces any.</summary>
    /// <param name="traced">The host thread that the caller traces, or 0: the process is not gone before its tracer
    /// has reaped it.</param>
    public void KillAndReap(int traced = 0)
    {
        if (Interlocked.Exchange(ref _gone, 1) != 0)
        {
            return;
        }

        Kill();
        if (traced != 0)
        {
            ReapThread(traced);
        }

        Reap(Pid);
        _memory.ReleaseStubSlot(_slot);
    }

    /// <summary>Takes a host thread that has died from under its tracer, which must be the caller: the process would stay
    /// a zombie otherwise. The first thread goes with the process.</summary>
    public void ReapThread(int tid)
    {
        if (tid != Pid)
        {
            Reap(tid);
        }
    }

    private static void Reap(int tid)
    {
        int status;
        Result waited;
        do
        {
            waited = LibC.wait4(tid, &status, __WALL, null);
        }
        while (waited.Error == Errno.EINTR || (!waited.Failed && WIFSTOPPED(status)));
    }

    /// <summary>What the child does by itself before it waits: the program it started as goes, with its stack;
    /// then signal handlers and the seccomp filter.</summary>
    private static void WriteStartOps(byte* page, StubImage stub)
    {
        byte* aux = page + StubLayout.InitAux;
        const ulong Aux = StubLayout.Batch + StubLayout.InitAux;
        HostOps ops = new();
        ops.Unmap(new Abi.GuestAddress(StubLayout.End), Abi.GuestAddress.TaskSize.Value - StubLayout.End);

        ops.Call(SYS_sigaltstack, stub.SignalStack);

        kernel_sigaction* action = (kernel_sigaction*)(aux + 64);
        action->handler = stub.FaultHandler;
        action->restorer = stub.Restorer;
        action->flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTORER;
        foreach (int signal in (ReadOnlySpan<int>)[SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP])
        {
            ops.Call(SYS_rt_sigaction, (ulong)signal, Aux + 64, 0, sizeof(ulong));
        }

        ops.Call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1);

        // struct sock_fprog
        *(ushort*)(aux + 128) = (ushort)stub.FilterLength;
        *(ulong*)(aux + 136) = stub.Filter;
        ops.Call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, Aux + 128);
        ops.Span.CopyTo(new Span<HostOp>(page + StubLayout.InitOps, ops.Count));
    }

    private static Result PosixSpawn(int memoryFd, string path, ulong slot, int* pid)
    {
        Span<byte> pathBytes = stackalloc byte[64];
        pathBytes[Encoding.UTF8.GetBytes(path, pathBytes)] = 0;
        Span<byte> argument = stackalloc byte[24];
        slot.TryFormat(argument, out int length, "x", CultureInfo.InvariantCulture);
        argument[length] = 0;

        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        LibC.posix_spawn_file_actions_init(&actions);
        LibC.posix_spawnattr_init(&attributes);
        LibC.posix_spawn_file_actions_adddup2(&actions, memoryFd, StubLayout.MemoryFd);
        LibC.posix_spawn_file_actions_addclosefrom_np(&actions, StubLayout.MemoryFd + 1);

        // A session of its own: the terminal's signals are for the supervisor, not for its children.
        LibC.posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
        sigset_t none = default;
        sigset_t all;
        new Span<byte>(&all, sizeof(sigset_t)).Fill(0xff);
        LibC.posix_spawnattr_setsigmask(&attributes, &none);
        LibC.posix_spawnattr_setsigdefault(&attributes, &all);

        Result result;
        fixed (byte* file = pathBytes, hex = argument, name = "umlhost-guest\0"u8)
        {
            byte** argv = stackalloc byte*[] { name, hex, null };
            byte** envp = stackalloc byte*[] { null };
            result = LibC.posix_spawn(pid, file, &actions, &attributes, argv, envp);
        }

        LibC.posix_spawnattr_destroy(&attributes);
        LibC.posix_spawn_file_actions_destroy(&actions);
        return result;
    }
}
