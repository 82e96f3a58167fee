using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

using CommandLine;

using UmlHost.Bench;

return Parser.Default.ParseArguments<Options>(args).MapResult(Bench, errors => errors.IsHelp() || errors.IsVersion() ? 0 : 2);

static int Bench(Options options)
{
    Row[][] tables = [.. ((Row[][])[Row.Small, RealPrograms.Rows]).Select(table => table.Where(options.Takes).ToArray())];
    if (tables.All(table => table.Length == 0))
    {
        Console.Error.WriteLine($"no row is named like \"{options.Filter}\": {string.Join(" | ", Row.Small.Concat(RealPrograms.Rows).Select(row => row.Name))}");
        return 2;
    }

    string root = Root();
    Outcome<Programs> programs = Programs.Build(Path.Combine(root, "tests", "Bench"));
    if (programs.Failed)
    {
        Console.Error.WriteLine(programs.Reason);
        return 1;
    }

    string machine = Machine.Describe();
    Console.WriteLine(machine);
    string umlhost = Path.GetFullPath(options.UmlHost ?? Path.Combine(root, "bin", "umlhost"));
    Runner runner = new(programs.Value!, umlhost, options.Quick);
    List<Result> results = [];
    foreach (Row[] table in tables.Where(table => table.Length > 0))
    {
        Console.WriteLine(Table.Line(Result.Headings));
        foreach (Row row in table)
        {
            Result result = runner.Measure(row);
            results.Add(result);
            Console.WriteLine(Table.Line(result.Cells()));
        }
    }

    if (options.Markdown is not null)
    {
        Table.WriteMarkdown(options.Markdown, machine, results);
    }

    if (options.Json is not null)
    {
        Table.WriteJson(options.Json, machine, results);
    }

    return 0;
}

// The programs and bin/umlhost belong to the tree that this was built in, wherever it is run from.
static string Root()
{
    string? folder = AppContext.BaseDirectory;
    while (folder is not null && !File.Exists(Path.Combine(folder, "UmlHost.sln")))
    {
        folder = Path.GetDirectoryName(folder);
    }

    return folder ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} is not inside a tree with UmlHost.sln.");
}
