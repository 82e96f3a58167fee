namespace UmlHost.Native;

/// <summary>What a host call returned, in the kernel's own form: a value, or the negated errno of that same
/// call. No thread state to read afterwards, so nothing can come between the call and its error.</summary>
/// <param name="Raw">The value, or -4095..-1 for an error.</param>
public readonly record struct Result(long Raw)
{
    public bool Failed => (ulong)Raw > unchecked((ulong)-4096L);

    public Errno Error => Failed ? (Errno)(int)-Raw : Errno.None;

    public int Int => (int)Raw;

    public override string ToString() => Failed ? Error.ToString() : Raw.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
