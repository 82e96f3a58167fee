using System;
using System.Runtime.InteropServices;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Sockets;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>setsockopt and getsockopt, all of SOL_SOCKET that unix sockets have.</summary>
internal static unsafe class SocketOptionCalls
{
    public static readonly Syscall[] Calls =
    [
        new(54, "setsockopt", &Set, K.Fd, K.SockLevel, K.SockOption, K.InOption, K.Int) { Support = Support.Partial, Caveat = "no filters, no time stamps" },
        new(55, "getsockopt", &Get, K.Fd, K.SockLevel, K.SockOption, K.OutOption, K.OutInt) { Support = Support.Partial, Caveat = "no filters, no time stamps" },
    ];

    private static SyscallResult Set(GuestTask task, in SyscallArguments args)
    {
        int length = args.Int(4);
        if (length < 0)
        {
            return Errno.EINVAL;
        }

        using FileReference reference = task.Files.Get(args.Int(0));
        Errno error = SocketCalls.Get(reference, out Socket socket);
        if (error != Errno.None)
        {
            return error;
        }

        if (args.Int(1) != SOL_SOCKET)
        {
            return Errno.EOPNOTSUPP;
        }

        if (length < sizeof(int))
        {
            return Errno.EINVAL;
        }

        return task.Memory.Read(args.Address(3), out int value) ? Set(task, socket, args.Int(2), value, args.Address(3), length) : Errno.EFAULT;
    }

    private static Errno Set(GuestTask task, Socket socket, int option, int value, GuestAddress at, int length)
    {
        SocketOptions options = socket.Options;
        switch (option)
        {
            case SO_TYPE or SO_PROTOCOL or SO_DOMAIN or SO_ERROR or SO_SNDLOWAT:
                return Errno.ENOPROTOOPT;
            case SO_SNDBUF or SO_SNDBUFFORCE:
                if (option == SO_SNDBUFFORCE && !task.Credentials.Has(CAP_NET_ADMIN))
                {
                    return Errno.EPERM;
                }

                options.SetSendBuffer(value, option == SO_SNDBUFFORCE);
                socket.SendBufferChanged();
                return Errno.None;
            case SO_RCVBUF or SO_RCVBUFFORCE:
                if (option == SO_RCVBUFFORCE && !task.Credentials.Has(CAP_NET_ADMIN))
                {
                    return Errno.EPERM;
                }

                options.SetReceiveBuffer(value, option == SO_RCVBUFFORCE);
                return Errno.None;
            case SO_PRIORITY:
                if (value is < 0 or > 6 && !task.Credentials.Has(CAP_NET_RAW) && !task.Credentials.Has(CAP_NET_ADMIN))
                {
                    return Errno.EPERM;
                }

                options.Priority = value;
                return Errno.None;
            case SO_LINGER:
                if (length < sizeof(linger))
                {
                    return Errno.EINVAL;
                }

                if (!task.Memory.Read(at, out linger linger))
                {
                    return Errno.EFAULT;
                }

                options.Linger = linger.l_onoff != 0 ? linger : options.Linger with { l_onoff = 0 };
                return Errno.None;
            case SO_BSDCOMPAT:
                return Errno.None;
            case SO_REUSEPORT when value != 0:
                return Errno.EOPNOTSUPP;
            case SO_PASSCRED:
                options.PassCredentials = value != 0;
                return Errno.None;
            case SO_PASSPIDFD:
                options.PassPidFd = value != 0;
                return Errno.None;
            case SO_PASSRIGHTS:
                options.PassRights = value != 0;
                return Errno.None;
            case SO_RCVLOWAT:
                options.ReceiveLowWater = value < 0 ? int.MaxValue : int.Max(value, 1);
                return Errno.None;
            case SO_RCVTIMEO or SO_RCVTIMEO_NEW or SO_SNDTIMEO or SO_SNDTIMEO_NEW:
                return SetTimeout(task, options, option is SO_RCVTIMEO or SO_RCVTIMEO_NEW, at, length);
            case SO_PEEK_OFF:
                options.PeekOffset = value;
                return Errno.None;
            case SO_DETACH_FILTER:
                return Errno.ENOENT;
            case SO_MARK:
                return task.Credentials.Has(CAP_NET_RAW) || task.Credentials.Has(CAP_NET_ADMIN) ? Errno.ENOPROTOOPT : Errno.EPERM;
            case SO_DEBUG when value != 0 && !task.Credentials.Has(CAP_NET_ADMIN):
                return Errno.EACCES;
            default:
                if (!SocketOptions.IsSwitch(option))
                {
                    return Errno.ENOPROTOOPT;
                }

                options.Switch(option, value != 0);
                return Errno.None;
        }
    }

    private static Errno SetTimeout(GuestTask task, SocketOptions options, bool receive, GuestAddress at, int length)
    {
        if (length < sizeof(timeval))
        {
            return Errno.EINVAL;
        }

        if (!task.Memory.Read(at, out timeval time))
        {
            return Errno.EFAULT;
        }

        if (time.tv_usec is < 0 or >= 1_000_000)
        {
            return Errno.EDOM;
        }

        long timeout = time.tv_sec < 0 ? 0
            : (time.tv_sec == 0 && time.tv_usec == 0) || time.tv_sec >= long.MaxValue / Deadline.NanosecondsPerSecond ? long.MaxValue
            : (time.tv_sec * Deadline.NanosecondsPerSecond) + (time.tv_usec * 1000);
        if (receive)
        {
            options.ReceiveTimeout = timeout;
        }
        else
        {
            options.SendTimeout = timeout;
        }

        return Errno.None;
    }

    private static SyscallResult Get(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        Errno error = SocketCalls.Get(reference, out Socket socket);
        if (error != Errno.None)
        {
            return error;
        }

        if (args.Int(1) != SOL_SOCKET)
        {
            return Errno.EOPNOTSUPP;
        }

        if (!task.Memory.Read(args.Address(4), out int length))
        {
            return Errno.EFAULT;
        }

        if (length < 0)
        {
            return Errno.EINVAL;
        }

        SocketOptions options = socket.Options;
        GuestAddress to = args.Address(3), lengthAt = args.Address(4);
        int value;
        switch (args.Int(2))
        {
            case SO_TYPE:
                value = socket.SocketType;
                break;
            case SO_DOMAIN:
                value = socket.Domain;
                break;
            case SO_PROTOCOL or SO_BSDCOMPAT:
                value = 0;
                break;
            case SO_ERROR:
                value = (int)socket.TakeError();
                break;
            case SO_SNDBUF:
                value = options.SendBuffer;
                break;
            case SO_RCVBUF:
                value = options.ReceiveBuffer;
                break;
            case SO_PRIORITY:
                value = options.Priority;
                break;
            case SO_RCVLOWAT:
                value = options.ReceiveLowWater;
                break;
            case SO_SNDLOWAT:
                value = 1;
                break;
            case SO_ACCEPTCONN:
                value = socket.IsListening ? 1 : 0;
                break;
            case SO_PASSCRED:
                value = options.PassCredentials ? 1 : 0;
                break;
            case SO_PASSPIDFD:
                value = options.PassPidFd ? 1 : 0;
                break;
            case SO_PASSRIGHTS:
                value = options.PassRights ? 1 : 0;
                break;
            case SO_PEEK_OFF:
                value = options.PeekOffset;
                break;
            case SO_MARK:
                value = 0;
                break;
            case SO_LINGER:
                return Write(task, Bytes(options.Linger), to, length, lengthAt);
            case SO_RCVTIMEO or SO_RCVTIMEO_NEW:
                return Write(task, Bytes(ToTimeval(options.ReceiveTimeout)), to, length, lengthAt);
            case SO_SNDTIMEO or SO_SNDTIMEO_NEW:
                return Write(task, Bytes(ToTimeval(options.SendTimeout)), to, length, lengthAt);
            case SO_COOKIE:
                return length < sizeof(long) ? Errno.EINVAL : Write(task, Bytes(socket.Serial), to, length, lengthAt);
            case SO_PEERCRED:
                return Write(task, Bytes(CredentialsOf(socket)), to, length, lengthAt);
            case SO_PEERGROUPS:
                return PeerGroups(task, socket, to, length, lengthAt);
            case SO_PEERPIDFD:
                return PeerPidFd(task, socket, to, length, lengthAt);
            case SO_PEERNAME:
                return socket.PeerAddress(out ReadOnlySpan<byte> address) != Errno.None ? Errno.ENOTCONN
                    : address.Length < length ? Errno.EINVAL
                    : Write(task, address, to, length, lengthAt);
            case int other when SocketOptions.IsSwitch(other):
                value = options.IsOn(other) ? 1 : 0;
                break;
            default:
                return Errno.ENOPROTOOPT;
        }

        return Write(task, Bytes(value), to, length, lengthAt);
    }

    private static ReadOnlySpan<byte> Bytes<T>(in T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();

    private static Errno Write(GuestTask task, ReadOnlySpan<byte> value, GuestAddress to, int length, GuestAddress lengthAt)
    {
        length = int.Min(length, value.Length);
        return task.Memory.CopyOut(to, value[..length]) == length && task.Memory.Write(lengthAt, length) ? Errno.None : Errno.EFAULT;
    }

    private static timeval ToTimeval(long timeout) => timeout == long.MaxValue ? default
        : new timeval { tv_sec = timeout / Deadline.NanosecondsPerSecond, tv_usec = timeout % Deadline.NanosecondsPerSecond / 1000 };

    private static ucred CredentialsOf(Socket socket) => socket.Peer is { } peer
        ? new ucred { pid = peer.Process.Tgid, uid = peer.Credentials.EffectiveUid, gid = peer.Credentials.EffectiveGid }
        : new ucred { uid = uint.MaxValue, gid = uint.MaxValue };

    private static Errno PeerGroups(GuestTask task, Socket socket, GuestAddress to, int length, GuestAddress lengthAt)
    {
        if (socket.Peer is not { } peer)
        {
            return Errno.ENODATA;
        }

        ReadOnlySpan<byte> groups = MemoryMarshal.AsBytes(peer.Credentials.Groups.AsSpan());
        return length >= groups.Length ? Write(task, groups, to, length, lengthAt)
            : task.Memory.Write(lengthAt, groups.Length) ? Errno.ERANGE
            : Errno.EFAULT;
    }

    private static SyscallResult PeerPidFd(GuestTask task, Socket socket, GuestAddress to, int length, GuestAddress lengthAt)
    {
        if (socket.Peer is not { } peer)
        {
            return Errno.ENODATA;
        }

        int fd = task.Files.Reserve(closeOnExec: true);
        if (fd < 0)
        {
            return (long)fd;
        }

        Errno error = Write(task, Bytes(fd), to, length, lengthAt);
        if (error != Errno.None)
        {
            task.Files.Unreserve(fd);
            return error;
        }

        task.Files.Install(fd, new PidFd(peer.Process, 0));
        return SyscallResult.Zero;
    }
}
