using System;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Host;
using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Signals;

using static UmlHost.Native.Linux;

namespace UmlHost.Proc;

/// <summary>status, stat and statm: what ps and top read.</summary>
internal static class StatusFiles
{
    /// <summary>Linux's task flags.</summary>
    private const uint PF_EXITING = 0x4, PF_FORKNOEXEC = 0x40, PF_RANDOMIZE = 0x400000;

    private const long NanosecondsPerTick = 10_000_000;
    private const int PageKib = (int)(GuestAddress.PageSize / 1024);

    /// <summary>As ps shows it. Linux's D is not told from S.</summary>
    public static char StateOf(GuestTask reader, in ProcessSubject subject) => subject.Task switch
    {
        null => 'Z',
        var task when task.IsStopped => 'T',
        var task when task == reader || task.IsRunnable => 'R',
        _ => 'S',
    };

    public static Errno Statm(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        if (subject.Task is not { } task)
        {
            text.Append("0 0 0 0 0 0 0\n"u8);
            return Errno.None;
        }

        MemoryUsage usage = task.Memory.Usage();
        text.Append((long)usage.Total).Append(" "u8)
            .Append((long)usage.Resident).Append(" "u8)
            .Append((long)(usage.File + usage.Shared)).Append(" "u8)
            .Append((long)Math.Min(usage.Executable, task.Memory.Program.CodePages)).Append(" 0 "u8)
            .Append((long)(usage.Data + usage.Stack)).Append(" 0\n"u8);
        return Errno.None;
    }

    public static Errno Stat(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        ThreadGroup group = subject.Group;
        GuestTask? task = subject.Task;
        if ((task ?? group.LastTask) is not { } shown)
        {
            return Errno.ESRCH;
        }

        bool permitted = subject.AllowsReading(reader);
        MemoryMap? memory = task?.Memory;
        MemoryUsage usage = memory?.Usage() ?? default;
        ulong pending = 0, blocked = 0, ignored = 0, caught = 0;
        if (task is not null)
        {
            lock (group.SignalLock)
            {
                pending = task.Pending.Set;
                blocked = task.BlockedSignals;
            }

            Dispositions(group, out ignored, out caught);
        }

        CpuTime time = subject.Thread?.CpuTime ?? group.CpuTime;
        bool isThread = subject.Thread is not null;
        uint flags = (task is null ? PF_EXITING : 0) | (group.HasExeced ? 0 : PF_FORKNOEXEC) | (group.Machine.IsRandomized ? PF_RANDOMIZE : 0);
        char state = StateOf(reader, subject);

        Fields fields = new(text);
        text.Append(subject.Id);
        text.Append(" ("u8).Append(shown.Comm).Append(")"u8);
        text.Append(" "u8).Append([(byte)state]);
        fields.Put(group.ParentTgid);
        fields.Put(group.ProcessGroup);
        fields.Put(group.Session);
        fields.Put(EncodeDevice(group.Terminal));
        fields.Put(group.Terminal?.ForegroundGroup ?? -1);
        fields.Put(flags);
        fields.Put(memory?.Faults.Total ?? group.Used.MinorFaults);
        fields.Put(isThread ? 0 : group.UsedByChildren.MinorFaults);
        fields.Put(group.Used.MajorFaults);
        fields.Put(isThread ? 0 : group.UsedByChildren.MajorFaults);
        fields.Put(time.User / NanosecondsPerTick);
        fields.Put(time.System / NanosecondsPerTick);
        fields.Put(isThread ? 0 : group.UsedByChildren.UserNanoseconds / NanosecondsPerTick);
        fields.Put(isThread ? 0 : group.UsedByChildren.SystemNanoseconds / NanosecondsPerTick);
        Scheduling scheduling = shown.Scheduling;
        fields.Put(scheduling.Priority > 0 ? -1 - scheduling.Priority : 20 + scheduling.Nice);
        fields.Put(scheduling.Nice);
        fields.Put(Math.Max(1, group.Tasks.Count));
        fields.Put(0);
        fields.Put((isThread ? shown.StartTime : group.StartTime) / NanosecondsPerTick);
        fields.Put((long)(usage.Total * GuestAddress.PageSize));
        fields.Put((long)usage.Resident);
        text.Append(" "u8).Append(group.Limits[RLIMIT_RSS].rlim_cur);
        ProgramLayout layout = memory?.Program ?? default;
        fields.Put(memory is null ? 0 : permitted ? (long)layout.CodeStart.Value : 1);
        fields.Put(memory is null ? 0 : permitted ? (long)layout.CodeEnd.Value : 1);
        fields.Put(permitted ? (long)layout.StackStart.Value : 0);
        fields.Put(0);
        fields.Put(0);
        fields.Put((long)(pending & 0x7fffffff));
        fields.Put((long)(blocked & 0x7fffffff));
        fields.Put((long)(ignored & 0x7fffffff));
        fields.Put((long)(caught & 0x7fffffff));
        fields.Put(permitted && state != 'R' ? 1 : 0);
        fields.Put(0);
        fields.Put(0);
        fields.Put(isThread && shown.Tid != group.Tgid ? -1 : group.ExitSignal);
        fields.Put(group.Machine.Placement.Cpus[shown.CpuIndex]);
        fields.Put(scheduling.Priority);
        fields.Put(scheduling.Policy);
        fields.Put(0);
        fields.Put(0);
        fields.Put(0);
        bool showsLayout = memory is not null && permitted;
        fields.Put(showsLayout ? (long)layout.DataStart.Value : 0);
        fields.Put(showsLayout ? (long)layout.DataEnd.Value : 0);
        fields.Put(showsLayout ? (long)memory!.BreakStart.Value : 0);
        fields.Put(showsLayout ? (long)memory!.ArgStart.Value : 0);
        fields.Put(showsLayout ? (long)memory!.ArgEnd.Value : 0);
        fields.Put(showsLayout ? (long)memory!.EnvStart.Value : 0);
        fields.Put(showsLayout ? (long)memory!.EnvEnd.Value : 0);
        fields.Put(permitted && task is null ? group.ExitStatus : 0);
        text.Append("\n"u8);
        return Errno.None;
    }

    public static Errno Status(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        ThreadGroup group = subject.Group;
        GuestTask? task = subject.Task;
        if ((task ?? group.LastTask) is not { } shown)
        {
            return Errno.ESRCH;
        }

        text.Append("Name:\t"u8);
        AppendEscaped(text, shown.Comm);
        if (task is not null)
        {
            text.Append("\nUmask:\t0"u8).AppendOctal(task.Fs.Umask, 3);
        }

        char state = StateOf(reader, subject);
        text.Append("\nState:\t"u8).Append(state switch
        {
            'R' => "R (running)"u8,
            'S' => "S (sleeping)"u8,
            'T' => "T (stopped)"u8,
            _ => "Z (zombie)"u8,
        });
        text.Append("\nTgid:\t"u8).Append(group.Tgid).Append("\nNgid:\t0\nPid:\t"u8).Append(subject.Id)
            .Append("\nPPid:\t"u8).Append(group.ParentTgid).Append("\nTracerPid:\t0"u8);
        Credentials who = shown.Credentials;
        AppendFour(text, "\nUid:"u8, who.Uid, who.EffectiveUid, who.SavedUid, who.FileUid);
        AppendFour(text, "\nGid:"u8, who.Gid, who.EffectiveGid, who.SavedGid, who.FileGid);
        text.Append("\nFDSize:\t"u8).Append(task?.Files.Size ?? 0).Append("\nGroups:\t"u8);
        for (int index = 0; index < who.Groups.Length; index++)
        {
            text.Append(index == 0 ? ""u8 : " "u8).Append(who.Groups[index]);
        }

        text.Append(" \nNStgid:\t"u8).Append(group.Tgid).Append("\nNSpid:\t"u8).Append(subject.Id)
            .Append("\nNSpgid:\t"u8).Append(group.ProcessGroup).Append("\nNSsid:\t"u8).Append(group.Session)
            .Append("\nKthread:\t0\n"u8);
        if (task is not null)
        {
            AppendMemory(text, task.Memory);
        }

        AppendSignals(text, group, task, shown);
        AppendMask(text, "CapInh:\t"u8, who.Inheritable);
        AppendMask(text, "CapPrm:\t"u8, who.Permitted);
        AppendMask(text, "CapEff:\t"u8, who.Effective);
        AppendMask(text, "CapBnd:\t"u8, who.Bounding);
        AppendMask(text, "CapAmb:\t"u8, who.Ambient);
        text.Append("NoNewPrivs:\t"u8).Append(who.NoNewPrivileges ? 1 : 0).Append("\nSeccomp:\t0\nSeccomp_filters:\t0\n"u8)
            .Append("Speculation_Store_Bypass:\t"u8).Append(StoreBypass()).Append("\nSpeculationIndirectBranch:\t"u8).Append(IndirectBranch());
        int cpus = CpuSet.Possible;
        text.Append("\nCpus_allowed:\t"u8);
        CpuSet.AppendMask(text, cpus, cpu => CpuSet.IsAllowed(shown, cpu));
        text.Append("\nCpus_allowed_list:\t"u8);
        CpuSet.AppendList(text, cpus, cpu => CpuSet.IsAllowed(shown, cpu));
        text.Append("\n"u8).Append(HostTree.MemoryNodes)
            .Append("voluntary_ctxt_switches:\t"u8).Append(shown.Sleeps).Append("\nnonvoluntary_ctxt_switches:\t"u8).Append(0).Append("\n"u8);
        return Errno.None;
    }

    /// <summary>The signals that a process ignores, and those that it has handlers for.</summary>
    public static void Dispositions(ThreadGroup group, out ulong ignored, out ulong caught)
    {
        ignored = 0;
        caught = 0;
        SignalHandlers handlers = group.Handlers;
        for (int signal = 1; signal <= SignalHandlers.Count; signal++)
        {
            switch (handlers[signal].handler)
            {
                case SignalHandlers.SIG_DFL:
                    break;
                case SignalHandlers.SIG_IGN:
                    ignored |= SignalSet.Of(signal);
                    break;
                default:
                    caught |= SignalSet.Of(signal);
                    break;
            }
        }
    }

    /// <summary>Linux's new_encode_dev.</summary>
    private static long EncodeDevice(Terminals.Terminal? terminal)
    {
        if (terminal is null)
        {
            return 0;
        }

        _ = terminal.Inode.Stat(out stat status);
        ulong device = status.st_rdev;
        return (minor(device) & 0xff) | ((long)major(device) << 8) | ((long)(minor(device) & ~0xffu) << 12);
    }

    private static void AppendMemory(TextBuffer text, MemoryMap memory)
    {
        MemoryUsage usage = memory.Usage();
        ulong code = Math.Min(usage.Executable, memory.Program.CodePages);
        AppendKib(text, "VmPeak:\t"u8, usage.PeakTotal);
        AppendKib(text, "VmSize:\t"u8, usage.Total);
        AppendKib(text, "VmLck:\t"u8, usage.Locked);
        AppendKib(text, "VmPin:\t"u8, 0);
        AppendKib(text, "VmHWM:\t"u8, usage.PeakResident);
        AppendKib(text, "VmRSS:\t"u8, usage.Resident);
        AppendKib(text, "RssAnon:\t"u8, usage.Anonymous);
        AppendKib(text, "RssFile:\t"u8, usage.File);
        AppendKib(text, "RssShmem:\t"u8, usage.Shared);
        AppendKib(text, "VmData:\t"u8, usage.Data);
        AppendKib(text, "VmStk:\t"u8, usage.Stack);
        AppendKib(text, "VmExe:\t"u8, code);
        AppendKib(text, "VmLib:\t"u8, usage.Executable - code);
        AppendKib(text, "VmPTE:\t"u8, (usage.PageTable + GuestAddress.PageSize - 1) / GuestAddress.PageSize);
        AppendKib(text, "VmSwap:\t"u8, 0);
        text.Append("HugetlbPages:\t       0 kB\nCoreDumping:\t0\nTHP_enabled:\t"u8).Append(memory.IsHugePageDisabled ? 0 : 1)
            .Append("\nuntag_mask:\t0xffffffffffffffff\n"u8);
    }

    private static void AppendSignals(TextBuffer text, ThreadGroup group, GuestTask? task, GuestTask shown)
    {
        ulong pending = 0, shared, blocked = 0;
        lock (group.SignalLock)
        {
            shared = group.Pending.Set;
            if (task is not null)
            {
                pending = task.Pending.Set;
                blocked = task.BlockedSignals;
            }
        }

        ulong ignored = 0, caught = 0;
        if (task is not null)
        {
            Dispositions(group, out ignored, out caught);
        }

        text.Append("Threads:\t"u8).Append(Math.Max(1, group.Tasks.Count))
            .Append("\nSigQ:\t"u8).Append(SignalAccount.Of(shown.Credentials.Uid).Pending).Append("/"u8).Append(group.Limits[RLIMIT_SIGPENDING].rlim_cur).Append("\n"u8);
        AppendMask(text, "SigPnd:\t"u8, pending);
        AppendMask(text, "ShdPnd:\t"u8, shared);
        AppendMask(text, "SigBlk:\t"u8, blocked);
        AppendMask(text, "SigIgn:\t"u8, ignored);
        AppendMask(text, "SigCgt:\t"u8, caught);
    }

    private static void AppendKib(TextBuffer text, ReadOnlySpan<byte> name, ulong pages) =>
        text.Append(name).Append((long)pages * PageKib, 8).Append(" kB\n"u8);

    private static void AppendMask(TextBuffer text, ReadOnlySpan<byte> name, ulong mask) => text.Append(name).AppendHex(mask, 16).Append("\n"u8);

    private static void AppendFour(TextBuffer text, ReadOnlySpan<byte> name, uint first, uint second, uint third, uint fourth) =>
        text.Append(name).Append("\t"u8).Append(first).Append("\t"u8).Append(second).Append("\t"u8).Append(third).Append("\t"u8).Append(fourth);

    private static void AppendEscaped(TextBuffer text, ReadOnlySpan<byte> name)
    {
        foreach (byte one in name)
        {
            text.Append(one switch
            {
                (byte)'\n' => "\\n"u8,
                (byte)'\\' => "\\\\"u8,
                _ => [one],
            });
        }
    }

    private static ReadOnlySpan<byte> StoreBypass()
    {
        Result state = HostSystem.SpeculationControl(PR_SPEC_STORE_BYPASS);
        return state.Failed ? "unknown"u8 : state.Raw switch
        {
            PR_SPEC_NOT_AFFECTED => "not vulnerable"u8,
            PR_SPEC_DISABLE => "globally mitigated"u8,
            _ => "vulnerable"u8,
        };
    }

    private static ReadOnlySpan<byte> IndirectBranch()
    {
        Result state = HostSystem.SpeculationControl(PR_SPEC_INDIRECT_BRANCH);
        return state.Failed ? "unsupported"u8 : state.Raw switch
        {
            PR_SPEC_NOT_AFFECTED => "not affected"u8,
            PR_SPEC_ENABLE => "always enabled"u8,
            PR_SPEC_DISABLE => "always disabled"u8,
            _ => "unknown"u8,
        };
    }

    /// <summary>Numbers with a space in front.</summary>
    private readonly ref struct Fields(TextBuffer text)
    {
        public void Put(long value) => text.Append(" "u8).Append(value);
    }
}
