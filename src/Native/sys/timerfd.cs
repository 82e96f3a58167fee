namespace UmlHost.Native;

/// <summary><c>sys/timerfd.h</c>.</summary>
public static partial class Linux
{
    public const int TFD_NONBLOCK = 0x800;
    public const int TFD_CLOEXEC = 0x80000;
    public const int TFD_TIMER_ABSTIME = 0x1;
    public const int TFD_TIMER_CANCEL_ON_SET = 0x2;
}
