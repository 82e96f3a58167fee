using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Linq;

using CommandLine;

namespace UmlHost.Cli;

/// <summary>CommandLineParser, filling an options object from words that <see cref="OptionWords"/> has cut.</summary>
internal static class OptionParser
{
    /// <summary>What the options classes declare, for the cut; a unit test compares the two.</summary>
    public static IReadOnlyList<OptionDeclaration> Run { get; } =
    [
        new("memory", OptionKind.Value),
        new("root", OptionKind.Value),
        new("bind", OptionKind.Values),
        new("bind-rw", OptionKind.Values),
        new("tmpfs", OptionKind.Values),
        new("cwd", OptionKind.Value),
        new("env", OptionKind.Values),
        new("clear-env", OptionKind.Flag),
        new("hostname", OptionKind.Value),
        new("uid", OptionKind.Value),
        new("gid", OptionKind.Value),
        new("trace", OptionKind.OptionalValue, "all"),
        new("trace-output", OptionKind.Value),
        new("report", OptionKind.Value),
        new("log-level", OptionKind.Value),
        new("fault-info", OptionKind.Value),
        new("no-aslr", OptionKind.Flag),
        new("no-vdso", OptionKind.Flag),
    ];

    public static IReadOnlyList<OptionDeclaration> Syscalls { get; } =
    [
        new("implemented", OptionKind.Flag),
        new("missing", OptionKind.Flag),
        new("json", OptionKind.Flag),
    ];

    public static IReadOnlyList<OptionDeclaration> Doctor { get; } = [];

    /// <returns>Null, with <paramref name="error"/> set, if the parser does not accept the words.</returns>
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "CommandLine and T are kept whole (UmlHost.Supervisor.csproj, DynamicallyAccessedMembers); the end-to-end tests run the compiled program.")]
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "As above.")]
    public static T? Parse<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] T>(IReadOnlyList<string> options, out string error)
        where T : class
    {
        using Parser parser = new(settings =>
        {
            settings.AutoHelp = false;
            settings.AutoVersion = false;
            settings.HelpWriter = null;
            settings.AllowMultiInstance = true;
            settings.ParsingCulture = CultureInfo.InvariantCulture;
        });
        ParserResult<T> result = parser.ParseArguments<T>(options);
        error = result.Tag == ParserResultType.Parsed ? "" : Describe(result.Errors.First());
        return result.Value;
    }

    private static string Describe(Error error) => error switch
    {
        NamedError named => $"option --{named.NameInfo.LongName} is not understood",
        TokenError token => $"option {token.Token} is not understood",
        _ => "the options are not understood",
    };
}
