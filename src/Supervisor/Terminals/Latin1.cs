namespace UmlHost.Terminals;

/// <summary>Bytes as letters, the way Linux's terminals take them whatever the encoding is.</summary>
internal static class Latin1
{
    public static bool IsControl(byte c) => c < ' ' || c == 0x7f;

    public static bool IsAlphanumeric(byte c) => c is >= (byte)'0' and <= (byte)'9' || IsUpper(c) || IsLower(c);

    public static byte ToLower(byte c) => IsUpper(c) ? (byte)(c + 0x20) : c;

    public static byte ToUpper(byte c) => IsLower(c) ? (byte)(c - 0x20) : c;

    private static bool IsUpper(byte c) => c is (>= (byte)'A' and <= (byte)'Z') or (>= 0xc0 and <= 0xde and not 0xd7);

    private static bool IsLower(byte c) => c is (>= (byte)'a' and <= (byte)'z') or (>= 0xdf and not 0xf7);
}
