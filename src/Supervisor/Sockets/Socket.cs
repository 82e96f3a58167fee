using System;
using System.Threading;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Sockets;

/// <summary>A message as one send or receive sees it (Linux's msghdr and scm_cookie): where the bytes are, and what
/// comes with them.</summary>
internal ref struct MessageHeader
{
    public IovIter Data;

    /// <summary>MSG_*, with MSG_DONTWAIT for a descriptor that does not block.</summary>
    public int Flags;

    /// <summary>Where it is to go; empty for the peer.</summary>
    public ReadOnlySpan<byte> Destination;

    /// <summary>Sent: not yet launched; the caller releases what is left here. Received: landed, the caller's.
    /// </summary>
    public FlightFiles? Files;

    /// <summary>The sender, said by SCM_CREDENTIALS or found out for SO_PASSCRED; null for neither.</summary>
    public ThreadGroup? Process;
    public uint Uid;
    public uint Gid;

    /// <summary>Received: the sender's address, null for none.</summary>
    public byte[]? Source;

    /// <summary>Received: MSG_TRUNC.</summary>
    public int ResultFlags;

    public readonly bool IsNonblocking => (Flags & MSG_DONTWAIT) != 0;

    public readonly bool IsPeek => (Flags & MSG_PEEK) != 0;
}

/// <summary>A socket as the system calls know it (Linux's socket and sock): options, and the operations of its
/// domain.</summary>
internal abstract class Socket(Credentials owner, int flags) : PseudoFile(PseudoInode.Socket(owner), O_RDWR | flags)
{
    private static long s_serials;
    private int _error;

    public abstract int Domain { get; }

    /// <summary>SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET.</summary>
    public abstract int SocketType { get; }

    public override bool CanPoll => true;

    public override bool CanSignal => true;

    public override bool SignalsBrokenPipe => SocketType == SOCK_STREAM;

    public SocketOptions Options { get; } = new();

    /// <summary>SO_COOKIE; and of two sockets that are locked, the lower one comes first.</summary>
    public long Serial { get; } = Interlocked.Increment(ref s_serials);

    /// <summary>SO_PEERCRED and its like: who the other side is.</summary>
    public PeerCredentials? Peer { get; protected set; }

    public abstract bool IsListening { get; }

    /// <summary>ss_family and what follows; at least the family.</summary>
    public abstract ReadOnlySpan<byte> Address { get; }

    public abstract Errno Bind(GuestTask task, ReadOnlySpan<byte> address);

    public abstract Errno Listen(GuestTask task, int backlog);

    public abstract SyscallResult Connect(GuestTask task, ReadOnlySpan<byte> address);

    /// <summary>The next connection, its reference the caller's.</summary>
    public abstract SyscallResult Accept(GuestTask task, int flags, out Socket? connection);

    /// <summary>ENOTCONN where there is no peer.</summary>
    public abstract Errno PeerAddress(out ReadOnlySpan<byte> address);

    public abstract Errno Shutdown(int how);

    public abstract SyscallResult Send(GuestTask task, ref MessageHeader message);

    public abstract SyscallResult Receive(GuestTask task, ref MessageHeader message);

    /// <summary>SO_ERROR: tells the error once.</summary>
    public Errno TakeError() => Volatile.Read(ref _error) == 0 ? Errno.None : (Errno)Interlocked.Exchange(ref _error, 0);

    public bool HasError => Volatile.Read(ref _error) != 0;

    /// <summary>The send buffer has another size.</summary>
    public virtual void SendBufferChanged()
    {
    }

    public override SyscallResult Read(GuestTask task, ref IovIter to)
    {
        if (to.Count == 0)
        {
            return SyscallResult.Zero;
        }

        MessageHeader message = new() { Data = to, Flags = IsNonblocking ? MSG_DONTWAIT : 0 };
        SyscallResult result = Receive(task, ref message);
        message.Files?.Release();
        return result;
    }

    public override SyscallResult Write(GuestTask task, ref IovIter from)
    {
        MessageHeader message = new() { Data = from, Flags = IsNonblocking ? MSG_DONTWAIT : 0 };
        return Send(task, ref message);
    }

    protected void SetError(Errno error) => Volatile.Write(ref _error, (int)error);

    /// <summary>How long an operation may wait for the time set by SO_RCVTIMEO or SO_SNDTIMEO.</summary>
    protected static Deadline DeadlineOf(long timeout) => timeout == long.MaxValue ? Deadline.Never : Deadline.After(timeout);

    /// <summary>A signal came: with a timeout the call is not to be restarted.</summary>
    protected static SyscallResult InterruptedBy(Deadline deadline) => deadline.IsNever ? SyscallResult.RestartSys : Errno.EINTR;
}

/// <summary>The process and the ids of a peer at the time of connect, listen or socketpair.</summary>
internal sealed record PeerCredentials(ThreadGroup Process, Credentials Credentials)
{
    public static PeerCredentials Of(GuestTask task) => new(task.Group, task.Credentials);
}
