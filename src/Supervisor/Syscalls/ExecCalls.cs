using System;
using System.Collections.Generic;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Loader;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>execve and execveat.</summary>
internal static unsafe class ExecCalls
{
    /// <summary>Longest single argument (MAX_ARG_STRLEN).</summary>
    private const int LongestArgument = 32 * 4096;

    public static readonly Syscall[] Calls =
    [
        new(59, "execve", &Execve, K.Path, K.Strings, K.Environment),
        new(322, "execveat", &Execveat, K.DirFd, K.Path, K.Strings, K.Environment, K.AtFlags),
    ];

    private static SyscallResult Execve(GuestTask task, in SyscallArguments arguments)
        => Exec(task, AT_FDCWD, arguments.Address(0), arguments.Address(1), arguments.Address(2), 0);

    private static SyscallResult Execveat(GuestTask task, in SyscallArguments arguments)
        => Exec(task, arguments.Int(0), arguments.Address(1), arguments.Address(2), arguments.Address(3), arguments.Int(4));

    private static SyscallResult Exec(GuestTask task, int directory, GuestAddress pathAt, GuestAddress argv, GuestAddress envp, int flags)
    {
        if ((flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) != 0)
        {
            return Errno.EINVAL;
        }

        Span<byte> buffer = stackalloc byte[PATH_MAX];
        int length = task.Memory.ReadString(pathAt, buffer);
        if (length < 0)
        {
            return (Errno)(-length);
        }

        if (length == 0 && (flags & AT_EMPTY_PATH) == 0)
        {
            return Errno.ENOENT;
        }

        byte[] path = buffer[..length].ToArray();
        IExecutableFile? file = null;
        byte[] name = path;
        bool relative = directory != AT_FDCWD && (length == 0 || path[0] != (byte)'/');
        if (relative || length == 0 || (flags & AT_SYMLINK_NOFOLLOW) != 0)
        {
            Errno opened = Executable.OpenAt(task, directory, path, flags, out file);
            if (opened != Errno.None)
            {
                return opened;
            }
        }

        bool inaccessible = false;
        if (relative)
        {
            name = [.. System.Text.Encoding.ASCII.GetBytes(length == 0 ? $"/dev/fd/{directory}" : $"/dev/fd/{directory}/"), .. path];
            inaccessible = task.Files.GetCloseOnExec(directory) ?? true;
        }

        Errno error = ReadStrings(task, argv, out List<byte[]> arguments);
        if (error == Errno.None)
        {
            error = ReadStrings(task, envp, out List<byte[]> environment);
            if (error == Errno.None)
            {
                return task.Exec(task.Machine.NewLoadRequest(task, name, file, arguments, environment, inaccessible));
            }
        }

        file?.Dispose();
        return error;
    }

    /// <summary>A NULL-terminated array of strings; a null array is an empty one.</summary>
    private static Errno ReadStrings(GuestTask task, GuestAddress array, out List<byte[]> strings)
    {
        strings = [];
        if (array.IsNull)
        {
            return Errno.None;
        }

        // Strings and pointers together: a quarter of the stack limit, as the loader checks exactly.
        ulong room = ulong.Min(task.Group.Limits[RLIMIT_STACK].rlim_cur / 4, 6UL << 20) + LongestArgument;
        byte[] buffer = task.Scratch;
        for (GuestAddress at = array; ; at += sizeof(ulong))
        {
            if (!task.Memory.Read(at, out ulong pointer))
            {
                return Errno.EFAULT;
            }

            if (pointer == 0)
            {
                return Errno.None;
            }

            int length = task.Memory.ReadString(new GuestAddress(pointer), buffer);
            if (length == -(int)Errno.ENAMETOOLONG && buffer.Length < LongestArgument)
            {
                buffer = new byte[LongestArgument];
                length = task.Memory.ReadString(new GuestAddress(pointer), buffer);
            }

            if (length < 0)
            {
                return length == -(int)Errno.ENAMETOOLONG ? Errno.E2BIG : (Errno)(-length);
            }

            ulong cost = (ulong)length + 1 + sizeof(ulong);
            if (cost > room)
            {
                return Errno.E2BIG;
            }

            room -= cost;
            strings.Add(buffer.AsSpan(0, length).ToArray());
        }
    }
}
