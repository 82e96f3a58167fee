using System.Collections.Generic;
using System.Globalization;

namespace UmlHost.Bench;

/// <summary>What a row measured. Every cell is text made here once, for the console and for markdown.</summary>
internal sealed record Result(Row Row, Series Native, Series Floor, Series Guest, Outcome<double>? FaultsPerThousandPages)
{
    public double? ToNative => Guest.Median / Native.Median;

    public double? ToFloor => Guest.Median / Floor.Median;

    /// <summary>Null without a target, or where a side of the comparison is missing.</summary>
    public bool? Met => Row.Target is { } target && Measured(target) is double measured ? measured <= target.Limit : null;

    public static readonly string[] Headings =
        ["row", "unit", "native", "C floor", "umlhost", "× native", "× floor", "target", "", "notes"];

    public string[] Cells() =>
    [
        Row.Name,
        Row.Unit,
        Time(Native),
        Row.Floor == FloorLoop.None ? "-" : Time(Floor),
        Row.NativeOnly ? "-" : Time(Guest),
        Ratio(ToNative),
        Ratio(ToFloor),
        TargetText(),
        Row.Target is null ? "" : Met switch { true => "met", false => "missed", null => "n/a" },
        string.Join("; ", Notes()),
    ];

    private double? Measured(Target target) => target.Against switch
    {
        Against.Native => ToNative,
        Against.Floor => ToFloor,
        _ => Guest.Median,
    };

    private string TargetText() => Row.Target switch
    {
        null => "-",
        { Against: Against.Native } target => Text($"≤ {target.Limit:0.##} × native"),
        { Against: Against.Floor } target => Text($"≤ {target.Limit:0.##} × floor"),
        { } target => Text($"≤ {target.Limit:0.##} ms"),
    };

    private IEnumerable<string> Notes()
    {
        if (FaultsPerThousandPages is Outcome<double> faults)
        {
            yield return faults.Failed ? $"traps n/a ({faults.Reason})" : Text($"{faults.Value:0.#} traps per 1,000 pages");
        }

        (string Name, Series Series)[] columns = [("native", Native), ("floor", Floor), ("umlhost", Guest)];
        foreach ((string name, Series series) in columns)
        {
            if (series.Reason is not null)
            {
                yield return $"{name} n/a: {series.Reason}";
            }
            else if (series.IsNoisy)
            {
                yield return $"{name} {Number(series.Min)}–{Number(series.Max)}";
            }

            if (series.Note is not null)
            {
                yield return $"{name} {series.Note}";
            }
        }

        if (Row.Note is not null)
        {
            yield return Row.Note;
        }
    }

    private string Time(Series series) => series.Median is double median ? Number(median) : "n/a";

    private string Number(double value) => Row.WholeLife || value < 100 ? Text($"{value:0.0}") : Text($"{value:N0}");

    private static string Ratio(double? ratio) => ratio is double value ? Text($"{value:0.00}") : "-";

    private static string Text(System.FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
