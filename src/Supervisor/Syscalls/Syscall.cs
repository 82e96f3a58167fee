using System;
using System.Collections.Immutable;
using System.Globalization;

using UmlHost.Kernel;

namespace UmlHost.Syscalls;

/// <summary>How much of Linux's behaviour a call has.</summary>
internal enum Support
{
    /// <summary>Not there: the guest gets ENOSYS, the log names the call once, the report counts it.</summary>
    None,

    /// <summary>There, with the caveat that the declaration states.</summary>
    Partial,

    /// <summary>As on Linux.</summary>
    Full,
}

/// <summary>One system call: the single declaration that dispatch, <c>--trace</c>, <c>umlhost syscalls</c>, the
/// report and the syscall map are made from. Declared in the file of its handler, in that file's
/// <c>Calls</c> array; <see cref="SyscallTable"/> joins the arrays.</summary>
internal sealed unsafe class Syscall
{
    /// <summary>A call that is implemented.</summary>
    /// <param name="number">The x86_64 number.</param>
    /// <param name="name">The kernel's name.</param>
    /// <param name="handler">Decodes and checks, then lets a subsystem act. Runs on the task's own thread.</param>
    /// <param name="arguments">One kind for each argument, for tracing.</param>
    public Syscall(int number, string name, delegate*<GuestTask, in SyscallArguments, SyscallResult> handler, params ReadOnlySpan<ArgumentKind> arguments)
    {
        Number = number;
        Name = name;
        Handler = handler;
        Arguments = [.. arguments];
        Support = Support.Full;
    }

    /// <summary>A call that is not implemented: its name and arguments are known, nothing else.</summary>
    public Syscall(int number, string name, params ReadOnlySpan<ArgumentKind> arguments)
    {
        Number = number;
        Name = name;
        Arguments = [.. arguments];
        Support = Support.None;
    }

    public int Number { get; }

    public string Name { get; }

    /// <summary>Null for a call that is not implemented.</summary>
    public delegate*<GuestTask, in SyscallArguments, SyscallResult> Handler { get; }

    public ImmutableArray<ArgumentKind> Arguments { get; }

    public Support Support { get; init; }

    /// <summary>What is missing, for <see cref="Support.Partial"/>; null otherwise.</summary>
    public string? Caveat { get; init; }

    /// <summary>Stands for a number that Linux does not have, in a trace; its own number is -1.</summary>
    public static Syscall Unknown(ulong number) => new(
        -1,
        "syscall_0x" + number.ToString("x", CultureInfo.InvariantCulture),
        ArgumentKind.Hex,
        ArgumentKind.Hex,
        ArgumentKind.Hex,
        ArgumentKind.Hex,
        ArgumentKind.Hex,
        ArgumentKind.Hex);
}
