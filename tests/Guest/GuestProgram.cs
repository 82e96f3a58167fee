using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;

namespace UmlHost.Tests.Guest;

/// <summary>
/// A source in programs/ with the directives of its leading comment lines. "// args:" may come more than once: every
/// one is a run of its own.
/// </summary>
internal sealed class GuestProgram
{
    private static readonly string[] s_defaultFlags = ["-static"];

    private readonly string _source;
    private readonly string _name;
    private readonly string[] _flags = s_defaultFlags;
    private readonly string? _need;

    public GuestProgram(string name)
    {
        _name = name;
        _source = Path.Combine(Tree.Programs, name);
        foreach (string line in File.ReadLines(_source).TakeWhile(line => line.StartsWith("//", StringComparison.Ordinal)))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
            {
                continue;
            }

            string value = line[(colon + 1)..].Trim();
            switch (line[2..colon].Trim())
            {
                case "build": _flags = Words(value); break;
                case "args": Runs.Add(value); break;
                case "stdin": Stdin = Encoding.UTF8.GetBytes(value.Replace("\\n", "\n", StringComparison.Ordinal)); break;
                case "umlhost": Options = Words(value); break;
                case "timeout": Timeout = TimeSpan.FromSeconds(int.Parse(value, CultureInfo.InvariantCulture)); break;
                case "native-only-if": _need = value; break;
                default: break;
            }
        }

        if (Runs.Count == 0)
        {
            Runs.Add("");
        }
    }

    /// <summary>The argument lists of the runs, each as written.</summary>
    public List<string> Runs { get; } = [];

    public byte[] Stdin { get; } = [];

    public IReadOnlyList<string> Options { get; } = [];

    public TimeSpan Timeout { get; } = TimeSpan.FromSeconds(20);

    /// <summary>Why this host cannot run the program, or null: "cpu FLAG", "file PATH", "root", "user".</summary>
    public string? Missing
    {
        get
        {
            string[] need = Words(_need ?? "");
            return need switch
            {
                [] => null,
                ["cpu", string flag] => CpuFlags.Contains(flag) ? null : $"this CPU has no {flag}",
                ["file", string path] => Path.Exists(path) ? null : $"{path} is missing",
                ["root"] => Environment.IsPrivilegedProcess ? null : "needs root",
                ["user"] => Environment.IsPrivilegedProcess ? "needs an ordinary user" : null,
                _ => throw new FormatException($"{_name}: native-only-if: {_need}"),
            };
        }
    }

    private static string[] CpuFlags { get; } = File.ReadLines("/proc/cpuinfo")
        .First(line => line.StartsWith("flags", StringComparison.Ordinal)).Split(' ');

    /// <summary>Sources in a folder of programs/, as names that the constructor takes.</summary>
    public static IEnumerable<string> In(string folder) =>
        Directory.GetFiles(Path.Combine(Tree.Programs, folder))
            .Where(file => Path.GetExtension(file) is ".c" or ".cc" or ".S")
            .Select(file => Path.GetRelativePath(Tree.Programs, file))
            .Order(StringComparer.Ordinal);

    /// <summary>Splits at spaces; single quotes keep words together.</summary>
    public static string[] Words(string line)
    {
        List<string> words = [];
        StringBuilder? word = null;
        bool quoted = false;
        foreach (char c in line)
        {
            if (c == '\'')
            {
                quoted = !quoted;
                word ??= new StringBuilder();
            }
            else if (c == ' ' && !quoted)
            {
                if (word is not null)
                {
                    words.Add(word.ToString());
                }

                word = null;
            }
            else
            {
                (word ??= new StringBuilder()).Append(c);
            }
        }

        if (word is not null)
        {
            words.Add(word.ToString());
        }

        return [.. words];
    }

    /// <summary>Compiles when the program is older than its source, the header or the command line; returns its path.</summary>
    public string Compile()
    {
        string compiler = _source.EndsWith(".cc", StringComparison.Ordinal) ? "g++" : "gcc";
        string output = Path.Combine(Tree.Out, Path.ChangeExtension(_name, null));
        string[] arguments = ["-O2", "-Wall", "-Wextra", "-Werror", "-pthread", "-D_GNU_SOURCE", "-I", Tree.Programs, _source, .. _flags];
        string command = string.Join(' ', [compiler, .. arguments]);
        string commandFile = output + ".command";

        DateTime newest = Directory.GetFiles(Tree.Programs, "*.h").Append(_source).Max(File.GetLastWriteTimeUtc);
        if (File.Exists(output) && File.GetLastWriteTimeUtc(output) > newest
            && File.Exists(commandFile) && File.ReadAllText(commandFile) == command)
        {
            return output;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(output)!);
        Build(compiler, arguments, output);
        File.WriteAllText(commandFile, command);
        return output;
    }

    /// <summary>Runs a compiler; its complaints become the failure. The output appears whole or not at all.</summary>
    public static void Build(string compiler, IReadOnlyList<string> arguments, string output)
    {
        string partial = output + ".partial";
        ProcessStartInfo start = new(compiler, [.. arguments, "-o", partial]) { RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        string complaints = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{compiler} {string.Join(' ', arguments)}\n{complaints}");
        }

        File.Move(partial, output, overwrite: true);
    }
}
