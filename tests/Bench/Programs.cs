using System;
using System.IO;
using System.Linq;

namespace UmlHost.Bench;

/// <summary>The C programs, compiled into tests/Bench/out, and the file that they read.</summary>
internal sealed class Programs
{
    private const int DataBytes = 4 << 20;
    private static readonly string[] s_flags = ["-O2", "-static", "-Wall", "-Wextra", "-Werror"];

    private readonly string _out;

    private Programs(string folder) => _out = folder;

    public string Data => Path("data");

    /// <summary>400 functions in C.</summary>
    public string Functions => Path("functions.c");

    public string Path(string name) => System.IO.Path.Combine(_out, name);

    /// <summary>Compiles what is older than its sources.</summary>
    public static Outcome<Programs> Build(string bench)
    {
        Programs programs = new(System.IO.Path.Combine(bench, "out"));
        Directory.CreateDirectory(programs._out);
        string[] folders = [System.IO.Path.Combine(bench, "programs"), System.IO.Path.Combine(bench, "floor")];
        DateTime headers = folders
            .SelectMany(folder => Directory.GetFiles(folder, "*.h"))
            .Max(File.GetLastWriteTimeUtc);
        foreach (string source in folders.SelectMany(folder => Directory.GetFiles(folder, "*.c")))
        {
            string program = programs.Path(System.IO.Path.GetFileNameWithoutExtension(source));
            DateTime built = File.GetLastWriteTimeUtc(program);
            if (built > headers && built > File.GetLastWriteTimeUtc(source))
            {
                continue;
            }

            Outcome<string> compiled = Command.Run(["gcc", .. s_flags, source, "-o", program], TimeSpan.FromMinutes(1));
            if (compiled.Failed)
            {
                return new(null, $"{source}: {compiled.Reason}");
            }
        }

        programs.WriteData();
        File.WriteAllText(programs.Functions, RealPrograms.Functions(400));
        return new(programs, null);
    }

    /// <summary>Random bytes rather than a hole, so that a read is a copy of pages that exist.</summary>
    private void WriteData()
    {
        if (new FileInfo(Data) is { Exists: true, Length: DataBytes })
        {
            return;
        }

        byte[] bytes = new byte[DataBytes];
        new Random(1).NextBytes(bytes);
        File.WriteAllBytes(Data, bytes);
    }
}
