namespace UmlHost.Native;

/// <summary><c>asm/ldt.h</c>: modify_ldt.</summary>
public static partial class Linux
{
    public const int LDT_ENTRIES = 8192;
    public const int LDT_ENTRY_SIZE = 8;
    public const int MODIFY_LDT_CONTENTS_CODE = 2;
}

/// <summary>The bit fields are in <see cref="flags"/>.</summary>
public struct user_desc
{
    public const uint seg_32bit = 1;
    public const int contents_shift = 1;
    public const uint read_exec_only = 8;
    public const uint limit_in_pages = 0x10;
    public const uint seg_not_present = 0x20;
    public const uint useable = 0x40;
    public const uint lm = 0x80;

    public uint entry_number;
    public uint base_addr;
    public uint limit;
    public uint flags;
}
