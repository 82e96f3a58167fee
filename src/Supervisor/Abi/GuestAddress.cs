using System;
using System.Globalization;

namespace UmlHost.Abi;

/// <summary>An address in a guest address space, in bytes. A type of its own so that it can never be mistaken
/// for a supervisor pointer, a frame number or a length.</summary>
internal readonly record struct GuestAddress(ulong Value) : IComparable<GuestAddress>
{
    public const int PageShift = 12;
    public const ulong PageSize = 1UL << PageShift;
    public const ulong PageMask = ~(PageSize - 1);

    /// <summary>One past the highest address a guest may map (Linux's TASK_SIZE on x86_64).</summary>
    public static readonly GuestAddress TaskSize = new(0x7fff_ffff_f000);

    public static GuestAddress Null => default;

    public bool IsNull => Value == 0;

    public bool IsPageAligned => (Value & ~PageMask) == 0;

    public GuestAddress PageDown => new(Value & PageMask);

    /// <summary>Rounded up to a page; wraps to zero at the top of the address range, as in Linux.</summary>
    public GuestAddress PageUp => new((Value + PageSize - 1) & PageMask);

    public ulong PageOffset => Value & ~PageMask;

    public static GuestAddress operator +(GuestAddress a, ulong bytes) => new(a.Value + bytes);

    public static GuestAddress operator -(GuestAddress a, ulong bytes) => new(a.Value - bytes);

    public static ulong operator -(GuestAddress a, GuestAddress b) => a.Value - b.Value;

    public static bool operator <(GuestAddress a, GuestAddress b) => a.Value < b.Value;

    public static bool operator >(GuestAddress a, GuestAddress b) => a.Value > b.Value;

    public static bool operator <=(GuestAddress a, GuestAddress b) => a.Value <= b.Value;

    public static bool operator >=(GuestAddress a, GuestAddress b) => a.Value >= b.Value;

    public int CompareTo(GuestAddress other) => Value.CompareTo(other.Value);

    public override string ToString() => "0x" + Value.ToString("x", CultureInfo.InvariantCulture);
}
