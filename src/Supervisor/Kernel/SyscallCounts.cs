using System.Collections.Generic;

using UmlHost.Syscalls;

namespace UmlHost.Kernel;

/// <summary>How often guests made each system call. Plain counters, added to without a lock by every task:
/// a count may be lost when two tasks meet, never invented.</summary>
internal sealed class SyscallCounts
{
    // The last entry is for all numbers that Linux does not have.
    private readonly long[] _counts = new long[SyscallTable.Count + 1];
    private readonly long[] _errors = new long[SyscallTable.Count + 1];

    public void Add(ulong number) => _counts[number < SyscallTable.Count ? number : SyscallTable.Count]++;

    /// <summary>The call, added already, gave the guest an errno.</summary>
    public void AddError(ulong number) => _errors[number < SyscallTable.Count ? number : SyscallTable.Count]++;

    public long Total
    {
        get
        {
            long total = 0;
            foreach (long count in _counts)
            {
                total += count;
            }

            return total;
        }
    }

    public IEnumerable<(string Name, long Times, long Errors)> ByName
    {
        get
        {
            for (int number = 0; number <= SyscallTable.Count; number++)
            {
                if (_counts[number] != 0)
                {
                    yield return (SyscallTable.Find((ulong)number)?.Name ?? "other", _counts[number], _errors[number]);
                }
            }
        }
    }
}
