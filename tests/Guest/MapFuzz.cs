using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

using Xunit;

namespace UmlHost.Tests.Guest;

/// <summary>
/// The maps of the host child against the oracle of programs/mapfuzz.c: host mappings are a cache of the guest's, so a
/// page may be missing from the child, but never be there with more rights than the guest gave it.
/// </summary>
public sealed class MapFuzz
{
    private const ulong PageSize = 4096;
    private const int PROT_READ = 1;
    private const int PROT_WRITE = 2;
    private const int PROT_EXEC = 4;

    public static IEnumerable<object?[]> Seeds() =>
        Enumerable.Range(100, 6).Select(seed => new object?[]
        {
            seed, GuestRun.NativeOnly ? "needs umlhost (UMLHOST_GUEST_NATIVE_ONLY=1)" : null,
        });

    [SkippableTheory]
    [MemberData(nameof(Seeds))]
    public void The_child_maps_no_more_than_the_guest(int seed, string? skip)
    {
        Assert.Null(skip);
        using RunningGuest guest = GuestRun.StartGuest(
            new GuestProgram("mapfuzz.c").Compile(), seed.ToString(CultureInfo.InvariantCulture), "2000", "spin");
        Dictionary<ulong, (bool Mapped, int Protection)> oracle = ReadOracle(guest);
        ulong start = oracle.Keys.Min();
        ulong end = oracle.Keys.Max() + PageSize;
        int present = 0;
        foreach (Mapping mapping in HostChild.Maps(HostChild.Running(guest.Supervisor.Id)))
        {
            for (ulong page = Math.Max(start, mapping.Start); page < Math.Min(end, mapping.End); page += PageSize)
            {
                AssertAllowed(page, mapping, oracle[page].Mapped, oracle[page].Protection);
                present++;
            }
        }

        // The program has just read every readable page: the comparison must have had something to compare.
        Assert.True(present > 0, "the child has no page of the window");
    }

    private static void AssertAllowed(ulong page, Mapping mapping, bool mapped, int protection)
    {
        // On x86 what can be written or executed can be read.
        bool readable = (protection & (PROT_READ | PROT_WRITE | PROT_EXEC)) != 0;
        bool allowed = mapping.Permissions.StartsWith("---", StringComparison.Ordinal)
            || (mapped
                && (mapping.Permissions[0] != 'r' || readable)
                && (mapping.Permissions[1] != 'w' || (protection & PROT_WRITE) != 0)
                && (mapping.Permissions[2] != 'x' || (protection & PROT_EXEC) != 0));
        Assert.True(allowed, $"page {page:x}: guest mapped {mapped} protection {protection}, child {mapping.Permissions}");
    }

    private static Dictionary<ulong, (bool Mapped, int Protection)> ReadOracle(RunningGuest guest)
    {
        Dictionary<ulong, (bool Mapped, int Protection)> oracle = [];
        string? line = guest.ReadLine(); // the summary
        while ((line = guest.ReadLine()) is not null and not "ready")
        {
            string[] fields = line.Split(' ');
            oracle.Add(
                ulong.Parse(fields[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                (fields[1] == "1", int.Parse(fields[2], CultureInfo.InvariantCulture)));
        }

        if (line is null)
        {
            Assert.Fail("the program ended by itself:\n" + guest.Supervisor.StandardError.ReadToEnd());
        }

        Assert.Equal(1024, oracle.Count);
        return oracle;
    }
}
