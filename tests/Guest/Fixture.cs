using System;
using System.IO;
using System.Text;

namespace UmlHost.Tests.Guest;

/// <summary>The working directory of every program: files made natively beforehand, the same in every run.</summary>
internal static class Fixture
{
    private const int PageSize = 4096;

    public static string Directory { get; } = Make();

    private static string Make()
    {
        string root = Path.Combine(Tree.Out, "fixture");
        if (System.IO.Directory.Exists(root))
        {
            System.IO.Directory.Delete(root, recursive: true);
        }

        System.IO.Directory.CreateDirectory(root);
        string At(string name) => Path.Combine(root, name);

        File.WriteAllText(At("text"), "first line\nsecond line\nthird line\n");
        File.WriteAllBytes(At("empty"), []);
        File.WriteAllBytes(At("pages"), Pages(16 * PageSize));
        File.WriteAllBytes(At("tail"), Pages((3 * PageSize) + 100));
        File.WriteAllText(At("words"), Words());
        File.WriteAllText(At("words2"), Words().Replace("w00017 ", "changed ", StringComparison.Ordinal));
        File.WriteAllText(At("noaccess"), "secret\n");
        File.SetUnixFileMode(At("noaccess"), UnixFileMode.None);
        File.WriteAllText(At("readonly"), "read only\n");
        File.SetUnixFileMode(At("readonly"), UnixFileMode.UserRead | UnixFileMode.GroupRead);

        File.CreateSymbolicLink(At("link"), "text");
        File.CreateSymbolicLink(At("dirlink"), "dir");
        File.CreateSymbolicLink(At("dangling"), "nowhere");
        File.CreateSymbolicLink(At("loop"), "loop");

        // Enough names for several getdents64 buffers.
        System.IO.Directory.CreateDirectory(At("dir/sub"));
        for (int i = 0; i < 300; i++)
        {
            File.WriteAllText(At($"dir/a-file-with-a-rather-long-name-{i:D3}"), new string('x', i));
        }

        MakeExecutables(At("exec"));

        DateTime time = new(2021, 3, 4, 5, 6, 7, DateTimeKind.Utc);
        foreach (string file in System.IO.Directory.GetFiles(root))
        {
            if (File.ResolveLinkTarget(file, returnFinalTarget: false) is null)
            {
                File.SetLastWriteTimeUtc(file, time);
            }
        }

        return root;
    }

    /// <summary>What process_exec executes: scripts that it is itself the interpreter of, and files that are none.</summary>
    private static void MakeExecutables(string directory)
    {
        System.IO.Directory.CreateDirectory(directory);
        const UnixFileMode Executable = (UnixFileMode)0x1ed;
        foreach ((string name, string content, UnixFileMode mode) in ((string, string, UnixFileMode)[])
        [
            ("empty", "", Executable),
            ("text", "hello\n", Executable),
            ("mode", "#!/bin/true\n", UnixFileMode.UserRead | UnixFileMode.UserWrite),
            ("elf", "\x7f" + "ELF garbage", Executable),
            ("nothing", "#!\n", Executable),
            ("gone", "#!/nonexistent\n", Executable),
            ("dir", "#!/tmp\n", Executable),
            ("loop", "#!exec/loop\n", Executable),
            ("script", "#!../process_exec script  with spaces \t\n", Executable),
            ("second", "#! exec/script script\n", Executable),
            ("noeol", "#!../process_exec script", Executable),
        ])
        {
            string path = Path.Combine(directory, name);
            File.WriteAllText(path, content);
            File.SetUnixFileMode(path, mode);
        }

        File.CreateSymbolicLink(Path.Combine(directory, "link"), "../../process_exec");
    }

    /// <summary>Bytes that tell their own offset; the last byte of every page is zero.</summary>
    private static byte[] Pages(int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = i % PageSize == PageSize - 1 ? (byte)0 : (byte)(1 + (((i / PageSize * 31) + (i * 7)) % 255));
        }

        return bytes;
    }

    private static string Words()
    {
        StringBuilder text = new();
        uint seed = 1;
        for (int i = 0; i < 5000; i++)
        {
            seed = (seed * 1103515245) + 12345;
            text.Append($"w{i:D5} {seed >> 16:x} {seed % 97}\n");
        }

        return text.ToString();
    }
}
