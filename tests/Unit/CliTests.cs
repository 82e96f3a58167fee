using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;

using CommandLine;

using UmlHost.Cli;

using Xunit;

namespace UmlHost.Tests.Unit;

public sealed class CliTests
{
    private static OptionWords Cut(params string[] words)
    {
        OptionWords? cut = OptionWords.Cut(words, OptionParser.Run, out string error);
        Assert.Equal("", error);
        return cut!;
    }

    [Theory]
    [InlineData("0", 0UL)]
    [InlineData("1", 1UL)]
    [InlineData("1B", 1UL)]
    [InlineData("4k", 4096UL)]
    [InlineData("512M", 512UL << 20)]
    [InlineData("2G", 2UL << 30)]
    [InlineData("2GB", 2UL << 30)]
    [InlineData("2GiB", 2UL << 30)]
    [InlineData("1T", 1UL << 40)]
    [InlineData("9223372036854775807", (ulong)long.MaxValue)]
    [InlineData("8388607T", 8388607UL << 40)]
    public void Sizes_are_read(string text, ulong bytes) => Assert.Equal(bytes, ByteSize.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("M")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1 M")]
    [InlineData("1.5G")]
    [InlineData("1Q")]
    [InlineData("1MM")]
    [InlineData("1BB")]
    [InlineData("0x10")]
    [InlineData("9223372036854775808")]
    [InlineData("8388608T")]
    [InlineData("99999999999999999999")]
    public void What_is_no_size_is_refused(string text) => Assert.Null(ByteSize.Parse(text));

    [Theory]
    [InlineData(0UL, "0 bytes")]
    [InlineData(1023UL, "1023 bytes")]
    [InlineData(1536UL, "1.5 KiB")]
    [InlineData(8UL << 40, "8 TiB")]
    public void Sizes_are_shown(ulong bytes, string text) => Assert.Equal(text, ByteSize.Show(bytes));

    [Fact]
    public void Options_end_at_the_first_word_that_is_none()
    {
        OptionWords cut = Cut("--memory", "1G", "--no-aslr", "ls", "--memory", "-la");
        Assert.Equal(["--memory=1G", "--no-aslr"], cut.Options);
        Assert.Equal(["ls", "--memory", "-la"], cut.Operands);
    }

    [Fact]
    public void Options_end_at_a_double_dash_which_is_dropped_once()
    {
        OptionWords cut = Cut("--no-aslr", "--", "--", "x");
        Assert.Equal(["--no-aslr"], cut.Options);
        Assert.Equal(["--", "x"], cut.Operands);
    }

    [Fact]
    public void A_lone_dash_is_a_word()
    {
        Assert.Equal(["-"], Cut("-").Operands);
    }

    [Fact]
    public void An_optional_value_is_taken_only_when_attached()
    {
        OptionWords cut = Cut("--trace", "open");
        Assert.Equal(["--trace=all"], cut.Options);
        Assert.Equal(["open"], cut.Operands);
        Assert.Equal(["--trace=open"], Cut("--trace=open", "x").Options);
    }

    [Fact]
    public void The_last_of_an_option_counts()
    {
        Assert.Equal(["--no-aslr", "--memory=2G"], Cut("--memory", "1G", "--no-aslr", "--memory=2G", "x").Options);
    }

    [Theory]
    [InlineData("--memory")]
    [InlineData("--memory=")]
    [InlineData("--memory", "--")]
    [InlineData("--no-aslr=1")]
    [InlineData("--trace=")]
    [InlineData("--nonsense")]
    [InlineData("-x")]
    [InlineData("---memory=1")]
    [InlineData("--xmemory=1")]
    public void Options_written_wrongly_are_refused(params string[] words)
    {
        Assert.Null(OptionWords.Cut(words, OptionParser.Run, out string error));
        Assert.NotEqual("", error);
    }

    [Fact]
    public void Values_with_dashes_and_equals_signs_survive_the_parser()
    {
        OptionWords cut = Cut("--report", "-a=b", "--trace-output=--c", "--log-level", "debug", "--no-aslr", "x");
        RunArguments arguments = OptionParser.Parse<RunArguments>(cut.Options, out _)!;
        Assert.Equal(("-a=b", "--c", "debug", true), (arguments.Report, arguments.TraceOutput, arguments.LogLevel, arguments.NoAslr));
        Assert.Null(arguments.Memory);
    }

    /// <summary>The cut and CommandLineParser must know the same options, with the same kinds of values.</summary>
    [Theory]
    [InlineData(typeof(RunArguments))]
    [InlineData(typeof(SyscallsArguments))]
    [InlineData(typeof(DoctorArguments))]
    public void Declarations_match_the_options_classes(Type type)
    {
        IReadOnlyList<OptionDeclaration> declared = type == typeof(RunArguments) ? OptionParser.Run
            : type == typeof(SyscallsArguments) ? OptionParser.Syscalls : OptionParser.Doctor;
        IEnumerable<(string, bool)> attributes = type.GetProperties()
            .Select(property => (property.GetCustomAttribute<OptionAttribute>()!.LongName, property.PropertyType == typeof(bool)));
        Assert.Equal(
            attributes.Order(),
            declared.Select(option => (option.Name, option.Kind == OptionKind.Flag)).Order());
    }

    [Theory]
    [InlineData("rnu", "run")]
    [InlineData("docter", "doctor")]
    [InlineData("sys", "syscalls")]
    [InlineData("zebra", null)]
    [InlineData("", null)]
    public void The_nearest_word_is_suggested_if_it_is_near(string word, string? nearest) =>
        Assert.Equal(nearest, Suggestion.Nearest(word, ["run", "doctor", "syscalls"]));

    [Fact]
    public void Doctor_fails_only_if_a_check_fails_and_shows_advice()
    {
        DoctorCheck good = new("good", () => DoctorFinding.Ok("fine"));
        DoctorCheck poor = new("poor", () => DoctorFinding.Warn("slow", "buy a better one"));
        DoctorCheck bad = new("bad", () => DoctorFinding.Fail("absent", "switch it on"));

        Assert.Equal(0, DoctorVerb.Run([good, poor], out string text));
        Assert.Contains("warn  poor                slow\n", text, StringComparison.Ordinal);
        Assert.Contains("-> buy a better one\n", text, StringComparison.Ordinal);
        Assert.EndsWith("\nGuests can run on this host.\n", text, StringComparison.Ordinal);

        Assert.Equal(1, DoctorVerb.Run([good, bad, poor], out text));
        Assert.Contains("fail  bad                 absent\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Guests can run", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("verbose")]
    [InlineData("warning")]
    [InlineData("error")]
    public void Log_levels_have_names(string name) => Assert.Equal(name, Logging.ParseLevel(name)!.Value.ToString(), ignoreCase: true);

    [Theory]
    [InlineData("")]
    [InlineData("Warning")]
    [InlineData("fatal")]
    public void Other_log_levels_are_refused(string name) => Assert.Null(Logging.ParseLevel(name));
}
