using System;
using System.Globalization;
using System.IO;
using System.Linq;

namespace UmlHost.Bench;

/// <summary>Measures one row: native, floor and umlhost in turn, so that a change of the machine's mood meets all three.</summary>
internal sealed class Runner(Programs programs, string umlhost, bool quick)
{
    private const long FirstGuess = 16;
    private const double NsToMs = 1e-6;

    /// <summary>The clock is a trap under umlhost, and the machine has a timer tick: shorter loops measure those.</summary>
    private const double ShortestLoop = 20e6;

    private readonly int _rounds = quick ? 3 : 11;
    private readonly int _lives = quick ? 7 : 20;
    private readonly double _loop = quick ? 30e6 : 50e6;

    private delegate string[] CommandOf(long iterations);

    public Result Measure(Row row)
    {
        double unit = row.WholeLife ? NsToMs : 1;
        Lane native = new(iterations => Native(row, iterations), unit);
        Lane floor = new(iterations => Floor(row, iterations), row.FloorCalls);
        Lane guest = new(iterations => Guest(row, Native(row, iterations)), unit);
        Lane[] lanes = row.NativeOnly ? [native] : row.Floor == FloorLoop.None ? [native, guest] : [native, floor, guest];
        foreach (Lane lane in lanes)
        {
            Calibrate(row, lane);
        }

        for (int round = 0; round < (row.WholeLife ? Math.Min(_lives, row.Lives ?? _lives) : _rounds); round++)
        {
            foreach (Lane lane in lanes.Where(lane => lane.Series.Reason is null))
            {
                Outcome<double> sample = Command.Measure(lane.Command(lane.Iterations));
                lane.Series.Add(sample with { Value = sample.Value * lane.Scale });
            }
        }

        Outcome<double>? faults = row.CountFaults && guest.Series.Reason is null ? FaultsPerThousandPages(row) : null;
        return new(row, native.Series, floor.Series, guest.Series, faults);
    }

    /// <summary>Finds an iteration count that makes the loop long enough; warms the page cache on the way.</summary>
    private void Calibrate(Row row, Lane lane)
    {
        bool isFixed = row.WholeLife || row.Iterations is not null;
        long iterations = row.Iterations ?? FirstGuess;
        while (true)
        {
            Outcome<double> ns = Command.Measure(lane.Command(iterations));
            double loop = ns.Value * iterations;
            if (ns.Failed)
            {
                lane.Series.Add(ns);
            }

            if (ns.Failed || isFixed || loop >= ShortestLoop)
            {
                lane.Iterations = iterations;
                return;
            }

            iterations = (long)(iterations * Math.Clamp(_loop / Math.Max(loop, 1), 2, 10_000));
        }
    }

    private string[] Native(Row row, long iterations)
    {
        if (row.WholeLife)
        {
            return [programs.Path("spawn"), programs.Path(row.Program), .. row.Arguments.Select(Expand)];
        }

        return [programs.Path(row.Program), Text(iterations), .. row.Arguments.Select(Expand)];
    }

    private string[] Floor(Row row, long iterations) => row.Floor == FloorLoop.Pread
        ? [programs.Path("floor"), Text(iterations), programs.Data]
        : [programs.Path("floor"), Text(iterations)];

    private string[] Guest(Row row, string[] native) => row.WholeLife
        ? [native[0], umlhost, "run", "--", .. native.Skip(1)]
        : [umlhost, "run", "--", .. native];

    private string Expand(string argument) => argument
        .Replace("{data}", programs.Data, StringComparison.Ordinal)
        .Replace("{functions}", programs.Functions, StringComparison.Ordinal)
        .Replace("{true}", programs.Path("true"), StringComparison.Ordinal);

    /// <summary>What start-up faults is taken off by a run that touches no page.</summary>
    private Outcome<double> FaultsPerThousandPages(Row row)
    {
        Outcome<double> all = Faults(row, row.Iterations!.Value);
        Outcome<double> none = Faults(row, 0);
        string? reason = all.Reason ?? none.Reason;
        return new(reason is null ? (all.Value - none.Value) * 1000 / row.Iterations.Value : 0, reason);
    }

    private Outcome<double> Faults(Row row, long iterations)
    {
        string report = programs.Path("report.json");
        File.Delete(report);
        Outcome<double> run = Command.Measure([umlhost, "run", "--report", report, "--", .. Native(row, iterations)]);
        return run.Failed ? run : Report.Faults(report);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>One of the three ways to run a row.</summary>
    private sealed class Lane(CommandOf command, double scale)
    {
        public CommandOf Command { get; } = command;

        /// <summary>From what the program prints to the unit of the row.</summary>
        public double Scale { get; } = scale;

        public Series Series { get; } = new();

        public long Iterations { get; set; }
    }
}
