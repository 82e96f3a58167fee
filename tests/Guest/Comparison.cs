using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

using Xunit;

namespace UmlHost.Tests.Guest;

/// <summary>Fails a test with what differs between two outcomes.</summary>
internal static class Comparison
{
    private const int ContextLines = 3;

    public static void AssertSame(string name, Outcome native, Outcome guest)
    {
        StringBuilder differences = new();
        if (guest.TimedOut)
        {
            differences.AppendLine("ran into its time limit and was killed");
        }

        if (native.Status != guest.Status)
        {
            differences.AppendLine($"exit status: native {native.Status}, guest {guest.Status}");
        }

        Compare(differences, "stdout", native.Stdout, guest.Stdout);
        Compare(differences, "stderr", native.Stderr, guest.Stderr);
        Assert.True(differences.Length == 0, $"{name} differs under umlhost:\n{differences}");
    }

    public static string Text(Outcome outcome) =>
        $"status {outcome.Status}{(outcome.TimedOut ? " (time limit)" : "")}\n"
        + Encoding.UTF8.GetString(outcome.Stdout) + Encoding.UTF8.GetString(outcome.Stderr);

    private static void Compare(StringBuilder differences, string stream, byte[] native, byte[] guest)
    {
        int at = native.AsSpan().CommonPrefixLength(guest);
        if (at == native.Length && at == guest.Length)
        {
            return;
        }

        differences.AppendLine($"{stream}: native {native.Length} bytes, guest {guest.Length}, first difference at byte {at}");
        int line = native.AsSpan(0, at).Count((byte)'\n');
        int from = Math.Max(0, line - ContextLines);
        Append(differences, "  ", Lines(native).Skip(from).Take(line - from));
        Append(differences, "- ", Lines(native).Skip(line).Take(ContextLines + 1));
        Append(differences, "+ ", Lines(guest).Skip(line).Take(ContextLines + 1));
    }

    private static string[] Lines(byte[] bytes) => Encoding.Latin1.GetString(bytes).Split('\n');

    private static void Append(StringBuilder differences, string mark, IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            // Binary output stays readable: control characters become dots.
            string shown = string.Concat(line.Take(160).Select(c => char.IsControl(c) ? '.' : c));
            differences.Append(mark).AppendLine(shown);
        }
    }
}
