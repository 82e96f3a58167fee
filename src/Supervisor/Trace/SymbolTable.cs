using System.Globalization;
using System.Text;

namespace UmlHost.Trace;

/// <summary>A constant and its name.</summary>
internal readonly record struct Symbol(long Value, string Name);

/// <summary>The names that a number can have: of its bits together, or of the number as a whole.</summary>
internal sealed class SymbolTable
{
    private readonly Symbol[] _symbols;
    private readonly bool _flags;

    private SymbolTable(Symbol[] symbols, bool flags)
    {
        _symbols = symbols;
        _flags = flags;
    }

    public static SymbolTable Flags(Symbol[] symbols) => new(symbols, flags: true);

    public static SymbolTable Values(Symbol[] symbols) => new(symbols, flags: false);

    public bool IsFlags => _flags;

    public string? NameOf(long value)
    {
        foreach (Symbol symbol in _symbols)
        {
            if (symbol.Value == value)
            {
                return symbol.Name;
            }
        }

        return null;
    }

    /// <summary>Adds the names for <paramref name="value"/>; bits or a value without a name as a hexadecimal
    /// number.</summary>
    public void Append(StringBuilder text, long value)
    {
        if (NameOf(value) is { } name)
        {
            text.Append(name);
        }
        else if (_flags)
        {
            AppendFlags(text, value);
        }
        else
        {
            Number(text, value);
        }
    }

    /// <summary>As <see cref="Append"/>, after names that are there already: with a bar before it, and nothing
    /// for zero.</summary>
    public void AppendMore(StringBuilder text, long value)
    {
        if (value != 0)
        {
            text.Append('|');
            Append(text, value);
        }
    }

    private static void Number(StringBuilder text, long value) =>
        text.Append(CultureInfo.InvariantCulture, $"0x{value:x}");

    private void AppendFlags(StringBuilder text, long value)
    {
        int start = text.Length;
        long rest = value;
        foreach (Symbol symbol in _symbols)
        {
            if (symbol.Value != 0 && (rest & symbol.Value) == symbol.Value)
            {
                text.Append(text.Length > start ? "|" : "").Append(symbol.Name);
                rest &= ~symbol.Value;
            }
        }

        if (text.Length == start && rest == 0)
        {
            text.Append('0');
        }
        else if (rest != 0)
        {
            text.Append(text.Length > start ? "|" : "");
            Number(text, rest);
        }
    }
}
