using System;
using System.Buffers.Text;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Time;

using static UmlHost.Native.Linux;

namespace UmlHost.Proc;

/// <summary>The smaller texts of a process.</summary>
internal static class ProcessFiles
{
    private const int CommLength = 15;

    /// <summary>OOM_SCORE_ADJ_MAX, and the scale of the older oom_adj.</summary>
    private const int OomMaximum = 1000, OomAdjMaximum = 15, OomAdjDisable = -17;

    private static readonly (string Name, int Resource, string Unit)[] s_limits =
    [
        ("Max cpu time", RLIMIT_CPU, "seconds"),
        ("Max file size", RLIMIT_FSIZE, "bytes"),
        ("Max data size", RLIMIT_DATA, "bytes"),
        ("Max stack size", RLIMIT_STACK, "bytes"),
        ("Max core file size", RLIMIT_CORE, "bytes"),
        ("Max resident set", RLIMIT_RSS, "bytes"),
        ("Max processes", RLIMIT_NPROC, "processes"),
        ("Max open files", RLIMIT_NOFILE, "files"),
        ("Max locked memory", RLIMIT_MEMLOCK, "bytes"),
        ("Max address space", RLIMIT_AS, "bytes"),
        ("Max file locks", RLIMIT_LOCKS, "locks"),
        ("Max pending signals", RLIMIT_SIGPENDING, "signals"),
        ("Max msgqueue size", RLIMIT_MSGQUEUE, "bytes"),
        ("Max nice priority", RLIMIT_NICE, ""),
        ("Max realtime priority", RLIMIT_RTPRIO, ""),
        ("Max realtime timeout", RLIMIT_RTTIME, "us"),
    ];

    public static Errno Comm(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        text.Append(subject.TaskOrLast?.Comm).Append("\n"u8);
        return Errno.None;
    }

    /// <summary>Only by the process itself; what is written is the name, a line end included, up to a NUL.</summary>
    public static Errno SetComm(GuestTask writer, in ProcessSubject subject, ReadOnlySpan<byte> text)
    {
        if (writer.Group != subject.Group || subject.Task is not { } task)
        {
            return Errno.EINVAL;
        }

        text = text[..Math.Min(text.Length, CommLength)];
        int end = text.IndexOf((byte)0);
        task.Comm = (end < 0 ? text : text[..end]).ToArray();
        return Errno.None;
    }

    /// <summary>The arguments as they are in the guest's memory now. A program that has overwritten the last NUL has set
    /// a title (setproctitle), which ends with a NUL and may reach into the environment.</summary>
    public static Errno CommandLine(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        if (subject.Task is not { } task)
        {
            return Errno.None;
        }

        MemoryMap memory = task.Memory;
        GuestAddress start = memory.ArgStart, end = memory.ArgEnd;
        if (end <= start)
        {
            return Errno.None;
        }

        byte last = 0;
        if (memory.CopyIn(end - 1, new Span<byte>(ref last)) == 1 && last != 0)
        {
            Span<byte> title = stackalloc byte[(int)GuestAddress.PageSize];
            GuestAddress most = memory.EnvStart == end && memory.EnvEnd > end ? memory.EnvEnd : end;
            title = title[..(int)Math.Min((ulong)title.Length, most - start)];
            title = title[..memory.CopyIn(start, title)];
            int nul = title.IndexOf((byte)0);
            text.Append(nul < 0 ? title : title[..(nul + 1)]);
            return Errno.None;
        }

        AppendMemory(text, memory, start, end);
        return Errno.None;
    }

    public static Errno Environment(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        if (subject.Task is { } task && task.Memory.EnvEnd > task.Memory.EnvStart)
        {
            AppendMemory(text, task.Memory, task.Memory.EnvStart, task.Memory.EnvEnd);
        }

        return Errno.None;
    }

    public static Errno AuxiliaryVector(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        text.Append(subject.Task?.Memory.AuxiliaryVector);
        return Errno.None;
    }

    public static Errno Limits(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        text.AppendPadded("Limit", 25).Append(" "u8).AppendPadded("Soft Limit", 20).Append(" "u8).AppendPadded("Hard Limit", 20).Append(" "u8).AppendPadded("Units", 10).Append("\n"u8);
        foreach ((string name, int resource, string unit) in s_limits)
        {
            rlimit limit = subject.Group.Limits[resource];
            text.AppendPadded(name, 25).Append(" "u8);
            AppendLimit(text, limit.rlim_cur);
            AppendLimit(text, limit.rlim_max);
            text.AppendPadded(unit, unit.Length == 0 ? 0 : 10).Append("\n"u8);
        }

        return Errno.None;
    }

    /// <summary>Linux's oom_badness on the scale of 0 to 2000, two thirds of it.</summary>
    public static Errno OomScore(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        Machine machine = subject.Group.Machine;
        long score = 0;
        lock (machine.Tasks.Lock)
        {
            if (machine.Badness(subject.Group) is { } badness)
            {
                score = Math.Max(0, (OomMaximum + (badness * OomMaximum / Math.Max(1, machine.MemoryPages))) * 2 / 3);
            }
        }

        text.Append(score).Append("\n"u8);
        return Errno.None;
    }

    public static Errno OomScoreAdj(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        text.Append(subject.Group.OomScoreAdj).Append("\n"u8);
        return Errno.None;
    }

    public static Errno SetOomScoreAdj(GuestTask writer, in ProcessSubject subject, ReadOnlySpan<byte> text) =>
        !TryParse(text, out long value) || value is < -OomMaximum or > OomMaximum ? Errno.EINVAL
        : SetOomScore(writer, subject.Group, (int)value);

    public static Errno OomAdj(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        int adjust = subject.Group.OomScoreAdj;
        int value = adjust == OomMaximum ? OomAdjMaximum : adjust * -OomAdjDisable / OomMaximum;
        text.Append(Math.Min(value, OomAdjMaximum)).Append("\n"u8);
        return Errno.None;
    }

    public static Errno SetOomAdj(GuestTask writer, in ProcessSubject subject, ReadOnlySpan<byte> text) =>
        !TryParse(text, out long value) || (value is < -16 or > OomAdjMaximum && value != OomAdjDisable) ? Errno.EINVAL
        : SetOomScore(writer, subject.Group, value == OomAdjMaximum ? OomMaximum : (int)value * OomMaximum / -OomAdjDisable);

    public static Errno Personality(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        if (!subject.AllowsAttaching(reader))
        {
            return Errno.EPERM;
        }

        text.AppendHex(subject.TaskOrLast?.Personality ?? 0, 8).Append("\n"u8);
        return Errno.None;
    }

    /// <summary>The call that a thread is in: number, arguments, stack pointer and instruction.</summary>
    public static Errno CurrentSyscall(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        if (!subject.AllowsAttaching(reader))
        {
            return Errno.EPERM;
        }

        GuestTask? task = subject.Task;
        if (task?.Host is null)
        {
            text.Append("-1 0x0 0x0\n"u8);
            return Errno.None;
        }

        if (task != reader && task.IsRunnable)
        {
            text.Append("running\n"u8);
            return Errno.None;
        }

        user_regs_struct registers = task.Host.Registers;
        long number = (long)registers.orig_rax;
        text.Append(number);
        if (number >= 0)
        {
            foreach (ulong argument in (ReadOnlySpan<ulong>)[registers.rdi, registers.rsi, registers.rdx, registers.r10, registers.r8, registers.r9])
            {
                text.Append(" 0x"u8).AppendHex(argument);
            }
        }

        text.Append(" 0x"u8).AppendHex(registers.rsp).Append(" 0x"u8).AppendHex(registers.rip).Append("\n"u8);
        return Errno.None;
    }

    /// <summary>Guests have no stack in the kernel: there is nothing to show to whoever may see it.</summary>
    public static Errno KernelStack(GuestTask reader, in ProcessSubject subject, TextBuffer text) =>
        !reader.Credentials.Has(CAP_SYS_ADMIN) ? Errno.EACCES
        : !subject.AllowsAttaching(reader) ? Errno.EPERM
        : Errno.None;

    public static Errno Io(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        if (!subject.AllowsReading(reader))
        {
            return Errno.EACCES;
        }

        IoCounters io = subject.Thread?.Io ?? subject.Group.Io;
        text.Append("rchar: "u8).Append(io.ReadBytes).Append("\nwchar: "u8).Append(io.WrittenBytes)
            .Append("\nsyscr: "u8).Append(io.ReadCalls).Append("\nsyscw: "u8).Append(io.WriteCalls)
            .Append("\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n"u8);
        return Errno.None;
    }

    public static Errno Sched(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        if (subject.TaskOrLast is not { } task)
        {
            return Errno.ESRCH;
        }

        CpuTime time = task.CpuTime;
        text.Append(task.Comm).Append(" ("u8).Append(subject.Id).Append(", #threads: "u8).Append(Math.Max(1, subject.Group.Tasks.Count)).Append(")\n"u8)
            .Append("-------------------------------------------------------------------\n"u8);
        text.AppendPadded("se.sum_exec_runtime", 45).Append(":"u8).Append(time.Total / 1_000_000, 14).Append("."u8).AppendDecimal((ulong)(time.Total % 1_000_000), 6).Append("\n"u8);
        AppendField(text, "nr_switches", task.Sleeps);
        AppendField(text, "nr_voluntary_switches", task.Sleeps);
        AppendField(text, "policy", task.Scheduling.Policy);
        AppendField(text, "prio", task.Scheduling.Priority > 0 ? 99 - task.Scheduling.Priority : 120 + task.Scheduling.Nice);
        return Errno.None;
    }

    /// <summary>Time on the CPU; how long it waited for one the host does not tell; how often it slept.</summary>
    public static Errno SchedStat(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        GuestTask? task = subject.TaskOrLast;
        text.Append(task?.CpuTime.Total ?? 0).Append(" 0 "u8).Append(task?.Sleeps ?? 0).Append("\n"u8);
        return Errno.None;
    }

    public static Errno Timers(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        foreach (PosixTimer timer in subject.Group.Timers.All)
        {
            sigevent notify = timer.Notification;
            text.Append("ID: "u8).Append(timer.Id).Append("\nsignal: "u8).Append(notify.sigev_signo).Append("/"u8).AppendHex((ulong)notify.sigev_value.sival_ptr, 16)
                .Append("\nnotify: "u8).Append((notify.sigev_notify & ~SIGEV_THREAD_ID) switch
                {
                    SIGEV_NONE => "none"u8,
                    SIGEV_THREAD => "thread"u8,
                    _ => "signal"u8,
                })
                .Append((notify.sigev_notify & SIGEV_THREAD_ID) != 0 ? "/tid."u8 : "/pid."u8).Append((notify.sigev_notify & SIGEV_THREAD_ID) != 0 ? notify.sigev_notify_thread_id : subject.Group.Tgid)
                .Append("\nClockID: "u8).Append(timer.Clock.Id).Append("\n"u8);
        }

        return Errno.None;
    }

    public static Errno CoredumpFilter(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        if (subject.Task is { } task)
        {
            text.AppendHex(task.Memory.CoredumpFilter, 8).Append("\n"u8);
        }

        return Errno.None;
    }

    public static Errno SetCoredumpFilter(GuestTask writer, in ProcessSubject subject, ReadOnlySpan<byte> text)
    {
        const uint Known = 0x1ff;
        if (!TryParse(text, out long value) || value is < 0 or > uint.MaxValue)
        {
            return Errno.EINVAL;
        }

        if (subject.Task is not { } task)
        {
            return Errno.ESRCH;
        }

        task.Memory.CoredumpFilter = (uint)value & Known;
        return Errno.None;
    }

    public static Errno TimerSlack(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        GuestTask? task = subject.TaskOrLast;
        if (task != reader && !reader.Credentials.Has(CAP_SYS_NICE))
        {
            return Errno.EPERM;
        }

        text.Append(task?.TimerSlack ?? 0).Append("\n"u8);
        return Errno.None;
    }

    public static Errno SetTimerSlack(GuestTask writer, in ProcessSubject subject, ReadOnlySpan<byte> text)
    {
        if (!TryParse(text, out long value) || value < 0)
        {
            return Errno.EINVAL;
        }

        if (subject.Task is not { } task)
        {
            return Errno.ESRCH;
        }

        if (task != writer && !writer.Credentials.Has(CAP_SYS_NICE))
        {
            return Errno.EPERM;
        }

        task.TimerSlack = value == 0 ? task.DefaultTimerSlack : (ulong)value;
        return Errno.None;
    }

    /// <summary>The children of a process are shown as the leader's.</summary>
    public static Errno Children(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        ThreadGroup group = subject.Group;
        if (subject.Id != group.Tgid)
        {
            return Errno.None;
        }

        lock (group.Machine.Tasks.Lock)
        {
            foreach (ThreadGroup child in group.Children)
            {
                text.Append(child.Tgid).Append(" "u8);
            }
        }

        return Errno.None;
    }

    /// <summary>A number as kstrtoint takes it with base 0: white space around it, a sign, 0x or 0 in front.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long value)
    {
        text = text.Trim(" \t\n\r\v\f\0"u8);
        bool isNegative = !text.IsEmpty && text[0] == (byte)'-';
        text = isNegative || (!text.IsEmpty && text[0] == (byte)'+') ? text[1..] : text;
        bool isHex = text.Length > 2 && text[0] == (byte)'0' && (text[1] | 0x20) == 'x';
        bool isOctal = !isHex && text.Length > 1 && text[0] == (byte)'0';
        value = 0;
        if (isHex)
        {
            bool parsed = Utf8Parser.TryParse(text[2..], out value, out int used, 'x') && used == text.Length - 2;
            value = isNegative ? -value : value;
            return parsed;
        }

        if (text.IsEmpty)
        {
            return false;
        }

        int radix = isOctal ? 8 : 10;
        foreach (byte digit in text)
        {
            int one = digit - '0';
            if ((uint)one >= (uint)radix || value > (long.MaxValue - one) / radix)
            {
                return false;
            }

            value = (value * radix) + one;
        }

        value = isNegative ? -value : value;
        return true;
    }

    private static Errno SetOomScore(GuestTask writer, ThreadGroup group, int value)
    {
        bool privileged = writer.Credentials.Has(CAP_SYS_RESOURCE);
        if (value < group.LeastOomScoreAdj && !privileged)
        {
            return Errno.EACCES;
        }

        group.OomScoreAdj = value;
        if (privileged)
        {
            group.LeastOomScoreAdj = value;
        }

        return Errno.None;
    }

    private static void AppendField(TextBuffer text, string name, long value) => text.AppendPadded(name, 45).Append(":"u8).Append(value, 21).Append("\n"u8);

    private static void AppendLimit(TextBuffer text, ulong limit)
    {
        int before = text.Length;
        _ = limit == RLIM_INFINITY ? text.Append("unlimited"u8) : text.Append(limit);
        text.PadTo(before + 20).Append(" "u8);
    }

    private static void AppendMemory(TextBuffer text, MemoryMap memory, GuestAddress start, GuestAddress end)
    {
        Span<byte> part = stackalloc byte[1024];
        for (GuestAddress at = start; at < end;)
        {
            Span<byte> wanted = part[..(int)Math.Min((ulong)part.Length, end - at)];
            int copied = memory.CopyIn(at, wanted);
            text.Append(wanted[..copied]);
            if (copied < wanted.Length)
            {
                return;
            }

            at += (ulong)copied;
        }
    }
}
