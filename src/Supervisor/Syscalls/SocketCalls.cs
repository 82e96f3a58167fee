using System;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Sockets;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>Making, naming and connecting sockets.</summary>
internal static unsafe class SocketCalls
{
    public static readonly Syscall[] Calls =
    [
        new(41, "socket", &MakeSocket, K.SockDomain, K.SockType, K.SockProtocol) { Support = Support.Partial, Caveat = "AF_UNIX only" },
        new(42, "connect", &Connect, K.Fd, K.InSockAddr, K.Int),
        new(43, "accept", &Accept, K.Fd, K.OutSockAddr, K.OutInt),
        new(48, "shutdown", &Shutdown, K.Fd, K.ShutdownHow),
        new(49, "bind", &Bind, K.Fd, K.InSockAddr, K.Int),
        new(50, "listen", &Listen, K.Fd, K.Int),
        new(51, "getsockname", &GetSockName, K.Fd, K.OutSockAddr, K.OutInt),
        new(52, "getpeername", &GetPeerName, K.Fd, K.OutSockAddr, K.OutInt),
        new(53, "socketpair", &SocketPair, K.SockDomain, K.SockType, K.SockProtocol, K.OutIntPair) { Support = Support.Partial, Caveat = "AF_UNIX only" },
        new(288, "accept4", &Accept4, K.Fd, K.OutSockAddr, K.OutInt, K.SockFlags),
    ];

    /// <summary>sizeof(struct sockaddr_storage).</summary>
    public const int MaxAddress = 128;

    private const int TypeMask = 0xf, TypeCount = 11;
    private const int SoMaxConn = 4096;

    /// <summary>The socket of a descriptor: EBADF, ENOTSOCK.</summary>
    public static Errno Get(in FileReference reference, out Socket socket)
    {
        socket = (reference.File as Socket)!;
        return reference.File is not { IsPath: false } ? Errno.EBADF : socket is null ? Errno.ENOTSOCK : Errno.None;
    }

    /// <summary>Reads an address of <paramref name="length"/> bytes into <paramref name="buffer"/>, which has room for
    /// <see cref="MaxAddress"/>.</summary>
    public static Errno ReadAddress(GuestTask task, GuestAddress from, int length, Span<byte> buffer)
        => length is < 0 or > MaxAddress ? Errno.EINVAL
            : task.Memory.CopyIn(from, buffer[..length]) < length ? Errno.EFAULT
            : Errno.None;

    /// <summary>Writes an address to where there is room for as many bytes as <paramref name="lengthAt"/> says, and
    /// its whole length to there.</summary>
    public static Errno WriteAddress(GuestTask task, ReadOnlySpan<byte> address, GuestAddress to, GuestAddress lengthAt)
    {
        if (!task.Memory.Read(lengthAt, out int room))
        {
            return Errno.EFAULT;
        }

        int length = int.Min(room, address.Length);
        return length < 0 ? Errno.EINVAL
            : task.Memory.CopyOut(to, address[..length]) == length && task.Memory.Write(lengthAt, address.Length) ? Errno.None
            : Errno.EFAULT;
    }

    private static SyscallResult MakeSocket(GuestTask task, in SyscallArguments args)
    {
        int type = args.Int(1);
        Errno error = (type & ~(TypeMask | SOCK_CLOEXEC | SOCK_NONBLOCK)) != 0 ? Errno.EINVAL : Make(task, args.Int(0), type, args.Int(2), out _, check: true);
        if (error != Errno.None)
        {
            return error;
        }

        Make(task, args.Int(0), type, args.Int(2), out Socket? socket);
        int fd = task.Files.Add(socket!, (type & SOCK_CLOEXEC) != 0);
        if (fd < 0)
        {
            socket!.Release();
        }

        return (long)fd;
    }

    /// <param name="check">Only say whether there is such a socket.</param>
    private static Errno Make(GuestTask task, int domain, int type, int protocol, out Socket? socket, bool check = false)
    {
        socket = null;
        int kind = type & TypeMask;
        if (domain is < 0 or >= AF_MAX)
        {
            return Errno.EAFNOSUPPORT;
        }

        if (kind >= TypeCount)
        {
            return Errno.EINVAL;
        }

        if (domain != AF_UNIX)
        {
            return Errno.EAFNOSUPPORT;
        }

        if (protocol is not (0 or AF_UNIX))
        {
            return Errno.EPROTONOSUPPORT;
        }

        // As in BSD: raw sockets of this domain are datagrams.
        kind = kind == SOCK_RAW ? SOCK_DGRAM : kind;
        if (kind is not (SOCK_STREAM or SOCK_DGRAM or SOCK_SEQPACKET))
        {
            return Errno.ESOCKTNOSUPPORT;
        }

        socket = check ? null : new UnixSocket(task.Machine, task.Credentials, kind, type & SOCK_NONBLOCK);
        return Errno.None;
    }

    private static SyscallResult SocketPair(GuestTask task, in SyscallArguments args)
    {
        int type = args.Int(1);
        if ((type & ~(TypeMask | SOCK_CLOEXEC | SOCK_NONBLOCK)) != 0)
        {
            return Errno.EINVAL;
        }

        bool closeOnExec = (type & SOCK_CLOEXEC) != 0;
        int* fds = stackalloc int[2];
        fds[0] = task.Files.Reserve(closeOnExec);
        if (fds[0] < 0)
        {
            return (long)fds[0];
        }

        fds[1] = task.Files.Reserve(closeOnExec);
        Errno error = fds[1] < 0 ? (Errno)(-fds[1])
            : !task.Memory.Write(args.Address(3), *(ulong*)fds) ? Errno.EFAULT
            : Make(task, args.Int(0), type, args.Int(2), out _, check: true);
        if (error != Errno.None)
        {
            task.Files.Unreserve(fds[0]);
            if (fds[1] >= 0)
            {
                task.Files.Unreserve(fds[1]);
            }

            return error;
        }

        Make(task, args.Int(0), type, args.Int(2), out Socket? first);
        Make(task, args.Int(0), type, args.Int(2), out Socket? second);
        UnixSocket.Pair(task, (UnixSocket)first!, (UnixSocket)second!);
        task.Files.Install(fds[0], first!);
        task.Files.Install(fds[1], second!);
        return SyscallResult.Zero;
    }

    private static SyscallResult Bind(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        Errno error = Get(reference, out Socket socket);
        Span<byte> buffer = stackalloc byte[MaxAddress];
        return error == Errno.None && (error = ReadAddress(task, args.Address(1), args.Int(2), buffer)) == Errno.None
            ? socket.Bind(task, buffer[..args.Int(2)])
            : error;
    }

    private static SyscallResult Listen(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        Errno error = Get(reference, out Socket socket);
        return error == Errno.None ? socket.Listen(task, (int)uint.Min(args.UInt(1), SoMaxConn)) : error;
    }

    private static SyscallResult Connect(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        if (reference.File is not { IsPath: false })
        {
            return Errno.EBADF;
        }

        Span<byte> buffer = stackalloc byte[MaxAddress];
        Errno error = ReadAddress(task, args.Address(1), args.Int(2), buffer);
        if (error == Errno.None)
        {
            error = Get(reference, out Socket socket);
            if (error == Errno.None)
            {
                return socket.Connect(task, buffer[..args.Int(2)]);
            }
        }

        return error;
    }

    private static SyscallResult Accept(GuestTask task, in SyscallArguments args) => Accept(task, args, 0);

    private static SyscallResult Accept4(GuestTask task, in SyscallArguments args) => Accept(task, args, args.Int(3));

    private static SyscallResult Accept(GuestTask task, in SyscallArguments args, int flags)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        if (reference.File is not { IsPath: false })
        {
            return Errno.EBADF;
        }

        if ((flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) != 0)
        {
            return Errno.EINVAL;
        }

        int fd = task.Files.Reserve((flags & SOCK_CLOEXEC) != 0);
        if (fd < 0)
        {
            return (long)fd;
        }

        Socket? connection = null;
        Errno error = Get(reference, out Socket socket);
        SyscallResult result = error != Errno.None ? error : socket.Accept(task, flags, out connection);
        if (connection is not null && !args.Address(1).IsNull)
        {
            error = connection.PeerAddress(out ReadOnlySpan<byte> address);
            error = error != Errno.None ? Errno.ECONNABORTED : WriteAddress(task, address, args.Address(1), args.Address(2));
            if (error != Errno.None)
            {
                connection.Release();
                result = error;
            }
        }

        if (result.Failed)
        {
            task.Files.Unreserve(fd);
            return result;
        }

        task.Files.Install(fd, connection!);
        return (long)fd;
    }

    private static SyscallResult GetSockName(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        Errno error = Get(reference, out Socket socket);
        return error == Errno.None ? WriteAddress(task, socket.Address, args.Address(1), args.Address(2)) : error;
    }

    private static SyscallResult GetPeerName(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        Errno error = Get(reference, out Socket socket);
        return error == Errno.None && (error = socket.PeerAddress(out ReadOnlySpan<byte> address)) == Errno.None
            ? WriteAddress(task, address, args.Address(1), args.Address(2))
            : error;
    }

    private static SyscallResult Shutdown(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        Errno error = Get(reference, out Socket socket);
        return error == Errno.None ? socket.Shutdown(args.Int(1)) : error;
    }
}
