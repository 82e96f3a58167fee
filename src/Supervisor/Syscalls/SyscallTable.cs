using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;

using UmlHost.Kernel;
using UmlHost.Native;

namespace UmlHost.Syscalls;

/// <summary>All x86_64 system calls by number, joined from the <c>Calls</c> arrays of the handler files.</summary>
internal static unsafe class SyscallTable
{
    /// <summary>One past the highest number that Linux has today.</summary>
    public const int Count = 470;

    // One line for each handler file after the first.
    private static readonly Syscall?[] s_calls = Join(
        Unimplemented.Calls,
        Descriptors.Calls,
        Directories.Calls,
        EpollCalls.Calls,
        FileChanges.Calls,
        FileLockCalls.Calls,
        FileMisc.Calls,
        Ioctl.Calls,
        NotifyCalls.Calls,
        OpenClose.Calls,
        PipeCalls.Calls,
        PollCalls.Calls,
        ReadWrite.Calls,
        SpliceCalls.Calls,
        Stat.Calls,
        XattrCalls.Calls,
        MountCalls.Calls,
        SocketCalls.Calls,
        SocketMessageCalls.Calls,
        SocketOptionCalls.Calls,
        ShmCalls.Calls,
        SemCalls.Calls,
        MsgCalls.Calls,
        MqCalls.Calls,
        CloneCalls.Calls,
        CredentialCalls.Calls,
        SessionCalls.Calls,
        PrctlCalls.Calls,
        PidFdCalls.Calls,
        LdtCalls.Calls,
        ExecCalls.Calls,
        WaitCalls.Calls,
        MemoryCalls.Calls,
        MemoryLockCalls.Calls,
        ProcessMemoryCalls.Calls,
        ProcessCalls.Calls,
        IdentityCalls.Calls,
        SignalCalls.Calls,
        KillCalls.Calls,
        TimeCalls.Calls,
        TimerCalls.Calls,
        SchedulingCalls.Calls,
        FutexCalls.Calls,
        RandomCalls.Calls);

    private static readonly delegate*<GuestTask, in SyscallArguments, SyscallResult>[] s_handlers = Handlers();

    // Calls of what is not implemented, by number; the last entry is for all numbers from Count on.
    private static readonly long[] s_missing = new long[Count + 1];

    /// <summary>Told of each number without a handler when a guest first uses it, with its name: for the log.
    /// Numbers from <see cref="Count"/> on are reported once for all. Called on the task's thread.</summary>
    public static Action<ulong, string>? Missed { get; set; }

    /// <summary>Every call that Linux has, in the order of their numbers.</summary>
    public static IEnumerable<Syscall> All
    {
        get
        {
            foreach (Syscall? call in s_calls)
            {
                if (call is not null)
                {
                    yield return call;
                }
            }
        }
    }

    /// <summary>What guests asked for and did not get: name and times used, for the report.</summary>
    public static IEnumerable<(string Name, long Times)> MissingCalls
    {
        get
        {
            for (int number = 0; number <= Count; number++)
            {
                long times = Interlocked.Read(ref s_missing[number]);
                if (times != 0)
                {
                    yield return (number == Count ? "other" : NameOf((ulong)number), times);
                }
            }
        }
    }

    /// <summary>The declaration of <paramref name="number"/>, or null for a number that Linux does not have.</summary>
    public static Syscall? Find(ulong number) => number < (ulong)s_calls.Length ? s_calls[number] : null;

    /// <summary>The declaration of the call named <paramref name="name"/>, or null.</summary>
    public static Syscall? Find(string name) => Array.Find(s_calls, call => call?.Name == name);

    /// <summary>What runs call <paramref name="number"/>; never null. For dispatch only: asking for a call that
    /// is not implemented counts it, tells <see cref="Missed"/> the first time, and gives a handler that
    /// returns ENOSYS. Does not allocate for calls that are implemented.</summary>
    public static delegate*<GuestTask, in SyscallArguments, SyscallResult> Handler(ulong number)
    {
        if (number < (ulong)s_handlers.Length)
        {
            delegate*<GuestTask, in SyscallArguments, SyscallResult> handler = s_handlers[number];
            if (handler != null)
            {
                return handler;
            }
        }

        return Missing(number);
    }

    /// <summary>Joins the arrays by number. An implemented declaration takes the place of the row in
    /// <paramref name="complete"/>; it must have the same name, and there may be only one.</summary>
    /// <exception cref="InvalidOperationException">Two declarations contradict each other: a bug.</exception>
    internal static Syscall?[] Join(Syscall[] complete, params ReadOnlySpan<Syscall[]> handlerFiles)
    {
        Syscall?[] calls = new Syscall?[Count];
        foreach (Syscall row in complete)
        {
            ref Syscall? entry = ref calls[row.Number];
            entry = entry is null ? row : throw new InvalidOperationException($"{entry.Name} and {row.Name} are both number {row.Number}");
        }

        foreach (Syscall[] file in handlerFiles)
        {
            foreach (Syscall call in file)
            {
                ref Syscall? entry = ref calls[call.Number];
                entry = entry?.Name != call.Name ? throw new InvalidOperationException($"number {call.Number} is {entry?.Name ?? "free"}, not {call.Name}")
                    : entry.Handler != null ? throw new InvalidOperationException($"{call.Name} has two handlers")
                    : call;
            }
        }

        return calls;
    }

    private static delegate*<GuestTask, in SyscallArguments, SyscallResult>[] Handlers()
    {
        var handlers = new delegate*<GuestTask, in SyscallArguments, SyscallResult>[Count];
        foreach (Syscall call in All)
        {
            handlers[call.Number] = call.Handler;
        }

        return handlers;
    }

    private static delegate*<GuestTask, in SyscallArguments, SyscallResult> Missing(ulong number)
    {
        if (Interlocked.Increment(ref s_missing[Math.Min(number, Count)]) == 1)
        {
            Missed?.Invoke(number, NameOf(number));
        }

        return &NotImplemented;
    }

    private static string NameOf(ulong number) => Find(number)?.Name ?? "number " + number.ToString(CultureInfo.InvariantCulture);

    private static SyscallResult NotImplemented(GuestTask task, in SyscallArguments arguments) => Errno.ENOSYS;
}
