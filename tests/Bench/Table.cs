using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace UmlHost.Bench;

/// <summary>The results for a terminal, for closing notes and for scripts.</summary>
internal static class Table
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Name, unit and the two kinds of text are read from the left, numbers from the right.</summary>
    private static readonly bool[] s_isNumber = [false, false, true, true, true, true, true, false, false, false];

    /// <summary>Rows come one by one and a terminal wants to see them so: all columns but the notes have a fixed width.</summary>
    private static readonly int[] s_widths = [26, 4, 9, 9, 9, 8, 7, 15, 6, 0];

    public static string Line(string[] cells)
    {
        IEnumerable<string> padded = cells.Select((cell, column) =>
            s_isNumber[column] ? cell.PadLeft(s_widths[column]) : cell.PadRight(s_widths[column]));
        return string.Join("  ", padded).TrimEnd();
    }

    public static void WriteMarkdown(string path, string machine, IEnumerable<Result> results)
    {
        StringBuilder text = new();
        text.Append(machine).Append("\n\n");
        text.Append(MarkdownLine(Result.Headings));
        text.Append(MarkdownLine(s_isNumber.Select(isNumber => isNumber ? "---:" : "---")));
        foreach (Result result in results)
        {
            text.Append(MarkdownLine(result.Cells()));
        }

        File.WriteAllText(path, text.ToString());
    }

    public static void WriteJson(string path, string machine, IEnumerable<Result> results)
    {
        var document = new
        {
            Machine = machine,
            Rows = results.Select(result => new
            {
                result.Row.Name,
                result.Row.Unit,
                Native = Json(result.Native),
                Floor = Json(result.Floor),
                UmlHost = Json(result.Guest),
                result.ToNative,
                result.ToFloor,
                result.Met,
                FaultsPerThousandPages = result.FaultsPerThousandPages is { Failed: false } faults ? faults.Value : (double?)null,
            }),
        };
        File.WriteAllText(path, JsonSerializer.Serialize(document, s_json) + "\n");
    }

    private static object Json(Series series) => new { series.Median, series.Samples, series.Reason };

    private static string MarkdownLine(IEnumerable<string> cells) =>
        "| " + string.Join(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal))) + " |\n";
}
