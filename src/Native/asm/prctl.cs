namespace UmlHost.Native;

/// <summary><c>asm/prctl.h</c>: arch_prctl.</summary>
public static partial class Linux
{
    public const int ARCH_SET_GS = 0x1001;
    public const int ARCH_SET_FS = 0x1002;
    public const int ARCH_GET_FS = 0x1003;
    public const int ARCH_GET_GS = 0x1004;
    public const int ARCH_GET_CPUID = 0x1011;
    public const int ARCH_SET_CPUID = 0x1012;
    public const int ARCH_GET_XCOMP_SUPP = 0x1021;
    public const int ARCH_GET_XCOMP_PERM = 0x1022;
    public const int ARCH_REQ_XCOMP_PERM = 0x1023;
    public const int ARCH_GET_XCOMP_GUEST_PERM = 0x1024;
    public const int ARCH_REQ_XCOMP_GUEST_PERM = 0x1025;
    public const int ARCH_XCOMP_TILECFG = 0x11;
    public const int ARCH_XCOMP_TILEDATA = 0x12;
    public const int ARCH_MAP_VDSO_X32 = 0x2001;
    public const int ARCH_MAP_VDSO_32 = 0x2002;
    public const int ARCH_MAP_VDSO_64 = 0x2003;
    public const int ARCH_GET_UNTAG_MASK = 0x4001;
    public const int ARCH_ENABLE_TAGGED_ADDR = 0x4002;
    public const int ARCH_GET_MAX_TAG_BITS = 0x4003;
    public const int ARCH_SHSTK_ENABLE = 0x5001;
    public const int ARCH_SHSTK_DISABLE = 0x5002;
    public const int ARCH_SHSTK_LOCK = 0x5003;
    public const int ARCH_SHSTK_UNLOCK = 0x5004;
    public const int ARCH_SHSTK_STATUS = 0x5005;
}
