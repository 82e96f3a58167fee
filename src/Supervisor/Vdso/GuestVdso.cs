using System;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

using UmlHost.Abi;
using UmlHost.Host;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Vdso;

/// <summary>The vDSO of all guests of a machine: two page caches, [vvar] and [vdso], whose pages every address space
/// shares until it writes to them.</summary>
internal sealed class GuestVdso : IDisposable
{
    private const int DataSize = (int)GuestAddress.PageSize;

    private readonly VdsoPages _data;
    private readonly VdsoPages _code;
    private readonly ulong _restorer;

    public GuestVdso()
    {
        VdsoImage image = VdsoImage.Load();
        byte[] data = new byte[DataSize];
        Fill(image, MemoryMarshal.Cast<byte, ulong>(data.AsSpan()));
        WriteSyscallMap(MemoryMarshal.Cast<byte, uint>(data.AsSpan(FunctionNames.Length * sizeof(ulong))));
        image.SetVersion(HostSystem.VersionCode());
        _data = new VdsoPages("[vvar]", data);
        _code = new VdsoPages("[vdso]", image.Bytes);
        _restorer = image.Symbol("__kernel_rt_sigreturn");
    }

    /// <summary>In the order of struct vdso_data.</summary>
    private static ReadOnlySpan<string> FunctionNames => new string[] { "clock_gettime", "clock_getres", "gettimeofday", "time" };

    /// <summary>Maps both into a new address space, where mmap finds room.</summary>
    /// <param name="vdso">Where the ELF header is (AT_SYSINFO_EHDR).</param>
    public Errno Map(MemoryMap memory, out GuestAddress vdso)
    {
        // A mapping of the whole finds the place; nobody can take it before the two do.
        vdso = default;
        ulong size = DataSize + _code.Size;
        SyscallResult place = memory.Map(GuestAddress.Null, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, null, 0);
        if (place.Failed)
        {
            return place.Error;
        }

        GuestAddress data = new((ulong)place.Raw);
        SyscallResult mapped = memory.Map(data, DataSize, PROT_READ, MAP_PRIVATE | MAP_FIXED, _data, 0, VmaFlags.DenyWrite | VmaFlags.DontDump);
        if (!mapped.Failed)
        {
            vdso = data + DataSize;
            mapped = memory.Map(vdso, _code.Size, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, _code, 0);
        }

        return mapped.Failed ? mapped.Error : Errno.None;
    }

    /// <summary>Where handlers without a restorer of their own return to; null if the guest has unmapped it.</summary>
    public GuestAddress Restorer(MemoryMap memory)
    {
        GuestAddress vdso = memory.AddressOf(_code);
        return vdso.IsNull ? vdso : vdso + _restorer;
    }

    public void Dispose()
    {
        _data.Dispose();
        _code.Dispose();
    }

    private static void Fill(VdsoImage image, Span<ulong> functions)
    {
        for (int i = 0; i < FunctionNames.Length; i++)
        {
            string name = FunctionNames[i];
            functions[i] = HostVdso.Function(System.Text.Encoding.ASCII.GetBytes("__vdso_" + name));
            image.Select(name, functions[i] != 0 ? "host" : "syscall");
        }

        image.Select("getcpu", HasRdpid ? "rdpid" : "lsl");
    }

    private static bool HasRdpid
    {
        get
        {
            const int ExtendedFeatures = 7;
            const int Rdpid = 1 << 22;
            return X86Base.CpuId(0, 0).Eax >= ExtendedFeatures && (X86Base.CpuId(ExtendedFeatures, 0).Ecx & Rdpid) != 0;
        }
    }

    /// <summary>What <c>__kernel_get_syscall_map</c> gives: how many numbers there are, then bits, the highest first.
    /// </summary>
    private static void WriteSyscallMap(Span<uint> to)
    {
        to[0] = SyscallTable.Count;
        foreach (Syscall call in SyscallTable.All)
        {
            if (call.Support != Support.None)
            {
                to[1 + ((int)call.Number / 32)] |= BitOperations.RotateRight(0x8000_0000, (int)call.Number % 32);
            }
        }
    }

    /// <summary>Pages that come from the supervisor itself; /proc/self/maps shows the name in brackets.</summary>
    private sealed class VdsoPages(string name, byte[] content) : MappedFile, IDisposable
    {
        public override ulong Size => ((ulong)content.Length + GuestAddress.PageSize - 1) & GuestAddress.PageMask;

        public override ulong Device => 0;

        public override ulong Inode => 0;

        public override string Path => name;

        public override Result ReadAt(ulong offset, Span<byte> destination)
        {
            ReadOnlySpan<byte> rest = content.AsSpan((int)offset);
            rest = rest[..Math.Min(rest.Length, destination.Length)];
            rest.CopyTo(destination);
            return new Result(rest.Length);
        }

        public void Dispose() => ReleasePages();
    }
}
