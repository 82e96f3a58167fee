using System;
using System.Text;

namespace UmlHost.Cli;

/// <summary><c>umlhost doctor</c>: whether guests can run here, and what to change.</summary>
internal static class DoctorVerb
{
    private static readonly DoctorCheck[] s_checks = [.. HostSettings.Checks, .. HostProbes.Checks];

    public static int Run(ReadOnlySpan<string> words)
    {
        OptionWords? cut = OptionWords.Cut(words, OptionParser.Doctor, out string error);
        if (cut is null)
        {
            return Verbs.Misuse(error, null, "umlhost help doctor");
        }

        if (cut.AsksForHelp)
        {
            return Verbs.Print(Help.Doctor);
        }

        return cut.Operands.Length > 0
            ? Verbs.Misuse($"doctor takes no argument: {cut.Operands[0]}", null, "umlhost help doctor")
            : Run(s_checks, out string text) + Verbs.Print(text);
    }

    /// <returns>The exit status: 0 if no check failed, else 1.</returns>
    public static int Run(ReadOnlySpan<DoctorCheck> checks, out string text)
    {
        const int NameWidth = 20;
        StringBuilder lines = new();
        int failed = 0;
        foreach (DoctorCheck check in checks)
        {
            DoctorFinding finding = check.Probe();
            string level = finding.Level switch
            {
                DoctorLevel.Ok => "ok  ",
                DoctorLevel.Warn => "warn",
                _ => "fail",
            };
            lines.Append(level).Append("  ").Append(check.Name.PadRight(NameWidth)).Append(finding.Value).Append('\n');
            if (finding.Advice is not null)
            {
                lines.Append("      ").Append(' ', NameWidth).Append("-> ").Append(finding.Advice).Append('\n');
            }

            failed += finding.Level == DoctorLevel.Fail ? 1 : 0;
        }

        lines.Append(failed == 0 ? "\nGuests can run on this host.\n" : "\nNo guest can run on this host: see what says fail.\n");
        text = lines.ToString();
        return failed == 0 ? 0 : 1;
    }
}
