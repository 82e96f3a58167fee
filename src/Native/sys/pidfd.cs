namespace UmlHost.Native;

/// <summary><c>sys/pidfd.h</c> and <c>linux/pidfd.h</c>.</summary>
public static partial class Linux
{
    public const int PIDFD_NONBLOCK = O_NONBLOCK;
    public const uint PIDFD_SIGNAL_THREAD = 1;
    public const uint PIDFD_SIGNAL_THREAD_GROUP = 2;
    public const uint PIDFD_SIGNAL_PROCESS_GROUP = 4;
}
