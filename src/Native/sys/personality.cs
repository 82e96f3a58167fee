namespace UmlHost.Native;

/// <summary><c>sys/personality.h</c>.</summary>
public static partial class Linux
{
    public const uint UNAME26 = 0x0020000;
    public const uint ADDR_NO_RANDOMIZE = 0x0040000;
    public const uint READ_IMPLIES_EXEC = 0x0400000;
    public const uint PER_LINUX = 0;
    public const uint PER_LINUX32 = 8;
    public const uint PER_MASK = 0xff;
}
