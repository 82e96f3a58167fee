namespace UmlHost.Native;

/// <summary><c>sys/signalfd.h</c>.</summary>
public static partial class Linux
{
    public const int SFD_CLOEXEC = 0x80000;
    public const int SFD_NONBLOCK = 0x800;
}
