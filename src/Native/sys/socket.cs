namespace UmlHost.Native;

/// <summary><c>sys/socket.h</c>: domains, types, options, message flags (kernel values).</summary>
public static partial class Linux
{
    public const int AF_UNSPEC = 0;
    public const int AF_UNIX = 1;
    public const int AF_INET = 2;
    public const int AF_INET6 = 10;
    public const int AF_NETLINK = 16;
    public const int AF_PACKET = 17;
    public const int AF_MAX = 46;

    public const int SOCK_STREAM = 1;
    public const int SOCK_DGRAM = 2;
    public const int SOCK_RAW = 3;
    public const int SOCK_SEQPACKET = 5;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int SOCK_NONBLOCK = 0x800;

    public const int SHUT_RD = 0;
    public const int SHUT_WR = 1;
    public const int SHUT_RDWR = 2;

    public const int MSG_OOB = 0x1;
    public const int MSG_PEEK = 0x2;
    public const int MSG_CTRUNC = 0x8;
    public const int MSG_TRUNC = 0x20;
    public const int MSG_DONTWAIT = 0x40;
    public const int MSG_WAITALL = 0x100;
    public const int MSG_ERRQUEUE = 0x2000;
    public const int MSG_NOSIGNAL = 0x4000;
    public const int MSG_WAITFORONE = 0x10000;
    public const int MSG_CMSG_CLOEXEC = 0x40000000;

    public const int SCM_RIGHTS = 1;
    public const int SCM_CREDENTIALS = 2;
    public const int SCM_PIDFD = 4;

    public const int SOL_SOCKET = 1;
    public const int SO_DEBUG = 1;
    public const int SO_REUSEADDR = 2;
    public const int SO_TYPE = 3;
    public const int SO_ERROR = 4;
    public const int SO_DONTROUTE = 5;
    public const int SO_BROADCAST = 6;
    public const int SO_SNDBUF = 7;
    public const int SO_RCVBUF = 8;
    public const int SO_KEEPALIVE = 9;
    public const int SO_OOBINLINE = 10;
    public const int SO_NO_CHECK = 11;
    public const int SO_PRIORITY = 12;
    public const int SO_LINGER = 13;
    public const int SO_BSDCOMPAT = 14;
    public const int SO_REUSEPORT = 15;
    public const int SO_PASSCRED = 16;
    public const int SO_PEERCRED = 17;
    public const int SO_RCVLOWAT = 18;
    public const int SO_SNDLOWAT = 19;
    public const int SO_RCVTIMEO = 20;
    public const int SO_SNDTIMEO = 21;
    public const int SO_DETACH_FILTER = 27;
    public const int SO_PEERNAME = 28;
    public const int SO_TIMESTAMP = 29;
    public const int SO_ACCEPTCONN = 30;
    public const int SO_PEERSEC = 31;
    public const int SO_SNDBUFFORCE = 32;
    public const int SO_RCVBUFFORCE = 33;
    public const int SO_PASSSEC = 34;
    public const int SO_TIMESTAMPNS = 35;
    public const int SO_MARK = 36;
    public const int SO_PROTOCOL = 38;
    public const int SO_DOMAIN = 39;
    public const int SO_RXQ_OVFL = 40;
    public const int SO_PEEK_OFF = 42;
    public const int SO_NOFCS = 43;
    public const int SO_SELECT_ERR_QUEUE = 45;
    public const int SO_COOKIE = 57;
    public const int SO_PEERGROUPS = 59;
    public const int SO_RCVTIMEO_NEW = 66;
    public const int SO_SNDTIMEO_NEW = 67;
    public const int SO_PASSPIDFD = 76;
    public const int SO_PEERPIDFD = 77;
    public const int SO_PASSRIGHTS = 83;
}

/// <summary>The kernel's view of sendmsg's and recvmsg's argument (its <c>struct user_msghdr</c>).</summary>
public struct msghdr
{
    public ulong msg_name;
    public int msg_namelen;
    public ulong msg_iov;
    public ulong msg_iovlen;
    public ulong msg_control;
    public ulong msg_controllen;
    public uint msg_flags;
}

/// <summary>One element of sendmmsg and recvmmsg.</summary>
public struct mmsghdr
{
    public msghdr msg_hdr;
    public uint msg_len;
}

/// <summary>Before each piece of control data.</summary>
public struct cmsghdr
{
    public ulong cmsg_len;
    public int cmsg_level;
    public int cmsg_type;
}

/// <summary>SCM_CREDENTIALS, SO_PEERCRED.</summary>
public struct ucred
{
    public int pid;
    public uint uid;
    public uint gid;
}

/// <summary>SO_LINGER.</summary>
public struct linger
{
    public int l_onoff;
    public int l_linger;
}
