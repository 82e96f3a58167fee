using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using System.Linq;
using System.Text;

using Xunit;

namespace UmlHost.Tests.Guest;

/// <summary>Every program in programs/, natively and as a guest.</summary>
public sealed class Programs
{
    [SuppressMessage("Design", "CA1024", Justification = "xunit member data")]
    public static IEnumerable<object?[]> Rows(string folder) =>
        from name in GuestProgram.In(folder)
        let program = new GuestProgram(name)
        from arguments in program.Runs
        select new object?[] { name, arguments, program.Missing };

    [SuppressMessage("Design", "CA1024", Justification = "xunit member data")]
    public static IEnumerable<object?[]> UmlHostOnlyRows() =>
        from row in Rows("umlhost_only")
        select new[] { row[0], row[1], row[2] ?? (GuestRun.NativeOnly ? "needs umlhost (UMLHOST_GUEST_NATIVE_ONLY=1)" : null) };

    [SkippableTheory]
    [MemberData(nameof(Rows), "")]
    public void Behaves_as_on_the_host(string name, string arguments, string? skip)
    {
        Assert.Null(skip);
        GuestProgram program = new(name);
        string path = program.Compile();
        string[] words = GuestProgram.Words(arguments);

        Outcome native = GuestRun.Native(path, words, program.Stdin, program.Timeout);
        string text = Comparison.Text(native);
        // check.h marks a wrong finding, so that a status of 1 can also be what a program is meant to end with.
        Assert.False(
            native.TimedOut || text.Contains("CHECK FAILED", StringComparison.Ordinal),
            $"{name} fails natively, so the test is wrong:\n{text}");

        Outcome guest = GuestRun.Guest(path, words, program.Stdin, program.Timeout, program.Options);
        Comparison.AssertSame($"{name} {arguments}", native, guest);
    }

    /// <summary>The path that the first stop of most faults makes unnecessary: every fault read by the stub's handler.</summary>
    [UmlHostTheory]
    [InlineData("registers_fault.c", "")]
    [InlineData("registers_syscall.c", "")]
    [InlineData("mapfuzz.c", "5 5000")]
    [InlineData("mmap_edges.c", "")]
    [InlineData("stack_growth.c", "")]
    [InlineData("signals_segv_repair.c", "")]
    public void Behaves_the_same_with_every_fault_through_the_handler(string name, string arguments)
    {
        GuestProgram program = new(name);
        string path = program.Compile();
        string[] words = GuestProgram.Words(arguments);
        Outcome native = GuestRun.Native(path, words, program.Stdin, program.Timeout);
        Outcome guest = GuestRun.Guest(path, words, program.Stdin, program.Timeout, ["--fault-info", "handler", .. program.Options]);
        Comparison.AssertSame($"{name} {arguments}", native, guest);
    }

    /// <summary>What the host does differently: the .expected file beside the source has stdout, its last line the status.</summary>
    [SkippableTheory]
    [MemberData(nameof(UmlHostOnlyRows))]
    public void Behaves_as_expected(string name, string arguments, string? skip)
    {
        Assert.Null(skip);
        GuestProgram program = new(name);
        string path = program.Compile();
        string expected = File.ReadAllText(Path.Combine(Tree.Programs, Path.ChangeExtension(name, ".expected")));

        Outcome guest = GuestRun.Guest(path, GuestProgram.Words(arguments), program.Stdin, program.Timeout, program.Options);
        Assert.Equal(expected, Encoding.UTF8.GetString(guest.Stdout) + $"status {guest.Status}\n");
        Assert.Equal("", Encoding.UTF8.GetString(guest.Stderr));
    }
}
