using System;
using System.Diagnostics.CodeAnalysis;

using CommandLine;

namespace UmlHost.Bench;

[SuppressMessage("Performance", "CA1812", Justification = "CommandLineParser creates it.")]
internal sealed class Options
{
    [Option("filter", MetaValue = "TEXT", HelpText = "Only the rows whose name contains TEXT.")]
    public string? Filter { get; init; }

    [Option("quick", HelpText = "Fewer and shorter runs per row: a rough answer.")]
    public bool Quick { get; init; }

    [Option("json", MetaValue = "FILE", HelpText = "Write the results as JSON.")]
    public string? Json { get; init; }

    [Option("markdown", MetaValue = "FILE", HelpText = "Write the table as markdown.")]
    public string? Markdown { get; init; }

    [Option("umlhost", MetaValue = "PATH", HelpText = "The umlhost to measure (default: bin/umlhost of this tree).")]
    public string? UmlHost { get; init; }

    public bool Takes(Row row) => Filter is null || row.Name.Contains(Filter, StringComparison.OrdinalIgnoreCase);
}
