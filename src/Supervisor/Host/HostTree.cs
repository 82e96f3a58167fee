using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Text;

using UmlHost.Fs;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

/// <summary>The host kernel's own texts, those of /proc and /sys that guests are shown. Paths are of this program's
/// making, never a guest's.</summary>
[SkipLocalsInit]
internal static unsafe class HostTree
{
    private const int NameOffset = 19, TypeOffset = 18, LengthOffset = 16;

    private static byte[]? s_memoryNodes;

    /// <summary>Mems_allowed and Mems_allowed_list of /proc/PID/status. Read once.</summary>
    public static ReadOnlySpan<byte> MemoryNodes => s_memoryNodes ??= LinesWith("/proc/self/status", "Mems_allowed"u8);

    /// <summary>Appends a file.</summary>
    public static Errno Read(string path, TextBuffer text)
    {
        Result fd = Open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd.Failed)
        {
            return fd.Error;
        }

        byte* part = stackalloc byte[4096];
        Result read;
        while ((read = LibC.read(fd.Int, part, 4096)).Raw > 0)
        {
            text.Append(new ReadOnlySpan<byte>(part, read.Int));
        }

        _ = LibC.close(fd.Int);
        return read.Error;
    }

    /// <summary>The type of what is there (S_IFMT bits), not followed; 0 for nothing.</summary>
    public static uint TypeOf(string path)
    {
        Result fd = Open(path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
        if (fd.Failed)
        {
            return 0;
        }

        Result found = HostPaths.Stat(fd.Int, out stat status);
        _ = LibC.close(fd.Int);
        return found.Failed ? 0 : status.st_mode & S_IFMT;
    }

    /// <summary>Whether something is there, a link included.</summary>
    public static bool Exists(string path) => TypeOf(path) != 0;

    /// <summary>The files and directories in a directory, but no links.</summary>
    public static List<(byte[] Name, uint Type)> List(string path)
    {
        List<(byte[], uint)> names = [];
        Result fd = Open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (fd.Failed)
        {
            return names;
        }

        byte* part = stackalloc byte[4096];
        Result read;
        while ((read = LibC.getdents64(fd.Int, part, 4096)).Raw > 0)
        {
            for (byte* entry = part; entry < part + read.Int; entry += *(ushort*)(entry + LengthOffset))
            {
                ReadOnlySpan<byte> name = System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + NameOffset);
                uint type = (uint)entry[TypeOffset] << 12;
                if (name[0] != (byte)'.' && type is S_IFREG or S_IFDIR)
                {
                    names.Add((name.ToArray(), type));
                }
            }
        }

        _ = LibC.close(fd.Int);
        return names;
    }

    /// <summary>One more than the highest number that a CPU of the host may have.</summary>
    public static int PossibleCpus()
    {
        TextBuffer text = new();
        _ = Read("/sys/devices/system/cpu/possible", text);
        ReadOnlySpan<byte> list = text.Bytes.TrimEnd((byte)'\n');
        list = list[(list.LastIndexOfAny((byte)'-', (byte)',') + 1)..];
        return System.Buffers.Text.Utf8Parser.TryParse(list, out int last, out _) ? last + 1 : HostSystem.UsableCpus()[^1] + 1;
    }

    private static byte[] LinesWith(string path, ReadOnlySpan<byte> prefix)
    {
        TextBuffer whole = new(), found = new();
        _ = Read(path, whole);
        foreach (Range range in whole.Bytes.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = whole.Bytes[range];
            if (line.StartsWith(prefix))
            {
                found.Append(line).Append("\n"u8);
            }
        }

        return found.Bytes.ToArray();
    }

    private static Result Open(string path, int flags)
    {
        Span<byte> name = stackalloc byte[PATH_MAX];
        int length = Encoding.UTF8.GetBytes(path, name[..^1]);
        name[length] = 0;
        fixed (byte* at = name)
        {
            return LibC.open(at, flags);
        }
    }
}
