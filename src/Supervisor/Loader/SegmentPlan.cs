using System;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;

using UmlHost.Abi;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Loader;

/// <summary>What is done to memory for a part of a segment.</summary>
internal enum SegmentAction
{
    /// <summary>A private mapping of the file.</summary>
    MapFile,

    /// <summary>Anonymous zero pages (bss).</summary>
    MapAnonymous,

    /// <summary>Zeros after the file's bytes in their last page (start of bss).</summary>
    Clear,
}

/// <summary>One step of mapping a program. Mappings are whole pages; a later one replaces an earlier one.</summary>
internal readonly record struct SegmentStep(SegmentAction Action, GuestAddress Start, ulong Length, int Protection, ulong FileOffset);

/// <summary>What the planning has to respect, besides the image.</summary>
/// <param name="ReservedStart">The range that no guest mapping may touch (the stub pages).</param>
/// <param name="ReservedEnd">One past it.</param>
/// <param name="MemoryLimit">Bytes of memory that the guest may have; 0 for no limit.</param>
internal readonly record struct SegmentLimits(GuestAddress ReservedStart, GuestAddress ReservedEnd, ulong MemoryLimit);

/// <summary>The addresses that all PT_LOAD segments of an image span, without a bias.</summary>
/// <param name="Low">The lowest, rounded down to <paramref name="Alignment"/> for a position-independent image
/// and to a page otherwise.</param>
/// <param name="High">One past the highest, rounded up to a page.</param>
/// <param name="Alignment">The largest valid p_align, at least a page.</param>
internal readonly record struct SegmentSpan(ulong Low, ulong High, ulong Alignment)
{
    public ulong Length => High - Low;

    /// <summary>Checks every segment's addresses and finds the span. Errors are fatal ones, as in Linux.</summary>
    public static bool TryMeasure(ElfImage image, string path, out SegmentSpan span, [NotNullWhen(false)] out LoadError? error)
    {
        ulong low = ulong.MaxValue;
        ulong high = 0;
        ulong alignment = GuestAddress.PageSize;
        ulong taskSize = GuestAddress.TaskSize.Value;
        span = default;
        error = null;
        foreach (ProgramHeader segment in image.ProgramHeaders)
        {
            if (segment.Type != PT_LOAD)
            {
                continue;
            }

            ulong start = segment.VirtualAddress;
            if (segment.FileSize > segment.MemorySize)
            {
                error = Invalid(path, $"segment at 0x{start:x} has more bytes in the file (0x{segment.FileSize:x}) than in memory (0x{segment.MemorySize:x})");
                return false;
            }

            if (start + segment.MemorySize < start)
            {
                error = Invalid(path, $"segment at 0x{start:x} of 0x{segment.MemorySize:x} bytes wraps around the top of the address space");
                return false;
            }

            if (start >= taskSize || segment.MemorySize > taskSize - start)
            {
                error = Invalid(path, $"segment at 0x{start:x} of 0x{segment.MemorySize:x} bytes lies above the top of the address space (0x{taskSize:x})");
                return false;
            }

            low = Math.Min(low, start & GuestAddress.PageMask);
            high = Math.Max(high, new GuestAddress(start + segment.MemorySize).PageUp.Value);
            if (BitOperations.IsPow2(segment.Alignment) && segment.Alignment <= taskSize)
            {
                alignment = Math.Max(alignment, segment.Alignment);
            }
        }

        if (high <= low)
        {
            error = Invalid(path, $"no PT_LOAD segment with memory: nothing to run");
            return false;
        }

        span = new SegmentSpan(image.IsPositionIndependent ? low & ~(alignment - 1) : low, high, alignment);
        return true;
    }

    internal static LoadError Invalid(string path, FormattableString message, Errno errno = Errno.EINVAL) =>
        new(errno, path, message.ToString(CultureInfo.InvariantCulture), IsFatal: true);
}

/// <summary>How one image is mapped at one bias: a pure computation that <see cref="BinaryProgram"/> applies.</summary>
internal sealed class SegmentPlan
{
    private SegmentPlan(ulong bias, ImmutableArray<SegmentStep> steps)
    {
        Bias = bias;
        Steps = steps;
    }

    /// <summary>What is added to the image's addresses, modulo 2^64.</summary>
    public ulong Bias { get; }

    public ImmutableArray<SegmentStep> Steps { get; }

    public GuestAddress Entry { get; private init; }

    /// <summary>Where the program header table is in memory (AT_PHDR); the bias where no segment has it.</summary>
    public GuestAddress ProgramHeaders { get; private init; }

    /// <summary>End of bss, rounded up to a page.</summary>
    public GuestAddress Break { get; private init; }

    public GuestAddress StartCode { get; private init; }

    public GuestAddress EndCode { get; private init; }

    public GuestAddress StartData { get; private init; }

    public GuestAddress EndData { get; private init; }

    /// <summary>Plans <paramref name="image"/> so that its span starts at <paramref name="start"/>; for an
    /// image with fixed addresses that is <c>span.Low</c>. Errors are fatal ones: Linux meets them while it maps.</summary>
    public static bool TryCreate(ElfImage image, in SegmentSpan span, GuestAddress start, in SegmentLimits limits, string path, [NotNullWhen(true)] out SegmentPlan? plan, [NotNullWhen(false)] out LoadError? error)
    {
        plan = null;
        ulong bias = start.Value - span.Low;
        if (start >= GuestAddress.TaskSize || span.Length > GuestAddress.TaskSize - start)
        {
            error = SegmentSpan.Invalid(path, $"the program's 0x{span.Length:x} bytes do not fit at {start}", Errno.ENOMEM);
            return false;
        }

        ImmutableArray<SegmentStep>.Builder steps = ImmutableArray.CreateBuilder<SegmentStep>();
        ulong anonymous = 0;
        ulong headers = 0;
        ulong startCode = ulong.MaxValue, endCode = 0, startData = 0, endData = 0, end = 0;
        foreach (ProgramHeader segment in image.ProgramHeaders)
        {
            if (segment.Type != PT_LOAD)
            {
                continue;
            }

            if (!TryAddSegment(segment, bias, limits, path, steps, ref anonymous, out error))
            {
                return false;
            }

            ulong address = segment.VirtualAddress;
            if (image.ProgramHeaderOffset - segment.Offset < segment.FileSize)
            {
                headers = image.ProgramHeaderOffset - segment.Offset + address;
            }

            if ((segment.Flags & PF_X) != 0)
            {
                startCode = Math.Min(startCode, address);
                endCode = Math.Max(endCode, address + segment.FileSize);
            }

            startData = Math.Max(startData, address);
            endData = Math.Max(endData, address + segment.FileSize);
            end = Math.Max(end, address + segment.MemorySize);
        }

        GuestAddress entry = new(image.Entry + bias);
        if (entry >= GuestAddress.TaskSize)
        {
            error = SegmentSpan.Invalid(path, $"the entry point {entry} is outside the address space");
            return false;
        }

        if (limits.MemoryLimit != 0 && anonymous > limits.MemoryLimit)
        {
            error = SegmentSpan.Invalid(path, $"bss too large for the memory limit: {anonymous} bytes, the limit is {limits.MemoryLimit}", Errno.ENOMEM);
            return false;
        }

        plan = new SegmentPlan(bias, steps.ToImmutable())
        {
            Entry = entry,
            ProgramHeaders = new GuestAddress(headers + bias),
            Break = new GuestAddress(end + bias).PageUp,
            StartCode = new GuestAddress(startCode == ulong.MaxValue ? 0 : startCode + bias),
            EndCode = new GuestAddress(startCode == ulong.MaxValue ? 0 : endCode + bias),
            StartData = new GuestAddress(startData + bias),
            EndData = new GuestAddress(endData + bias),
        };
        error = null;
        return true;
    }

    private static bool TryAddSegment(in ProgramHeader segment, ulong bias, in SegmentLimits limits, string path, ImmutableArray<SegmentStep>.Builder steps, ref ulong anonymous, [NotNullWhen(false)] out LoadError? error)
    {
        error = null;
        if (segment.MemorySize == 0)
        {
            return true;
        }

        GuestAddress start = new(segment.VirtualAddress + bias);
        GuestAddress fileEnd = start + segment.FileSize;
        GuestAddress end = start + segment.MemorySize;
        if (start.PageDown < limits.ReservedEnd && end.PageUp > limits.ReservedStart)
        {
            error = SegmentSpan.Invalid(path, $"segment at {start} overlaps the range that UmlHost reserves ({limits.ReservedStart}-{limits.ReservedEnd})", Errno.EEXIST);
            return false;
        }

        int protection = Protection(segment.Flags);
        GuestAddress zeroStart = start.PageDown;
        if (segment.FileSize != 0)
        {
            ulong length = fileEnd.PageUp - start.PageDown;
            if (((segment.Offset ^ segment.VirtualAddress) & ~GuestAddress.PageMask) != 0)
            {
                error = SegmentSpan.Invalid(path, $"segment at {start}: its file offset 0x{segment.Offset:x} and its address differ within the page");
                return false;
            }

            ulong offset = segment.Offset & GuestAddress.PageMask;
            if (offset > long.MaxValue - length)
            {
                error = SegmentSpan.Invalid(path, $"segment at {start}: no file has an offset 0x{segment.Offset:x}");
                return false;
            }

            steps.Add(new SegmentStep(SegmentAction.MapFile, start.PageDown, length, protection, offset));
            zeroStart = fileEnd.PageUp;

            // Linux clears to the end of the page, beyond p_memsz, and only where the segment can be written.
            if (segment.MemorySize > segment.FileSize && (protection & PROT_WRITE) != 0 && zeroStart > fileEnd)
            {
                steps.Add(new SegmentStep(SegmentAction.Clear, fileEnd, zeroStart - fileEnd, protection, 0));
            }
        }

        if (segment.MemorySize > segment.FileSize && end.PageUp > zeroStart)
        {
            // bss can be read and written whatever the segment says.
            ulong length = end.PageUp - zeroStart;
            anonymous += length;
            steps.Add(new SegmentStep(SegmentAction.MapAnonymous, zeroStart, length, PROT_READ | PROT_WRITE | (protection & PROT_EXEC), 0));
        }

        return true;
    }

    private static int Protection(uint flags) =>
        ((flags & PF_R) != 0 ? PROT_READ : 0) | ((flags & PF_W) != 0 ? PROT_WRITE : 0) | ((flags & PF_X) != 0 ? PROT_EXEC : 0);
}
