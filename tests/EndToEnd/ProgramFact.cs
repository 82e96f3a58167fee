using System;
using System.IO;
using System.Linq;

using Xunit;

namespace UmlHost.Tests.EndToEnd;

/// <summary>A fact about programs of the host; skipped, with the reason, where one of them is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ProgramFactAttribute : FactAttribute
{
    /// <param name="files">Names to be found in PATH, or absolute names.</param>
    public ProgramFactAttribute(params string[] files)
    {
        string[] missing = [.. files.Where(file => !IsThere(file))];
        if (missing.Length > 0)
        {
            Skip = $"the host has no {string.Join(", ", missing)}";
        }
    }

    private static bool IsThere(string file) => file.StartsWith('/')
        ? File.Exists(file)
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, file)));
}
