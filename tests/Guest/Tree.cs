using System;
using System.IO;

namespace UmlHost.Tests.Guest;

/// <summary>Where things are in the source tree.</summary>
internal static class Tree
{
    public static string Root { get; } = FindRoot();

    public static string Programs { get; } = Path.Combine(Root, "tests/Guest/programs");

    public static string Out { get; } = Path.Combine(Root, "tests/Guest/out");

    /// <summary>The program under test: bin/umlhost, or what the environment variable UMLHOST names.</summary>
    public static string UmlHost
    {
        get
        {
            string path = Environment.GetEnvironmentVariable("UMLHOST") ?? Path.Combine(Root, "bin/umlhost");
            return File.Exists(path)
                ? path
                : throw new FileNotFoundException($"{path} is missing: run make first, or set UMLHOST_GUEST_NATIVE_ONLY=1");
        }
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "UmlHost.sln")))
            {
                return at.FullName;
            }
        }

        throw new DirectoryNotFoundException("no UmlHost.sln above " + AppContext.BaseDirectory);
    }
}
