using System;

using UmlHost.Fs;
using UmlHost.Host;
using UmlHost.Kernel;

namespace UmlHost.Proc;

/// <summary>Sets of CPUs as the kernel writes them, by the host's numbers, which are the guests'.</summary>
internal static class CpuSet
{
    /// <summary>CPUs that the host may ever have (nr_cpu_ids): the width of masks.</summary>
    public static int Possible { get; } = HostTree.PossibleCpus();

    /// <summary>Whether a guest may use a CPU at all.</summary>
    public static bool IsUsable(Machine machine, int cpu) => machine.Placement.Cpus.Contains(cpu);

    /// <summary>sched_setaffinity's set, or all that guests have.</summary>
    public static bool IsAllowed(GuestTask task, int cpu)
    {
        ReadOnlySpan<ulong> affinity = task.Scheduling.Affinity.Span;
        return IsUsable(task.Machine, cpu) && (affinity.IsEmpty || (cpu / 64 < affinity.Length && (affinity[cpu / 64] >> (cpu % 64) & 1) != 0));
    }

    /// <summary>"0-3,8".</summary>
    public static void AppendList(TextBuffer text, int count, Predicate<int> has)
    {
        bool isFirst = true;
        for (int cpu = 0; cpu < count; cpu++)
        {
            if (!has(cpu))
            {
                continue;
            }

            int last = cpu;
            while (last + 1 < count && has(last + 1))
            {
                last++;
            }

            text.Append(isFirst ? ""u8 : ","u8).Append(cpu);
            if (last > cpu)
            {
                text.Append("-"u8).Append(last);
            }

            isFirst = false;
            cpu = last;
        }
    }

    /// <summary>Hexadecimal, 32 bits between commas, as many digits as the width needs.</summary>
    public static void AppendMask(TextBuffer text, int count, Predicate<int> has)
    {
        for (int digit = ((count + 3) / 4) - 1; digit >= 0; digit--)
        {
            int value = 0;
            for (int bit = 0; bit < 4; bit++)
            {
                int cpu = (digit * 4) + bit;
                value |= cpu < count && has(cpu) ? 1 << bit : 0;
            }

            text.AppendHex((ulong)value);
            if (digit != 0 && digit % 8 == 0)
            {
                text.Append(","u8);
            }
        }
    }
}
