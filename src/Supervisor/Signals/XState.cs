using System;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

using UmlHost.Host;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Signals;

/// <summary>The xsave area in a signal frame. It differs from ptrace's in what software keeps in the FXSAVE image's
/// unused bytes, and has no room for what a program must ask for first (AMX tiles).</summary>
internal sealed unsafe class XState
{
    private const ulong FpAndSse = 3;
    private const int PkruFeature = 9;
    private const ulong Pkru = 1UL << PkruFeature;
    private const ulong DynamicFeatures = 1UL << 18;
    private const int MxcsrOffset = 24;
    private const ushort InitialControlWord = 0x37f;
    private const uint InitialMxcsr = 0x1f80;

    /// <summary>All protection keys but key 0 closed: what Linux starts a program with.</summary>
    private const uint InitialPkru = 0x55555554;

    private const int XStateLeaf = 0xd;

    private static XState? s_host;

    private readonly ulong _features;
    private readonly int _pkruOffset;

    private XState(ulong features)
    {
        _features = features;
        _pkruOffset = X86Base.CpuId(XStateLeaf, PkruFeature).Ebx;
        UserSize = SizeOf(features);
    }

    /// <summary>Bytes of the area, without the number behind it.</summary>
    public int UserSize { get; }

    /// <summary>Room for ptrace's image, and for a frame's with the number behind it.</summary>
    public static int BufferSize(IHostThread host) => host.FpStateSize + sizeof(ulong);

    /// <summary>That of this host.</summary>
    public static XState Of(IHostThread host) => s_host ?? Learn(host);

    /// <summary>Makes of ptrace's image a frame's, with the number behind it.</summary>
    public void ToFrame(Span<byte> image)
    {
        // The bytes of other features stay behind UserSize; legacy programs rely on the two bits.
        ref ulong present = ref Header(image);
        present = (present & _features) | FpAndSse;
        Software(image) = new _fpx_sw_bytes
        {
            magic1 = FP_XSTATE_MAGIC1,
            extended_size = (uint)(UserSize + FP_XSTATE_MAGIC2_SIZE),
            xfeatures = _features,
            xstate_size = (uint)UserSize,
        };
        BinaryPrimitives.WriteInt32LittleEndian(image[UserSize..], FP_XSTATE_MAGIC2);
    }

    /// <summary>The size that a frame's area says it has, where the number behind it is; 0 if it does not say so,
    /// or what cannot be.</summary>
    public int AreaSize(Span<byte> image)
    {
        _fpx_sw_bytes software = Software(image);
        return software.magic1 == FP_XSTATE_MAGIC1 && software.xstate_size >= USER_XSAVE_MIN_SIZE
            && software.xstate_size <= UserSize && software.xstate_size <= software.extended_size
            ? (int)software.xstate_size
            : 0;
    }

    /// <summary>Makes of a frame's area what ptrace takes. Features that are not in it go to their initial state.
    /// </summary>
    /// <param name="size">Of the area; 0 for an FXSAVE image alone.</param>
    public void FromFrame(Span<byte> image, int size)
    {
        ref ulong present = ref Header(image);
        present = size == 0 ? FpAndSse : present;
        ulong wanted = size == 0 ? FpAndSse : Software(image).xfeatures;

        // Bits that the processor does not know stay, to be refused.
        present &= wanted | ~_features;
        if ((present & Pkru) == 0)
        {
            SetPkru(image);
        }
    }

    /// <summary>The state that a program starts with.</summary>
    public void Initial(Span<byte> image)
    {
        image.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(image, InitialControlWord);
        BinaryPrimitives.WriteUInt32LittleEndian(image[MxcsrOffset..], InitialMxcsr);
        Header(image) = FpAndSse;
        SetPkru(image);
    }

    private static ref ulong Header(Span<byte> image) => ref MemoryMarshal.AsRef<ulong>(image[USER_XSAVE_HEADER_OFFSET..]);

    private static ref _fpx_sw_bytes Software(Span<byte> image) => ref MemoryMarshal.AsRef<_fpx_sw_bytes>(image[USER_XSTATE_XCR0_OFFSET..]);

    /// <summary>The host kernel leaves what it uses of the processor's features (XCR0) in the image.</summary>
    private static XState Learn(IHostThread host)
    {
        Span<byte> image = stackalloc byte[BufferSize(host)];
        host.GetFpState(image);
        ulong features = MemoryMarshal.Read<ulong>(image[USER_XSTATE_XCR0_OFFSET..]);
        return s_host = new XState(features & ~DynamicFeatures);
    }

    private static int SizeOf(ulong features)
    {
        int size = USER_XSAVE_MIN_SIZE;
        for (ulong rest = features & ~FpAndSse; rest != 0; rest &= rest - 1)
        {
            (int length, int offset, _, _) = X86Base.CpuId(XStateLeaf, BitOperations.TrailingZeroCount(rest));
            size = Math.Max(size, offset + length);
        }

        return size;
    }

    private void SetPkru(Span<byte> image)
    {
        if ((_features & Pkru) != 0)
        {
            Header(image) |= Pkru;
            BinaryPrimitives.WriteUInt32LittleEndian(image[_pkruOffset..], InitialPkru);
        }
    }
}
