namespace UmlHost.Trace;

// Names about sockets.
internal static partial class Symbols
{
    public static readonly SymbolTable SockDomain = SymbolTable.Values(
    [
        S(0, "AF_UNSPEC"), S(1, "AF_UNIX"), S(2, "AF_INET"), S(3, "AF_AX25"), S(4, "AF_IPX"), S(10, "AF_INET6"),
        S(16, "AF_NETLINK"), S(17, "AF_PACKET"), S(38, "AF_ALG"), S(40, "AF_VSOCK"),
    ]);

    public static readonly SymbolTable SockFlags = SymbolTable.Flags(
    [
        S(0x80000, "SOCK_CLOEXEC"), S(0x800, "SOCK_NONBLOCK"),
    ]);

    public static readonly SymbolTable SockLevel = SymbolTable.Values(
    [
        S(0, "IPPROTO_IP"), S(1, "SOL_SOCKET"), S(6, "IPPROTO_TCP"), S(17, "IPPROTO_UDP"), S(41, "IPPROTO_IPV6"),
    ]);

    public static readonly SymbolTable MsgFlags = SymbolTable.Flags(
    [
        S(1, "MSG_OOB"), S(2, "MSG_PEEK"), S(4, "MSG_DONTROUTE"), S(8, "MSG_CTRUNC"), S(32, "MSG_TRUNC"),
        S(64, "MSG_DONTWAIT"), S(0x80, "MSG_EOR"), S(0x100, "MSG_WAITALL"), S(0x800, "MSG_CONFIRM"),
        S(0x2000, "MSG_ERRQUEUE"), S(0x4000, "MSG_NOSIGNAL"), S(0x8000, "MSG_MORE"), S(0x10000, "MSG_WAITFORONE"),
        S(0x20000000, "MSG_FASTOPEN"), S(0x40000000, "MSG_CMSG_CLOEXEC"),
    ]);

    public static readonly SymbolTable ShutdownHow = SymbolTable.Values(
    [
        S(0, "SHUT_RD"), S(1, "SHUT_WR"), S(2, "SHUT_RDWR"),
    ]);

    public static readonly SymbolTable SocketType = SymbolTable.Values(
    [
        S(1, "SOCK_STREAM"), S(2, "SOCK_DGRAM"), S(3, "SOCK_RAW"), S(4, "SOCK_RDM"), S(5, "SOCK_SEQPACKET"),
        S(10, "SOCK_PACKET"),
    ]);

    public static readonly SymbolTable Protocol = SymbolTable.Values(
    [
        S(0, "IPPROTO_IP"), S(1, "IPPROTO_ICMP"), S(6, "IPPROTO_TCP"), S(17, "IPPROTO_UDP"), S(41, "IPPROTO_IPV6"),
        S(58, "IPPROTO_ICMPV6"), S(0xff, "IPPROTO_RAW"),
    ]);

    public static readonly SymbolTable SocketOption = SymbolTable.Values(
    [
        S(1, "SO_DEBUG"), S(2, "SO_REUSEADDR"), S(3, "SO_TYPE"), S(4, "SO_ERROR"), S(5, "SO_DONTROUTE"),
        S(6, "SO_BROADCAST"), S(7, "SO_SNDBUF"), S(8, "SO_RCVBUF"), S(9, "SO_KEEPALIVE"), S(10, "SO_OOBINLINE"),
        S(12, "SO_PRIORITY"), S(13, "SO_LINGER"), S(15, "SO_REUSEPORT"), S(16, "SO_PASSCRED"), S(17, "SO_PEERCRED"),
        S(18, "SO_RCVLOWAT"), S(19, "SO_SNDLOWAT"), S(20, "SO_RCVTIMEO"), S(21, "SO_SNDTIMEO"),
        S(25, "SO_BINDTODEVICE"), S(26, "SO_ATTACH_FILTER"), S(28, "SO_PEERNAME"), S(29, "SO_TIMESTAMP"),
        S(30, "SO_ACCEPTCONN"), S(31, "SO_PEERSEC"), S(32, "SO_SNDBUFFORCE"), S(33, "SO_RCVBUFFORCE"),
        S(36, "SO_MARK"), S(38, "SO_PROTOCOL"), S(39, "SO_DOMAIN"),
    ]);

    public static readonly SymbolTable TcpOption = SymbolTable.Values(
    [
        S(1, "TCP_NODELAY"), S(2, "TCP_MAXSEG"), S(3, "TCP_CORK"), S(4, "TCP_KEEPIDLE"), S(5, "TCP_KEEPINTVL"),
        S(6, "TCP_KEEPCNT"), S(7, "TCP_SYNCNT"), S(8, "TCP_LINGER2"), S(9, "TCP_DEFER_ACCEPT"),
        S(10, "TCP_WINDOW_CLAMP"), S(11, "TCP_INFO"), S(12, "TCP_QUICKACK"), S(13, "TCP_CONGESTION"),
        S(18, "TCP_USER_TIMEOUT"), S(23, "TCP_FASTOPEN"),
    ]);
}
