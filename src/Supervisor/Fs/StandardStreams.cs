using UmlHost.Native;
using UmlHost.Terminals;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>The supervisor's standard input, output and error as a guest's descriptors 0, 1 and 2.</summary>
internal static unsafe class StandardStreams
{
    /// <summary>Puts a place holder where 0, 1 or 2 is closed, so that no file of the supervisor's own lands there.
    /// To be called first of all.</summary>
    public static void KeepPlaces()
    {
        for (int fd = 0; fd <= 2; fd++)
        {
            if (LibC.fcntl(fd, F_GETFD, 0).Failed)
            {
                fixed (byte* name = "/dev/null\0"u8)
                {
                    // The lowest descriptor that is free: this one.
                    _ = LibC.open(name, O_PATH | O_CLOEXEC);
                }
            }
        }
    }

    /// <summary>Opens those that are open on the host in <paramref name="files"/>, at descriptors of their own, and
    /// puts /dev/null in the place of the supervisor's 0 and 1: a guest that closes the last reference closes
    /// the stream. 2 stays, for the supervisor's own messages.</summary>
    /// <param name="terminal">The supervisor's, which streams that are it become.</param>
    public static void Inherit(FdTable files, HostTerminal? terminal)
    {
        Result nothing;
        fixed (byte* name = "/dev/null\0"u8)
        {
            nothing = LibC.open(name, O_RDWR | O_CLOEXEC);
        }
        TerminalFile? shared = null;
        for (int fd = 0; fd <= 2; fd++)
        {
            if (!IsInherited(fd) || (OpenTerminal(fd, terminal, ref shared) ?? Open(fd)) is not { } file)
            {
                continue;
            }
            if (files.Replace(fd, file, closeOnExec: false) != Errno.None)
            {
                file.Release();
            }
            if (fd < 2 && !nothing.Failed)
            {
                _ = LibC.dup3(nothing.Int, fd, O_CLOEXEC);
            }
        }
        if (!nothing.Failed && nothing.Int > 2)
        {
            _ = LibC.close(nothing.Int);
        }
    }

    /// <summary>The guest's file for a stream that is the terminal, one for all where their access is the same; null
    /// for others.</summary>
    private static OpenFile? OpenTerminal(int hostFd, HostTerminal? terminal, ref TerminalFile? shared)
    {
        if (terminal is null || !terminal.IsSame(hostFd))
        {
            return null;
        }
        Result flags = LibC.fcntl(hostFd, F_GETFL, 0);
        if (shared is not null && shared.Flags == flags.Int)
        {
            return shared.Acquire();
        }
        shared = new TerminalFile(terminal, flags.Int);
        return shared.Attach(default, terminal.Inode);
    }

    /// <summary>Whether the supervisor was started with it. What it, or the runtime before it, opened itself is to be
    /// closed on exec, which nothing is that came through one.</summary>
    private static bool IsInherited(int fd) => LibC.fcntl(fd, F_GETFD, 0) is { Failed: false } flags && (flags.Int & FD_CLOEXEC) == 0;

    /// <summary>An open file on a copy of <paramref name="hostFd"/>, which shares position and flags with it; null
    /// where that is not open.</summary>
    public static OpenFile? Open(int hostFd)
    {
        Result flags = LibC.fcntl(hostFd, F_GETFL, 0);
        Result own = flags.Failed ? flags : LibC.fcntl(hostFd, F_DUPFD_CLOEXEC, 3);
        if (own.Failed || HostPaths.Stat(own.Int, out stat status).Failed)
        {
            return null;
        }
        uint type = status.st_mode & S_IFMT;
        OpenFile? file = type switch
        {
            S_IFREG => new HostFile(HostFileSystem.MappedFiles, own.Int, flags.Int),
            S_IFDIR => new HostDirectory(own.Int, flags.Int),
            S_IFCHR => CharacterDevice.Create(status.st_rdev, flags.Int),
            _ => null,
        };
        if (file is null)
        {
            return HostStream.Create(own.Int, type, status.st_rdev, flags.Int);
        }
        if (HostFileSystem.Loose(own.Int) is not { } inode)
        {
            file.Release();
            return null;
        }
        if (type == S_IFCHR)
        {
            _ = LibC.close(own.Int);
        }
        if (file.CanWrite)
        {
            _ = inode.TryBeginWrite();
        }
        return file.Attach(default, inode);
    }
}
