namespace UmlHost.Native;

/// <summary><c>linux/capability.h</c>: what privilege is made of.</summary>
public static partial class Linux
{
    public const uint _LINUX_CAPABILITY_VERSION_3 = 0x20080522;

    public const int CAP_SYS_RESOURCE = 24;
}

public struct __user_cap_header_struct
{
    public uint version;
    public int pid;
}

public struct __user_cap_data_struct
{
    public uint effective;
    public uint permitted;
    public uint inheritable;
}

public static unsafe partial class LibC
{
    /// <summary>Version 3 fills two of <paramref name="data"/>: capabilities 0 to 31, then the rest.</summary>
    public static Result capget(__user_cap_header_struct* header, __user_cap_data_struct* data) => syscall(Linux.SYS_capget, (nint)header, (nint)data);
}
