using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading;

namespace UmlHost.Tests.Guest;

/// <summary>One line of /proc/PID/maps.</summary>
internal sealed record Mapping(ulong Start, ulong End, string Permissions, string Path);

/// <summary>What the host's /proc tells about the processes of a supervisor.</summary>
internal static partial class HostChild
{
    /// <summary>All processes whose parent or tracer is the supervisor.</summary>
    public static List<int> Of(int supervisor) =>
        [.. Directory.GetDirectories("/proc")
            .Select(directory => Path.GetFileName(directory))
            .Where(name => int.TryParse(name, out _))
            .Select(name => int.Parse(name, CultureInfo.InvariantCulture))
            .Where(pid => Status(pid, "PPid") == supervisor || Status(pid, "TracerPid") == supervisor)];

    /// <summary>The child that a guest runs in: the one that uses CPU time, or that has guest pages mapped.</summary>
    public static int Running(int supervisor) =>
        Of(supervisor).MaxBy(pid => Maps(pid).Sum(mapping => (long)(mapping.End - mapping.Start)));

    public static List<Mapping> Maps(int pid)
    {
        List<Mapping> maps = [];
        foreach (string line in File.ReadLines($"/proc/{pid}/maps"))
        {
            Match match = MapsLine().Match(line);
            maps.Add(new Mapping(
                ulong.Parse(match.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                ulong.Parse(match.Groups[2].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                match.Groups[3].Value,
                match.Groups[4].Value));
        }

        return maps;
    }

    /// <summary>True when nothing of the process is left but, maybe, its entry in init's list of the dead.</summary>
    public static bool IsGone(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] is 'Z' or 'X';
        }
        catch (IOException)
        {
            return true;
        }
    }

    public static bool WaitFor(Func<bool> condition, TimeSpan limit)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > limit)
            {
                return false;
            }

            Thread.Sleep(5);
        }

        return true;
    }

    private static int Status(int pid, string field)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{pid}/status")
                .FirstOrDefault(line => line.StartsWith(field + ":", StringComparison.Ordinal));
            return line is null ? 0 : int.Parse(line[(field.Length + 1)..], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0; // ended meanwhile
        }
    }

    [GeneratedRegex(@"^([0-9a-f]+)-([0-9a-f]+) (....) \S+ \S+ \S+\s*(.*)$")]
    private static partial Regex MapsLine();
}
