using System;

namespace UmlHost.Loader;

/// <summary>What arguments and environment may take (E2BIG): strings and pointers together a quarter of the
/// stack limit, though at least 128 KiB and at most 6 MiB; one string 128 KiB.</summary>
internal struct ArgumentSpace
{
    /// <summary>MAX_ARG_STRLEN, the NUL included.</summary>
    private const int MaxString = 131072;

    private const ulong AtLeast = 131072;
    private const ulong AtMost = 6UL << 20;

    private ulong _left;

    /// <summary>Starts with the pointers taken off; false means E2BIG.</summary>
    public static bool TryCreate(ulong stackLimit, int argumentCount, int environmentCount, out ArgumentSpace space)
    {
        ulong limit = Math.Max(Math.Min(AtMost, stackLimit / 4), AtLeast);
        ulong pointers = ((ulong)Math.Max(argumentCount, 1) + (ulong)environmentCount) * sizeof(ulong);
        space = new ArgumentSpace { _left = limit > pointers ? limit - pointers : 0 };
        return limit > pointers;
    }

    /// <summary>Takes room for a string and its NUL; false means E2BIG.</summary>
    public bool TryTake(ReadOnlySpan<byte> text)
    {
        ulong size = (ulong)text.Length + 1;
        if (size > MaxString || size > _left)
        {
            return false;
        }

        _left -= size;
        return true;
    }

    /// <summary>Gives a taken string's room back.</summary>
    public void Return(ReadOnlySpan<byte> text) => _left += (ulong)text.Length + 1;
}
