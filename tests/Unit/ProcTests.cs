using System.Text;

using UmlHost.Fs;
using UmlHost.Proc;

using Xunit;

namespace UmlHost.Tests.Unit;

/// <summary>What the texts of /proc are made of.</summary>
public sealed class ProcTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("500\n", 500)]
    [InlineData(" -1000 ", -1000)]
    [InlineData("+7", 7)]
    [InlineData("0x10", 16)]
    [InlineData("-0x10", -16)]
    [InlineData("010", 8)]
    public void Numbers_are_read_as_the_kernel_does(string text, long value)
    {
        Assert.True(ProcessFiles.TryParse(Encoding.ASCII.GetBytes(text), out long parsed));
        Assert.Equal(value, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("ten")]
    [InlineData("1 2")]
    [InlineData("08")]
    [InlineData("0xg")]
    [InlineData("99999999999999999999")]
    public void What_is_no_number_is_refused(string text) => Assert.False(ProcessFiles.TryParse(Encoding.ASCII.GetBytes(text), out _));

    [Theory]
    [InlineData("1", 1)]
    [InlineData("4194303", 4194303)]
    [InlineData("0", 0)]
    public void An_id_is_a_plain_number(string name, int id)
    {
        Assert.True(ProcessNumbers.TryParse(Encoding.ASCII.GetBytes(name), out int parsed));
        Assert.Equal(id, parsed);
        Assert.Equal(name, Encoding.ASCII.GetString(ProcessNumbers.Name(id)));
    }

    [Theory]
    [InlineData("01")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1x")]
    [InlineData("")]
    [InlineData("4294967297")]
    public void Other_names_are_no_ids(string name) => Assert.False(ProcessNumbers.TryParse(Encoding.ASCII.GetBytes(name), out _));

    [Theory]
    [InlineData(0b1, 4, "0", "1")]
    [InlineData(0b1111, 4, "0-3", "f")]
    [InlineData(0b1011, 4, "0-1,3", "b")]
    [InlineData(0b100000001, 12, "0,8", "101")]
    [InlineData(0x1_0000_0001, 40, "0,32", "01,00000001")]
    public void Sets_of_CPUs_are_lists_and_masks(long set, int count, string list, string mask)
    {
        TextBuffer asList = new(), asMask = new();
        CpuSet.AppendList(asList, count, cpu => (set >> cpu & 1) != 0);
        CpuSet.AppendMask(asMask, count, cpu => (set >> cpu & 1) != 0);
        Assert.Equal(list, Encoding.ASCII.GetString(asList.Bytes));
        Assert.Equal(mask, Encoding.ASCII.GetString(asMask.Bytes));
    }

    [Fact]
    public void Fields_have_their_width()
    {
        TextBuffer text = new();
        text.Append(5, 3).Append("|"u8).AppendHex(0xab, 4).Append("|"u8).AppendOctal(8, 3).Append("|"u8).AppendDecimal(7, 2).Append("|"u8)
            .AppendSpacedHex(0xc, 3).Append("|"u8).AppendPadded("x", 3).Append("|"u8).Append(ulong.MaxValue);
        Assert.Equal("  5|00ab|010|07|  c|x  |18446744073709551615", Encoding.ASCII.GetString(text.Bytes));
    }
}
