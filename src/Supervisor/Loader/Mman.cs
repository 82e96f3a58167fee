namespace UmlHost.Loader;

/// <summary>The mmap bits that the loader uses (<c>asm-generic/mman.h</c>).</summary>
internal static class Mman
{
    public const int PROT_NONE = 0;
    public const int PROT_READ = 1;
    public const int PROT_WRITE = 2;
    public const int PROT_EXEC = 4;

    public const int MAP_PRIVATE = 0x02;
    public const int MAP_FIXED = 0x10;
    public const int MAP_ANONYMOUS = 0x20;
    public const int MAP_GROWSDOWN = 0x100;
    public const int MAP_NORESERVE = 0x4000;
    public const int MAP_STACK = 0x20000;
    public const int MAP_FIXED_NOREPLACE = 0x100000;
}
