namespace UmlHost.Native;

/// <summary><c>mqueue.h</c>: what mq_open and mq_getsetattr take.</summary>
public unsafe struct mq_attr
{
    public long mq_flags;
    public long mq_maxmsg;
    public long mq_msgsize;
    public long mq_curmsgs;
    public fixed long __opaque[4];
}
