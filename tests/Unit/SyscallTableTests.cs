using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;

using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using Xunit;

namespace UmlHost.Tests.Unit;

public sealed unsafe partial class SyscallTableTests
{
    private const string Header = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h";

    // Newer than the headers of Debian 12.
    private static readonly Dictionary<int, string> s_newer = new()
    {
        [335] = "uretprobe",
        [336] = "uprobe",
        [451] = "cachestat",
        [452] = "fchmodat2",
        [453] = "map_shadow_stack",
        [454] = "futex_wake",
        [455] = "futex_wait",
        [456] = "futex_requeue",
        [457] = "statmount",
        [458] = "listmount",
        [459] = "lsm_get_self_attr",
        [460] = "lsm_set_self_attr",
        [461] = "lsm_list_modules",
        [462] = "mseal",
        [463] = "setxattrat",
        [464] = "getxattrat",
        [465] = "listxattrat",
        [466] = "removexattrat",
        [467] = "open_tree_attr",
        [468] = "file_getattr",
        [469] = "file_setattr",
    };

    [Fact]
    public void TheTableIsTheHostsHeaderAndTheNewerCalls()
    {
        var expected = new SortedDictionary<int, string>(s_newer);
        foreach (Match match in Definition().Matches(File.ReadAllText(Header)))
        {
            int number = int.Parse(match.Groups[2].Value);
            if (number < SyscallTable.Count)
            {
                expected[number] = match.Groups[1].Value;
            }
        }

        Assert.Equal(expected.Select(e => (e.Key, e.Value)), Unimplemented.Calls.Select(c => (c.Number, c.Name)));
        Assert.Equal(expected.Select(e => (e.Key, e.Value)), SyscallTable.All.Select(c => (c.Number, c.Name)));
    }

    [Fact]
    public void HandlerFilesDeclareTheArgumentsOfTheNameTable()
    {
        static string Show(Syscall call) => $"{call.Name}({string.Join(", ", call.Arguments)})";
        Assert.Equal(Unimplemented.Calls.Select(Show), Unimplemented.Calls.Select(row => Show(SyscallTable.Find((ulong)row.Number)!)));
    }

    [Fact]
    public void PartialSupportStatesItsCaveat() =>
        Assert.All(SyscallTable.All, call => Assert.Equal(call.Support == Support.Partial, call.Caveat is not null));

    [Fact]
    public void AHandlerTakesThePlaceOfTheNameAlone()
    {
        Syscall call = Implemented(5, "five");
        Syscall?[] joined = SyscallTable.Join([new Syscall(4, "four"), new Syscall(5, "five")], [call]);
        Assert.Same(call, joined[5]);
        Assert.Equal("four", joined[4]!.Name);
        Assert.Null(joined[6]);
    }

    [Fact]
    public void ContradictingDeclarationsAreRefused()
    {
        Syscall[] names = [new Syscall(5, "five")];
        Assert.Throws<InvalidOperationException>(() => SyscallTable.Join([.. names, new Syscall(5, "fünf")]));
        Assert.Throws<InvalidOperationException>(() => SyscallTable.Join(names, [Implemented(5, "fife")]));
        Assert.Throws<InvalidOperationException>(() => SyscallTable.Join(names, [Implemented(6, "six")]));
        Assert.Throws<InvalidOperationException>(() => SyscallTable.Join(names, [Implemented(5, "five")], [Implemented(5, "five")]));
    }

    [Fact]
    public void ACallWithoutAHandlerIsNamedOnceCountedAndGivesEnosys()
    {
        ulong number = (ulong)SyscallTable.All.First(call => call.Name == "tuxcall").Number;
        var missed = new List<(ulong, string)>();
        Action<ulong, string>? before = SyscallTable.Missed;
        SyscallTable.Missed = (n, name) => missed.Add((n, name));
        try
        {
            for (int i = 0; i < 3; i++)
            {
                Assert.Equal(Errno.ENOSYS, SyscallTable.Handler(number)(null!, default).Error);
                Assert.Equal(Errno.ENOSYS, SyscallTable.Handler(ulong.MaxValue)(null!, default).Error);
            }
        }
        finally
        {
            SyscallTable.Missed = before;
        }

        Assert.Equal([(number, "tuxcall"), (ulong.MaxValue, "number 18446744073709551615")], missed);
        Assert.Contains(("tuxcall", 3L), SyscallTable.MissingCalls);
        Assert.Contains(("other", 3L), SyscallTable.MissingCalls);
    }

    [Fact]
    public void TheListingHasALineForEachCallAndTheTotals()
    {
        var text = new StringWriter();
        SyscallListing.Write(text, ListedCalls.Missing);
        string[] lines = text.ToString().Split('\n');
        Assert.Contains("184  tuxcall                  none", lines);
        Assert.DoesNotContain(lines, line => line.Contains("  partial") || line.Contains("  full"));
        int all = SyscallTable.All.Count(), missing = SyscallTable.All.Count(call => call.Support == Support.None);
        Assert.Equal(missing + 3, lines.Length);
        Assert.StartsWith($"{all - missing} of {all} system calls, ", lines[^2]);
    }

    [Theory]
    [InlineData(nameof(ListedCalls.All))]
    [InlineData(nameof(ListedCalls.Implemented))]
    [InlineData(nameof(ListedCalls.Missing))]
    public void TheJsonListingHasTheSameCalls(string listed)
    {
        var text = new StringWriter();
        SyscallListing.WriteJson(text, Enum.Parse<ListedCalls>(listed));
        using var json = JsonDocument.Parse(text.ToString());
        IEnumerable<Syscall> expected = SyscallTable.All.Where(call => listed switch
        {
            nameof(ListedCalls.Implemented) => call.Support != Support.None,
            nameof(ListedCalls.Missing) => call.Support == Support.None,
            _ => true,
        });
        Assert.Equal(
            expected.Select(call => (call.Number, call.Name, call.Support.ToString().ToLowerInvariant(), call.Caveat)),
            json.RootElement.EnumerateArray().Select(e => (
                e.GetProperty("number").GetInt32(),
                e.GetProperty("name").GetString()!,
                e.GetProperty("support").GetString()!,
                e.TryGetProperty("caveat", out JsonElement caveat) ? caveat.GetString() : null)));
    }

    private static Syscall Implemented(int number, string name) => new(number, name, &Handle);

    private static SyscallResult Handle(GuestTask task, in SyscallArguments arguments) => 1;

    [GeneratedRegex(@"^#define __NR_(\w+) (\d+)$", RegexOptions.Multiline)]
    private static partial Regex Definition();
}
