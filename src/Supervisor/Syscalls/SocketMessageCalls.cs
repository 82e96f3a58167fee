using System;
using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Signals;
using UmlHost.Sockets;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>Sending and receiving.</summary>
[SkipLocalsInit]
internal static unsafe class SocketMessageCalls
{
    public static readonly Syscall[] Calls =
    [
        new(44, "sendto", &SendTo, K.Fd, K.InBuffer, K.Size, K.MsgFlags, K.InSockAddr, K.Int) { Support = Support.Partial, Caveat = NoUrgent },
        new(45, "recvfrom", &RecvFrom, K.Fd, K.OutBuffer, K.Size, K.MsgFlags, K.OutSockAddr, K.OutInt) { Support = Support.Partial, Caveat = NoUrgent },
        new(46, "sendmsg", &SendMsg, K.Fd, K.InMsgHdr, K.MsgFlags) { Support = Support.Partial, Caveat = NoUrgent },
        new(47, "recvmsg", &RecvMsg, K.Fd, K.OutMsgHdr, K.MsgFlags) { Support = Support.Partial, Caveat = NoUrgent },
        new(299, "recvmmsg", &RecvMMsg, K.Fd, K.Pointer, K.UInt, K.MsgFlags, K.InTimespec) { Support = Support.Partial, Caveat = NoUrgent },
        new(307, "sendmmsg", &SendMMsg, K.Fd, K.Pointer, K.UInt, K.MsgFlags) { Support = Support.Partial, Caveat = NoUrgent },
    ];

    private const string NoUrgent = "MSG_OOB gives EOPNOTSUPP";

    /// <summary>net.core.optmem_max.</summary>
    private const int MaxControl = 131072;

    /// <summary>Not for 64-bit programs.</summary>
    private const int MSG_CMSG_COMPAT = int.MinValue;

    private const int FewVectors = 16;

    private static SyscallResult SendTo(GuestTask task, in SyscallArguments args)
    {
        scoped MessageHeader message = default;
        if (!IovIter.TryCreate(args.Address(1), args.ULong(2), out message.Data))
        {
            return Errno.EFAULT;
        }

        using FileReference reference = task.Files.Get(args.Int(0));
        Errno error = SocketCalls.Get(reference, out Socket socket);
        if (error != Errno.None)
        {
            return error;
        }

        if (!args.Address(4).IsNull)
        {
            Span<byte> buffer = stackalloc byte[SocketCalls.MaxAddress];
            error = SocketCalls.ReadAddress(task, args.Address(4), args.Int(5), buffer);
            if (error != Errno.None)
            {
                return error;
            }

            message.Destination = buffer[..args.Int(5)];
            return Send(task, socket, ref message, args.Int(3));
        }

        return Send(task, socket, ref message, args.Int(3));
    }

    private static SyscallResult RecvFrom(GuestTask task, in SyscallArguments args)
    {
        scoped MessageHeader message = default;
        if (!IovIter.TryCreate(args.Address(1), args.ULong(2), out message.Data))
        {
            return Errno.EFAULT;
        }

        using FileReference reference = task.Files.Get(args.Int(0));
        Errno error = SocketCalls.Get(reference, out Socket socket);
        if (error != Errno.None)
        {
            return error;
        }

        message.Flags = FlagsOf(socket, args.Int(3));
        SyscallResult result = socket.Receive(task, ref message);
        message.Files?.Release();
        if (!result.Failed && !args.Address(4).IsNull)
        {
            error = SocketCalls.WriteAddress(task, message.Source, args.Address(4), args.Address(5));
            return error != Errno.None ? error : result;
        }

        return result;
    }

    private static SyscallResult SendMsg(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        Errno error = (args.Int(2) & MSG_CMSG_COMPAT) != 0 ? Errno.EINVAL : Errno.None;
        Socket socket = null!;
        error = error != Errno.None ? error : SocketCalls.Get(reference, out socket);
        return error != Errno.None ? error : SendOne(task, socket, args.Address(1), args.Int(2));
    }

    private static SyscallResult RecvMsg(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        Errno error = (args.Int(2) & MSG_CMSG_COMPAT) != 0 ? Errno.EINVAL : Errno.None;
        Socket socket = null!;
        error = error != Errno.None ? error : SocketCalls.Get(reference, out socket);
        return error != Errno.None ? error : ReceiveOne(task, socket, args.Address(1), args.Int(2));
    }

    private static SyscallResult SendMMsg(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        Errno error = SocketCalls.Get(reference, out Socket socket);
        if (error != Errno.None)
        {
            return error;
        }

        uint count = uint.Min(args.UInt(2), UIO_MAXIOV);
        GuestAddress at = args.Address(1);
        uint done = 0;
        SyscallResult result = default;
        for (; done < count; done++, at += (ulong)sizeof(mmsghdr))
        {
            result = SendOne(task, socket, at, args.Int(3));
            if (!result.Failed && !task.Memory.Write(at + (ulong)sizeof(msghdr), (uint)result.Raw))
            {
                result = Errno.EFAULT;
            }

            if (result.Failed)
            {
                break;
            }
        }

        return done > 0 ? done : result;
    }

    private static SyscallResult RecvMMsg(GuestTask task, in SyscallArguments args)
    {
        Deadline end = Deadline.Never;
        if (!args.Address(4).IsNull)
        {
            Errno invalid = PollCalls.ReadTimeout(task, args.Address(4), out end);
            if (invalid != Errno.None)
            {
                return invalid;
            }
        }

        using FileReference reference = task.Files.Get(args.Int(0));
        Errno error = SocketCalls.Get(reference, out Socket socket);
        if (error == Errno.None)
        {
            error = socket.TakeError();
        }

        if (error != Errno.None)
        {
            return error;
        }

        int flags = args.Int(3);
        uint count = uint.Min(args.UInt(2), UIO_MAXIOV);
        GuestAddress at = args.Address(1);
        uint done = 0;
        SyscallResult result = default;
        while (done < count)
        {
            result = ReceiveOne(task, socket, at, flags & ~MSG_WAITFORONE);
            if (!result.Failed && !task.Memory.Write(at + (ulong)sizeof(msghdr), (uint)result.Raw))
            {
                result = Errno.EFAULT;
            }

            if (result.Failed)
            {
                break;
            }

            done++;
            at += (ulong)sizeof(mmsghdr);
            if ((flags & MSG_WAITFORONE) != 0)
            {
                flags |= MSG_DONTWAIT;
            }

            // The time is looked at only after a message, as on Linux.
            if (!end.IsNever && end.Remaining == 0)
            {
                break;
            }
        }

        if (!args.Address(4).IsNull && !(result.Failed && done == 0) && !task.Memory.Write(args.Address(4), Deadline.ToTimespec(end.Remaining)))
        {
            return Errno.EFAULT;
        }

        return done > 0 ? done : result;
    }

    private static int FlagsOf(Socket socket, int flags) => (flags & ~MSG_CMSG_COMPAT) | (socket.IsNonblocking ? MSG_DONTWAIT : 0);

    private static SyscallResult Send(GuestTask task, Socket socket, ref MessageHeader message, int flags)
    {
        message.Flags = FlagsOf(socket, flags);
        SyscallResult result = socket.Send(task, ref message);
        message.Files?.Release();
        if (result.Error == Errno.EPIPE && socket.SignalsBrokenPipe && (flags & MSG_NOSIGNAL) == 0)
        {
            SignalSender.SendBrokenPipe(task);
        }

        return result;
    }

    private static SyscallResult SendOne(GuestTask task, Socket socket, GuestAddress at, int flags)
    {
        Errno error = ReadHeader(task, at, out msghdr header);
        if (error != Errno.None)
        {
            return error;
        }

        Span<byte> name = stackalloc byte[SocketCalls.MaxAddress];
        int nameLength = header.msg_name != 0 ? header.msg_namelen : 0;
        if (nameLength > 0)
        {
            error = SocketCalls.ReadAddress(task, new GuestAddress(header.msg_name), nameLength, name);
            if (error != Errno.None)
            {
                return error;
            }
        }

        if (header.msg_iovlen > UIO_MAXIOV)
        {
            return Errno.EMSGSIZE;
        }

        GuestIovec[]? rented = null;
        byte[]? control = null;
        Span<GuestIovec> vectors = header.msg_iovlen <= FewVectors
            ? stackalloc GuestIovec[FewVectors]
            : rented = ArrayPool<GuestIovec>.Shared.Rent((int)header.msg_iovlen);
        try
        {
            scoped MessageHeader message = default;
            error = ReadVectors(task, header, vectors[..(int)header.msg_iovlen], out message.Data);
            if (error != Errno.None)
            {
                return error;
            }

            message.Destination = name[..nameLength];
            if (header.msg_controllen > int.MaxValue)
            {
                return Errno.ENOBUFS;
            }

            if (header.msg_controllen > 0)
            {
                int length = (int)header.msg_controllen;
                if (length > MaxControl)
                {
                    return Errno.ENOBUFS;
                }

                control = ArrayPool<byte>.Shared.Rent(length);
                Span<byte> data = control.AsSpan(0, length);
                if (task.Memory.CopyIn(new GuestAddress(header.msg_control), data) < length)
                {
                    return Errno.EFAULT;
                }

                error = ControlData.Parse(task, data, ref message);
                if (error != Errno.None)
                {
                    message.Files?.Release();
                    return error;
                }
            }

            return Send(task, socket, ref message, flags);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<GuestIovec>.Shared.Return(rented);
            }

            if (control is not null)
            {
                ArrayPool<byte>.Shared.Return(control);
            }
        }
    }

    private static SyscallResult ReceiveOne(GuestTask task, Socket socket, GuestAddress at, int flags)
    {
        Errno error = ReadHeader(task, at, out msghdr header);
        if (error != Errno.None)
        {
            return error;
        }

        if (header.msg_iovlen > UIO_MAXIOV)
        {
            return Errno.EMSGSIZE;
        }

        GuestIovec[]? rented = null;
        Span<GuestIovec> vectors = header.msg_iovlen <= FewVectors
            ? stackalloc GuestIovec[FewVectors]
            : rented = ArrayPool<GuestIovec>.Shared.Rent((int)header.msg_iovlen);
        try
        {
            scoped MessageHeader message = default;
            error = ReadVectors(task, header, vectors[..(int)header.msg_iovlen], out message.Data);
            if (error != Errno.None)
            {
                return error;
            }

            message.Flags = FlagsOf(socket, flags);
            SyscallResult result = socket.Receive(task, ref message);
            if (result.Failed)
            {
                message.Files?.Release();
                return result;
            }

            GuestAddress control = new(header.msg_control);
            ulong length = header.msg_controllen;
            int resultFlags = (flags & MSG_CMSG_CLOEXEC) | message.ResultFlags | ControlData.Write(task, socket, ref message, ref control, ref length);
            if (header.msg_name != 0)
            {
                error = SocketCalls.WriteAddress(task, message.Source, new GuestAddress(header.msg_name), at + NameLengthOffset);
                if (error != Errno.None)
                {
                    return error;
                }
            }

            return task.Memory.Write(at + FlagsOffset, resultFlags) && task.Memory.Write(at + ControlLengthOffset, header.msg_controllen - length)
                ? result
                : Errno.EFAULT;
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<GuestIovec>.Shared.Return(rented);
            }
        }
    }

    private static ulong NameLengthOffset => sizeof(ulong);

    private static ulong ControlLengthOffset => 5 * sizeof(ulong);

    private static ulong FlagsOffset => 6 * sizeof(ulong);

    private static Errno ReadHeader(GuestTask task, GuestAddress at, out msghdr header)
        => !task.Memory.Read(at, out header) ? Errno.EFAULT
            : header.msg_name != 0 && header.msg_namelen < 0 ? Errno.EINVAL
            : Clamp(ref header);

    private static Errno Clamp(ref msghdr header)
    {
        header.msg_namelen = int.Min(header.msg_namelen, SocketCalls.MaxAddress);
        return Errno.None;
    }

    private static Errno ReadVectors(GuestTask task, msghdr header, Span<GuestIovec> vectors, out IovIter data)
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(vectors);
        data = default;
        return task.Memory.CopyIn(new GuestAddress(header.msg_iov), bytes) < bytes.Length ? Errno.EFAULT : IovIter.TryCreate(vectors, out data);
    }
}
