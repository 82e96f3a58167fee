using System.Globalization;
using System.IO;
using System.Linq;

namespace UmlHost.Bench;

/// <summary>Programs of a Debian system at their usual work, start-up included.</summary>
internal static class RealPrograms
{
    private const string Documents = "/usr/share/doc";

    public static readonly Row[] Rows =
    [
        new("200 × /bin/true by sh", "/bin/sh")
        {
            WholeLife = true,
            Arguments = ["-c", "i=0; while [ $i -lt 200 ]; do i=$((i+1)); /bin/true; done"],
            Target = new(Against.Milliseconds, 450),
        },
        new("python3 imports", "/usr/bin/python3")
        {
            WholeLife = true,
            Arguments = ["-c", "import json,re,subprocess,email"],
            Target = new(Against.Milliseconds, 60 + StartUp),
            Note = "60 ms and what start-up may take",
        },
        new("find " + Documents, "/bin/sh")
        {
            WholeLife = true,
            Arguments = ["-c", $"exec find {Documents} -name '*.gz' >/dev/null"],
            Target = new(Against.Milliseconds, 200),
            Note = Size(),
        },
        new("tar of it to a pipe", "/bin/sh")
        {
            WholeLife = true,
            Arguments = ["-c", $"tar cf - {Documents} 2>/dev/null | cat >/dev/null"],
            Target = new(Against.Milliseconds, 300),
        },
        new("gcc -O2, 400 functions", "/usr/bin/gcc")
        {
            WholeLife = true,
            Arguments = ["-O2", "-c", "{functions}", "-o", "/dev/null"],
            Target = new(Against.Native, 1.3),
            Lives = 5,
        },
    ];

    /// <summary>Milliseconds: the target of the row "true, start to end".</summary>
    private const int StartUp = 40;

    /// <summary>What gcc compiles: functions of loops, branches and calls of earlier ones.</summary>
    public static string Functions(int count) => "int data[256];\n" + string.Concat(Enumerable.Range(0, count).Select(Function));

    private static string Function(int number)
    {
        string earlier = number == 0 ? "a" : string.Create(CultureInfo.InvariantCulture, $"f{number / 2}(a, b - 1)");
        return string.Create(CultureInfo.InvariantCulture, $$"""
            __attribute__((noinline)) int f{{number}}(int a, int b)
            {
                int sum = {{number}};
                for (int i = 0; i < b; i++)
                    sum ^= data[(a + i * {{(number % 7) + 2}}) & 255] + sum / 3;
                switch (a & 3) {
                case 0: return sum + b;
                case 1: return b > 0 ? {{earlier}} : sum;
                case 2: return sum / (b | 1);
                default: return data[sum & 255];
                }
            }

            """);
    }

    private static string Size()
    {
        if (!Directory.Exists(Documents))
        {
            return Documents + " is missing";
        }

        EnumerationOptions all = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        FileInfo[] files = [.. new DirectoryInfo(Documents).EnumerateFiles("*", all)];
        return string.Create(CultureInfo.InvariantCulture, $"{files.Length} files, {files.Sum(file => file.Length) >> 20} MiB");
    }
}
