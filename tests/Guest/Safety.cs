using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;

using Xunit;

namespace UmlHost.Tests.Guest;

/// <summary>What a host child holds (H1), and that it never outlives its supervisor.</summary>
public sealed partial class Safety
{
    [UmlHostFact]
    public void No_child_outlives_a_killed_supervisor_while_the_guest_computes() => KillSupervisor("spin");

    [UmlHostFact]
    public void No_child_outlives_a_killed_supervisor_while_the_guest_waits() => KillSupervisor("block");

    [UmlHostFact]
    public void A_child_maps_stub_pages_and_guest_memory_only() => Watch("spin", (_, child) =>
    {
        (ulong start, ulong end) = StubRange();
        List<Mapping> maps = HostChild.Maps(child);
        Assert.Contains(maps, mapping => mapping.Start >= start && mapping.End <= end);
        foreach (Mapping mapping in maps)
        {
            bool stub = mapping.Start >= start && mapping.End <= end;
            bool guest = mapping.Path.StartsWith("/memfd:", StringComparison.Ordinal);
            // The vsyscall page is the kernel's, in every process.
            Assert.True(stub || guest || mapping.Path == "[vsyscall]", $"the child has {mapping}");
        }
    });

    [UmlHostFact]
    public void A_child_has_no_descriptor_but_the_guest_memory() => Watch("spin", (_, child) =>
    {
        string[] targets =
            [.. Directory.GetFileSystemEntries($"/proc/{child}/fd").Select(fd => new FileInfo(fd).LinkTarget ?? "?")];
        Assert.True(targets.Length <= 1, string.Join(", ", targets));
        Assert.All(targets, target => Assert.StartsWith("/memfd:", target, StringComparison.Ordinal));
    });

    [UmlHostFact]
    public void A_child_has_no_environment() => Watch("spin", (_, child) =>
        Assert.Empty(File.ReadAllBytes($"/proc/{child}/environ")));

    [UmlHostFact]
    public void A_child_has_a_seccomp_filter_and_no_new_privileges() => Watch("spin", (_, child) =>
    {
        string[] status = File.ReadAllLines($"/proc/{child}/status");
        Assert.Contains("Seccomp:\t2", status);
        Assert.Contains("NoNewPrivs:\t1", status);
    });

    [UmlHostFact]
    public void Nothing_is_left_after_a_guest_has_ended()
    {
        using RunningGuest guest = GuestRun.StartGuest(new GuestProgram("watched/block.c").Compile());
        Assert.Equal("ready", guest.ReadLine());
        Process supervisor = guest.Supervisor;
        List<int> children = HostChild.Of(supervisor.Id);
        Assert.NotEmpty(children);
        supervisor.StandardInput.Write('*');
        supervisor.StandardInput.Close();
        Assert.True(supervisor.WaitForExit(TimeSpan.FromSeconds(5)), "umlhost does not end");
        Assert.Equal('*', (char)supervisor.ExitCode);
        Assert.All(children, child => Assert.True(GoneSoon(child), $"child {child} is left"));
    }

    private static void KillSupervisor(string program) => Watch(program, (supervisor, _) =>
    {
        List<int> children = HostChild.Of(supervisor.Id);
        supervisor.Kill(); // SIGKILL, to it alone
        List<int> left = [.. children.Where(child => !GoneSoon(child))];
        foreach (int child in left)
        {
            using Process process = Process.GetProcessById(child);
            process.Kill();
        }

        Assert.Empty(left);
    });

    private static bool GoneSoon(int child) => HostChild.WaitFor(() => HostChild.IsGone(child), TimeSpan.FromSeconds(1));

    private static void Watch(string program, Action<Process, int> look)
    {
        using RunningGuest guest = GuestRun.StartGuest(new GuestProgram($"watched/{program}.c").Compile());
        Assert.Equal("ready", guest.ReadLine());
        Assert.NotEmpty(HostChild.Of(guest.Supervisor.Id));
        look(guest.Supervisor, HostChild.Running(guest.Supervisor.Id));
    }

    /// <summary>The stub's addresses as umlhost doctor prints them: a line with "stub" and START-END in hexadecimal.</summary>
    private static (ulong Start, ulong End) StubRange()
    {
        using Process doctor = Process.Start(
            new ProcessStartInfo(Tree.UmlHost, ["doctor"]) { RedirectStandardOutput = true })!;
        string text = doctor.StandardOutput.ReadToEnd();
        doctor.WaitForExit();
        Match match = StubLine().Match(text);
        Assert.True(match.Success, $"umlhost doctor names no stub range:\n{text}");
        return (Hexadecimal(match.Groups[1]), Hexadecimal(match.Groups[2]));
    }

    private static ulong Hexadecimal(Group group) =>
        ulong.Parse(group.Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"stub.*?0x([0-9a-f]+)\W+0x([0-9a-f]+)", RegexOptions.IgnoreCase)]
    private static partial Regex StubLine();
}
