namespace UmlHost.Native;

/// <summary><c>elf.h</c> and <c>linux/auxvec.h</c>: ELF files, the auxiliary vector.</summary>
public static partial class Linux
{
    // auxiliary vector
    public const int AT_NULL = 0;
    public const int AT_IGNORE = 1;
    public const int AT_EXECFD = 2;
    public const int AT_PHDR = 3;
    public const int AT_PHENT = 4;
    public const int AT_PHNUM = 5;
    public const int AT_PAGESZ = 6;
    public const int AT_BASE = 7;
    public const int AT_FLAGS = 8;
    public const int AT_ENTRY = 9;
    public const int AT_NOTELF = 10;
    public const int AT_UID = 11;
    public const int AT_EUID = 12;
    public const int AT_GID = 13;
    public const int AT_EGID = 14;
    public const int AT_PLATFORM = 15;
    public const int AT_HWCAP = 16;
    public const int AT_CLKTCK = 17;
    public const int AT_SECURE = 23;
    public const int AT_BASE_PLATFORM = 24;
    public const int AT_RANDOM = 25;
    public const int AT_HWCAP2 = 26;
    public const int AT_RSEQ_FEATURE_SIZE = 27;
    public const int AT_RSEQ_ALIGN = 28;
    public const int AT_EXECFN = 31;
    public const int AT_SYSINFO = 32;
    public const int AT_SYSINFO_EHDR = 33;
    public const int AT_MINSIGSTKSZ = 51;

    // e_ident
    public const int EI_MAG0 = 0;
    public const int EI_MAG1 = 1;
    public const int EI_MAG2 = 2;
    public const int EI_MAG3 = 3;
    public const int EI_CLASS = 4;
    public const int EI_DATA = 5;
    public const int EI_VERSION = 6;
    public const int EI_OSABI = 7;
    public const int EI_ABIVERSION = 8;
    public const int EI_NIDENT = 16;
    public const int ELFCLASSNONE = 0;
    public const int ELFCLASS32 = 1;
    public const int ELFCLASS64 = 2;
    public const int ELFDATA2LSB = 1;
    public const int ELFDATA2MSB = 2;
    public const int EV_CURRENT = 1;
    public const int ELFOSABI_NONE = 0;
    public const int ELFOSABI_LINUX = 3;

    // the first four bytes, read as a little-endian word
    public const int ELFMAG_WORD = 0x464c457f;

    public const int ET_NONE = 0;
    public const int ET_REL = 1;
    public const int ET_EXEC = 2;
    public const int ET_DYN = 3;
    public const int ET_CORE = 4;
    public const int EM_386 = 3;
    public const int EM_ARM = 40;
    public const int EM_X86_64 = 62;
    public const int EM_AARCH64 = 183;
    public const int EM_RISCV = 243;

    public const int PT_NULL = 0;
    public const int PT_LOAD = 1;
    public const int PT_DYNAMIC = 2;
    public const int PT_INTERP = 3;
    public const int PT_NOTE = 4;
    public const int PT_SHLIB = 5;
    public const int PT_PHDR = 6;
    public const int PT_TLS = 7;

    public const int PT_GNU_EH_FRAME = 0x6474e550;
    public const int PT_GNU_STACK = 0x6474e551;
    public const int PT_GNU_RELRO = 0x6474e552;
    public const int PT_GNU_PROPERTY = 0x6474e553;
    public const int PF_X = 0x1;
    public const int PF_W = 0x2;
    public const int PF_R = 0x4;

    public const int PN_XNUM = 0xffff;

    public const int SHT_NULL = 0;
    public const int SHT_PROGBITS = 1;
    public const int SHT_SYMTAB = 2;
    public const int SHT_STRTAB = 3;
    public const int SHT_NOTE = 7;
    public const int SHT_NOBITS = 8;
    public const int SHT_DYNSYM = 11;
    public const int DT_NULL = 0;
    public const int DT_HASH = 4;
    public const int DT_STRTAB = 5;
    public const int DT_SYMTAB = 6;
    public const int DT_GNU_HASH = 0x6ffffef5;
    public const int STT_NOTYPE = 0;
    public const int STT_OBJECT = 1;
    public const int STT_FUNC = 2;
    public const int STB_LOCAL = 0;
    public const int STB_GLOBAL = 1;
    public const int STB_WEAK = 2;
}

public unsafe struct Elf64_Ehdr
{
    public fixed byte e_ident[16];
    public ushort e_type;
    public ushort e_machine;
    public uint e_version;
    public ulong e_entry;
    public ulong e_phoff;
    public ulong e_shoff;
    public uint e_flags;
    public ushort e_ehsize;
    public ushort e_phentsize;
    public ushort e_phnum;
    public ushort e_shentsize;
    public ushort e_shnum;
    public ushort e_shstrndx;
}

public struct Elf64_Phdr
{
    public uint p_type;
    public uint p_flags;
    public ulong p_offset;
    public ulong p_vaddr;
    public ulong p_paddr;
    public ulong p_filesz;
    public ulong p_memsz;
    public ulong p_align;
}

public struct Elf64_Shdr
{
    public uint sh_name;
    public uint sh_type;
    public ulong sh_flags;
    public ulong sh_addr;
    public ulong sh_offset;
    public ulong sh_size;
    public uint sh_link;
    public uint sh_info;
    public ulong sh_addralign;
    public ulong sh_entsize;
}

public struct Elf64_Sym
{
    public uint st_name;
    public byte st_info;
    public byte st_other;
    public ushort st_shndx;
    public ulong st_value;
    public ulong st_size;
}

public struct Elf64_Nhdr
{
    public uint n_namesz;
    public uint n_descsz;
    public uint n_type;
}

/// <summary>One entry of the auxiliary vector.</summary>
public struct Elf64_auxv_t
{
    public ulong a_type;
    public ulong a_val;
}
