using System.Collections.Generic;
using System.Linq;

namespace UmlHost.Bench;

/// <summary>The samples of one cell of the table, or why there are none.</summary>
internal sealed class Series
{
    private const double Noisy = 0.2;

    private readonly List<double> _samples = [];

    public string? Reason { get; private set; }

    /// <summary>What the program said of its last run, beside its number.</summary>
    public string? Note { get; private set; }

    public IReadOnlyList<double> Samples => _samples;

    public double? Median
    {
        get
        {
            if (Reason is not null || _samples.Count == 0)
            {
                return null;
            }

            double[] sorted = [.. _samples.Order()];
            int middle = sorted.Length / 2;
            return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }
    }

    public double Min => _samples.Min();

    public double Max => _samples.Max();

    public bool IsNoisy => Median is double median && Max - Min > Noisy * median;

    /// <summary>One failure ends the series: a row that works only at times has no time.</summary>
    public void Add(Outcome<double> sample)
    {
        Note = sample.Note ?? Note;
        if (sample.Failed)
        {
            Reason ??= sample.Reason;
        }
        else
        {
            _samples.Add(sample.Value);
        }
    }
}
