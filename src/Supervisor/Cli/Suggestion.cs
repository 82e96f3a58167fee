using System;
using System.Collections.Generic;
using System.Linq;

namespace UmlHost.Cli;

/// <summary>"Did you mean": the nearest of the words that exist.</summary>
internal static class Suggestion
{
    /// <summary>The candidate with the fewest letters to insert, drop, change or swap; null when none is near.</summary>
    public static string? Nearest(string word, IEnumerable<string> candidates)
    {
        string? best = candidates.MinBy(candidate => Score(word, candidate));
        return best is not null && Score(word, best) <= Math.Max(1, best.Length / 3) ? best : null;
    }

    private static int Score(string word, string candidate) =>
        word.Length >= 3 && candidate.StartsWith(word, StringComparison.Ordinal) ? 1 : Distance(word, candidate);

    private static int Distance(string a, string b)
    {
        int[,] cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    cost[i, j] = i + j;
                    continue;
                }

                int change = a[i - 1] == b[j - 1] ? 0 : 1;
                int best = Math.Min(Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1, cost[i - 1, j - 1] + change);
                bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                cost[i, j] = swapped ? Math.Min(best, cost[i - 2, j - 2] + 1) : best;
            }
        }

        return cost[a.Length, b.Length];
    }
}
