using System;
using System.Runtime.InteropServices;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Sockets;

/// <summary>The control data of sendmsg and recvmsg: descriptors, credentials, pidfds (Linux's scm).</summary>
internal static unsafe class ControlData
{
    private static int HeaderSize => sizeof(cmsghdr);

    /// <summary>Reads what is sent along with a message. The files are the caller's to release, also after an error.
    /// </summary>
    public static Errno Parse(GuestTask task, ReadOnlySpan<byte> control, ref MessageHeader message)
    {
        OpenFile[] files = [];
        Errno error = Parse(task, control, ref message, ref files);
        if (files.Length > 0)
        {
            message.Files = new FlightFiles(task.Machine.Flights, task.Credentials.Uid, files);
        }

        return error;
    }

    /// <summary>Writes what came with a message, and opens the files that came: those that do not fit are closed.
    /// </summary>
    /// <param name="control">Where to, and how much there is; on return, behind what was written.</param>
    /// <returns>MSG_CTRUNC where something did not fit.</returns>
    public static int Write(GuestTask task, Socket socket, ref MessageHeader message, ref GuestAddress control, ref ulong length)
    {
        int flags = 0;
        SocketOptions options = socket.Options;
        if (control.IsNull)
        {
            flags = options.WantsSender || message.Files is not null ? MSG_CTRUNC : 0;
            message.Files?.Release();
            return flags;
        }

        if (options.PassCredentials)
        {
            ucred credentials = new() { pid = message.Process?.Tgid ?? 0, uid = message.Uid, gid = message.Gid };
            flags |= Put(task, SCM_CREDENTIALS, MemoryMarshal.AsBytes(new ReadOnlySpan<ucred>(in credentials)), ref control, ref length);
        }

        if (message.Files is { } files)
        {
            flags |= PutFiles(task, files, (message.Flags & MSG_CMSG_CLOEXEC) != 0, ref control, ref length);
            files.Release();
        }

        if (options.PassPidFd)
        {
            flags |= PutPidFd(task, message.Process, ref control, ref length);
        }

        return flags;
    }

    private static Errno Parse(GuestTask task, ReadOnlySpan<byte> control, ref MessageHeader message, ref OpenFile[] files)
    {
        while (control.Length >= HeaderSize)
        {
            cmsghdr header = MemoryMarshal.Read<cmsghdr>(control);
            if (header.cmsg_len < (ulong)HeaderSize || header.cmsg_len > (ulong)control.Length)
            {
                return Errno.EINVAL;
            }

            ReadOnlySpan<byte> data = control[HeaderSize..(int)header.cmsg_len];
            if (header.cmsg_level == SOL_SOCKET)
            {
                Errno error = header.cmsg_type switch
                {
                    SCM_RIGHTS => ParseFiles(task, MemoryMarshal.Cast<byte, int>(data), ref files),
                    SCM_CREDENTIALS => data.Length != sizeof(ucred) ? Errno.EINVAL : ParseCredentials(task, MemoryMarshal.Read<ucred>(data), ref message),
                    _ => Errno.EINVAL,
                };
                if (error != Errno.None)
                {
                    return error;
                }
            }

            control = control[int.Min(control.Length, Align((int)header.cmsg_len))..];
        }

        return Errno.None;
    }

    private static Errno ParseFiles(GuestTask task, ReadOnlySpan<int> descriptors, ref OpenFile[] files)
    {
        int count = files.Length;
        if (descriptors.Length > FlightFiles.MaxFiles || count + descriptors.Length > FlightFiles.MaxFiles)
        {
            return Errno.EINVAL;
        }

        Array.Resize(ref files, count + descriptors.Length);
        foreach (int fd in descriptors)
        {
            using FileReference reference = task.Files.Get(fd);
            if (reference.File is null)
            {
                Array.Resize(ref files, count);
                return Errno.EBADF;
            }

            files[count++] = reference.File.Acquire();
        }

        return Errno.None;
    }

    private static Errno ParseCredentials(GuestTask task, in ucred given, ref MessageHeader message)
    {
        Credentials own = task.Credentials;
        if (given.uid == uint.MaxValue || given.gid == uint.MaxValue)
        {
            return Errno.EINVAL;
        }

        bool allowed = (given.pid == task.Group.Tgid || own.Has(CAP_SYS_ADMIN))
            && (given.uid == own.Uid || given.uid == own.EffectiveUid || given.uid == own.SavedUid || own.Has(CAP_SETUID))
            && (given.gid == own.Gid || given.gid == own.EffectiveGid || given.gid == own.SavedGid || own.Has(CAP_SETGID));
        if (!allowed)
        {
            return Errno.EPERM;
        }

        ThreadGroup? process = task.Group;
        if (given.pid != process.Tgid)
        {
            lock (task.Machine.Tasks.Lock)
            {
                process = task.Machine.Tasks.FindGroupOf(given.pid);
            }
        }

        message.Process = process;
        message.Uid = given.uid;
        message.Gid = given.gid;
        return process is null ? Errno.ESRCH : Errno.None;
    }

    /// <summary>put_cmsg.</summary>
    private static int Put(GuestTask task, int type, ReadOnlySpan<byte> data, ref GuestAddress control, ref ulong length)
    {
        if (length < (ulong)HeaderSize)
        {
            return MSG_CTRUNC;
        }

        ulong size = ulong.Min((ulong)(HeaderSize + data.Length), length);
        cmsghdr header = new() { cmsg_len = size, cmsg_level = SOL_SOCKET, cmsg_type = type };
        if (!task.Memory.Write(control, header))
        {
            return MSG_CTRUNC;
        }

        task.Memory.CopyOut(control + (ulong)HeaderSize, data[..(int)(size - (ulong)HeaderSize)]);
        int flags = size < (ulong)(HeaderSize + data.Length) ? MSG_CTRUNC : 0;
        Advance((ulong)Align(HeaderSize + data.Length), ref control, ref length);
        return flags;
    }

    private static int PutFiles(GuestTask task, FlightFiles files, bool closeOnExec, ref GuestAddress control, ref ulong length)
    {
        int room = length <= (ulong)HeaderSize ? 0 : (int)ulong.Min((length - (ulong)HeaderSize) / sizeof(int), FlightFiles.MaxFiles);
        int count = 0;
        while (count < files.Count && count < room)
        {
            int fd = task.Files.Reserve(closeOnExec);
            if (fd < 0)
            {
                break;
            }

            if (!task.Memory.Write(control + (ulong)(HeaderSize + (count * sizeof(int))), fd))
            {
                task.Files.Unreserve(fd);
                break;
            }

            task.Files.Install(fd, files.Files[count].Acquire());
            count++;
        }

        if (count > 0)
        {
            int bytes = HeaderSize + (count * sizeof(int));
            _ = task.Memory.Write(control, new cmsghdr { cmsg_len = (ulong)bytes, cmsg_level = SOL_SOCKET, cmsg_type = SCM_RIGHTS });
            Advance((ulong)Align(bytes), ref control, ref length);
        }

        return count < files.Count ? MSG_CTRUNC : 0;
    }

    private static int PutPidFd(GuestTask task, ThreadGroup? process, ref GuestAddress control, ref ulong length)
    {
        if (length < (ulong)(HeaderSize + sizeof(int)))
        {
            return MSG_CTRUNC;
        }

        int fd = process is null ? -(int)Errno.ESRCH : task.Files.Reserve(closeOnExec: true);
        int flags = Put(task, SCM_PIDFD, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in fd)), ref control, ref length);
        if (fd >= 0)
        {
            if (flags != 0)
            {
                task.Files.Unreserve(fd);
            }
            else
            {
                task.Files.Install(fd, new PidFd(process!, 0));
            }
        }

        return flags;
    }

    private static void Advance(ulong size, ref GuestAddress control, ref ulong length)
    {
        size = ulong.Min(size, length);
        control += size;
        length -= size;
    }

    private static int Align(int bytes) => (bytes + 7) & ~7;
}
