using UmlHost.Native;

using static UmlHost.Native.Linux;

using Kind = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Trace;

// Structures in guest memory, and what a signal brings.
internal sealed partial class TraceText
{
    /// <summary>The structure of <paramref name="kind"/> at <paramref name="address"/>; false for kinds that are
    /// none.</summary>
    private bool Structure(Kind kind, ulong address)
    {
        switch (kind)
        {
            case Kind.SigSet or Kind.OutSigSet:
                At(address, (in ulong set) => SigSet(set));
                break;
            case Kind.SigSetArgument:
                At(address, (in ulong set) =>
                {
                    Append("{sigmask=");
                    Structure(Kind.SigSet, set);
                    Append(", sigsetsize=");
                    _ = Read(address + 8, out ulong size) ? Unsigned(size) : Append("?");
                    Append("}");
                });
                break;
            case Kind.SigAction or Kind.OutSigAction:
                At<kernel_sigaction>(address, SigAction);
                break;
            case Kind.InSigInfo or Kind.OutSigInfo:
                At<siginfo_t>(address, SigInfo);
                break;
            case Kind.InSigEvent:
                At(address, (in sigevent e) => Append("{sigev_signo=").Signal(e.sigev_signo).Append(", sigev_notify=").Name(Symbols.SigEventKind, e.sigev_notify).Append("}"));
                break;
            case Kind.InStack or Kind.OutStack:
                At(address, (in stack_t s) => Append("{ss_sp=").Address(s.ss_sp).Append(", ss_flags=").Name(Symbols.StackFlags, (uint)s.ss_flags)
                    .Append(", ss_size=").Unsigned(s.ss_size).Append("}"));
                break;
            case Kind.InTimespec or Kind.OutTimespec:
                At<timespec>(address, Timespec);
                break;
            case Kind.InTimespecs:
                Array<timespec>(address, 2, Timespec);
                break;
            case Kind.InTimeval or Kind.OutTimeval:
                At<timeval>(address, Timeval);
                break;
            case Kind.InTimevals:
                Array<timeval>(address, 2, Timeval);
                break;
            case Kind.OutTimezone:
                At(address, (in timezone z) => Append("{tz_minuteswest=").Number(z.tz_minuteswest).Append(", tz_dsttime=").Number(z.tz_dsttime).Append("}"));
                break;
            case Kind.InItimerval or Kind.OutItimerval:
                At(address, (in itimerval t) =>
                {
                    Append("{it_interval=");
                    Timeval(in t.it_interval);
                    Append(", it_value=");
                    Timeval(in t.it_value);
                    Append("}");
                });
                break;
            case Kind.InItimerspec or Kind.OutItimerspec:
                At(address, (in itimerspec t) =>
                {
                    Append("{it_interval=");
                    Timespec(in t.it_interval);
                    Append(", it_value=");
                    Timespec(in t.it_value);
                    Append("}");
                });
                break;
            case Kind.OutTms:
                At(address, (in tms t) => Append("{tms_utime=").Number(t.tms_utime).Append(", tms_stime=").Number(t.tms_stime)
                    .Append(", tms_cutime=").Number(t.tms_cutime).Append(", tms_cstime=").Number(t.tms_cstime).Append("}"));
                break;
            case Kind.OutStat:
                At(address, (in stat s) =>
                {
                    Append("{st_mode=").FileMode(s.st_mode);
                    _ = S_ISCHR(s.st_mode) || S_ISBLK(s.st_mode) ? Append(", st_rdev=").Device(s.st_rdev) : Append(", st_size=").Number(s.st_size);
                    Append(", ...}");
                });
                break;
            case Kind.OutStatx:
                At(address, (in statx s) =>
                {
                    Append("{stx_mask=").Name(Symbols.StatxMask, s.stx_mask).Append(", stx_attributes=").Hex(s.stx_attributes);
                    Append(", stx_mode=").FileMode(s.stx_mode).Append(", stx_size=").Unsigned(s.stx_size).Append(", ...}");
                });
                break;
            case Kind.OutStatfs:
                At(address, (in statfs f) =>
                {
                    Append("{f_type=").Name(Symbols.FileSystem, f.f_type).Append(", f_bsize=").Number(f.f_bsize).Append(", f_blocks=").Unsigned(f.f_blocks);
                    Append(", f_bfree=").Unsigned(f.f_bfree).Append(", f_bavail=").Unsigned(f.f_bavail).Append(", f_files=").Unsigned(f.f_files);
                    Append(", f_ffree=").Unsigned(f.f_ffree).Append(", f_namelen=").Number(f.f_namelen).Append(", f_frsize=").Number(f.f_frsize);
                    Append(", f_flags=").Name(Symbols.StatfsFlags, f.f_flags).Append("}");
                });
                break;
            case Kind.OutUtsname:
                if (!Read<utsname>(address, out _))
                {
                    Address(address);
                    break;
                }

                Append("{sysname=");
                String(address, 64);
                Append(", nodename=");
                String(address + 65, 64);
                Append(", ...}");
                break;
            case Kind.OutSysinfo:
                At(address, (in sysinfo s) => Append("{uptime=").Number(s.uptime).Append(", totalram=").Unsigned(s.totalram).Append(", freeram=").Unsigned(s.freeram)
                    .Append(", procs=").Number(s.procs).Append(", mem_unit=").Unsigned(s.mem_unit).Append(", ...}"));
                break;
            case Kind.OutWaitStatus:
                At(address, (in int status) => WaitStatus(status));
                break;
            case Kind.OutRusage:
                At(address, (in rusage r) =>
                {
                    Append("{ru_utime=");
                    Timeval(in r.ru_utime);
                    Append(", ru_stime=");
                    Timeval(in r.ru_stime);
                    Append(", ...}");
                });
                break;
            case Kind.InRlimit or Kind.OutRlimit:
                At(address, (in rlimit r) => Append("{rlim_cur=").Limit(r.rlim_cur).Append(", rlim_max=").Limit(r.rlim_max).Append("}"));
                break;
            case Kind.CloneArgs:
                At<clone_args>(address, CloneArguments);
                break;
            case Kind.OpenHow:
                At(address, (in open_how how) =>
                {
                    Append("{flags=").OpenFlags((long)how.flags);
                    Append(", mode=").Octal((uint)how.mode).Append(", resolve=").Name(Symbols.Resolve, (long)how.resolve).Append("}");
                });
                break;
            case Kind.EpollEvent:
                At<epoll_event>(address, EpollEvent);
                break;
            default:
                return false;
        }

        return true;
    }

    /// <summary>The line of a signal that is delivered.</summary>
    public TraceText Delivery(in siginfo_t info)
    {
        Append("--- ").Signal(info.si_signo).Append(" ");
        SigInfo(in info);
        return Append(" ---");
    }

    private void SigInfo(in siginfo_t info)
    {
        if (info.si_signo == 0)
        {
            Append("{}");
            return;
        }

        Append("{si_signo=").Signal(info.si_signo).Append(", si_code=");
        bool fault = info.si_signo is SIGSEGV or SIGBUS or SIGFPE or SIGILL or SIGTRAP;
        SymbolTable? codes = info.si_signo switch
        {
            SIGCHLD => Symbols.ChildCode,
            SIGSEGV => Symbols.SegvCode,
            SIGBUS => Symbols.BusCode,
            SIGFPE => Symbols.FpeCode,
            SIGILL => Symbols.IllCode,
            SIGTRAP => Symbols.TrapCode,
            SIGSYS => Symbols.SysCode,
            _ => null,
        };
        if ((Symbols.SignalSource.NameOf(info.si_code) ?? codes?.NameOf(info.si_code)) is { } code)
        {
            Append(code);
        }
        else
        {
            Hex((uint)info.si_code);
        }

        if (info.si_code == SI_TIMER)
        {
            Append(", si_timerid=").Number(info.si_timerid).Append(", si_overrun=").Number(info.si_overrun);
            Append(", si_int=").Number(info.si_value.sival_int).Append(", si_ptr=").Address(info.si_value.sival_ptr);
        }
        else if (info.si_code <= 0)
        {
            Append(", si_pid=").Number(info.si_pid).Append(", si_uid=").Unsigned(info.si_uid);
            if (info.si_code is not (SI_USER or SI_TKILL))
            {
                Append(", si_int=").Number(info.si_value.sival_int).Append(", si_ptr=").Address(info.si_value.sival_ptr);
            }
        }
        else if (info.si_code == SI_KERNEL)
        {
            Append(fault ? ", si_addr=NULL" : "");
        }
        else if (fault)
        {
            Append(", si_addr=").Address(info.si_addr);
        }
        else if (info.si_signo == SIGCHLD)
        {
            Append(", si_pid=").Number(info.si_pid).Append(", si_uid=").Unsigned(info.si_uid).Append(", si_status=");
            _ = info.si_code == CLD_EXITED ? Number(info.si_status) : Signal(info.si_status);
            Append(", si_utime=").Number(info.si_utime).Append(", si_stime=").Number(info.si_stime);
        }
        else if (info.si_signo == SIGSYS)
        {
            Append(", si_call_addr=").Address(info.si_call_addr).Append(", si_syscall=").Number(info.si_syscall).Append(", si_arch=").Hex(info.si_arch);
        }
        else if (info.si_signo == SIGIO)
        {
            Append(", si_band=").Number(info.si_band).Append(", si_fd=").Number(info.si_fd);
        }
        else if (codes is null)
        {
            Append(", si_pid=").Number(info.si_pid).Append(", si_uid=").Unsigned(info.si_uid);
            Append(", si_int=").Number(info.si_value.sival_int).Append(", si_ptr=").Address(info.si_value.sival_ptr);
        }

        Append("}");
    }

    /// <summary>A set of signals without their SIG; the missing ones where most are in it.</summary>
    private void SigSet(ulong set)
    {
        bool inverted = ulong.PopCount(set) >= 43;
        string before = inverted ? "~[" : "[";
        ulong shown = inverted ? ~set : set;
        if (shown == 0)
        {
            Append(before);
        }

        for (int signal = 1; signal <= 64; signal++)
        {
            if ((shown >> (signal - 1) & 1) == 0)
            {
                continue;
            }

            Append(before);
            before = " ";
            int start = _text.Length;
            Signal(signal);
            _text.Remove(start, signal > SIGRTMIN ? 0 : 3);
            _ = signal > SIGRTMIN ? _text.Remove(start, 3) : _text;
        }

        Append("]");
    }

    private void SigAction(in kernel_sigaction action)
    {
        Append("{sa_handler=");
        _ = action.handler switch
        {
            SIG_DFL => Append("SIG_DFL"),
            SIG_IGN => Append("SIG_IGN"),
            _ => Hex(action.handler),
        };
        Append(", sa_mask=");
        SigSet(action.mask);
        Append(", sa_flags=").Name(Symbols.SigActionFlags, (long)action.flags);
        if ((action.flags & (ulong)SA_RESTORER) != 0)
        {
            Append(", sa_restorer=").Address(action.restorer);
        }

        Append("}");
    }

    private void Timespec(in timespec t)
    {
        if (t.tv_nsec is UTIME_NOW or UTIME_OMIT)
        {
            Append(t.tv_nsec == UTIME_NOW ? "UTIME_NOW" : "UTIME_OMIT");
        }
        else
        {
            Append("{tv_sec=").Number(t.tv_sec).Append(", tv_nsec=").Number(t.tv_nsec).Append("}");
        }
    }

    private void Timeval(in timeval t) => Append("{tv_sec=").Number(t.tv_sec).Append(", tv_usec=").Number(t.tv_usec).Append("}");

    private TraceText FileMode(uint mode)
    {
        if ((mode & S_IFMT) != 0)
        {
            Name(Symbols.FileType, mode & S_IFMT).Append("|");
        }

        uint special = mode & (S_ISUID | S_ISGID | S_ISVTX);
        if (special != 0)
        {
            Name(Symbols.SpecialBits, special).Append("|");
        }

        return Octal(mode & 0x1ff);
    }

    private TraceText Device(ulong device) => Append("makedev(").Hex(major(device)).Append(", ").Hex(minor(device)).Append(")");

    private TraceText Limit(ulong limit) =>
        limit == RLIM_INFINITY ? Append("RLIM64_INFINITY")
        : limit > 1024 && limit % 1024 == 0 ? Unsigned(limit / 1024).Append("*1024")
        : Unsigned(limit);

    private void WaitStatus(int status)
    {
        if (WIFCONTINUED(status))
        {
            Append("[{WIFCONTINUED(s)}]");
        }
        else if (WIFSTOPPED(status))
        {
            Append("[{WIFSTOPPED(s) && WSTOPSIG(s) == ").Signal(WSTOPSIG(status)).Append("}]");
        }
        else if (WIFSIGNALED(status))
        {
            Append("[{WIFSIGNALED(s) && WTERMSIG(s) == ").Signal(WTERMSIG(status)).Append(WCOREDUMP(status) ? " && WCOREDUMP(s)}]" : "}]");
        }
        else
        {
            Append("[{WIFEXITED(s) && WEXITSTATUS(s) == ").Number(WEXITSTATUS(status)).Append("}]");
        }
    }

    private void CloneArguments(in clone_args args)
    {
        Append("{flags=").Name(Symbols.UnshareFlags, (long)args.flags);
        if ((args.flags & (ulong)CLONE_PIDFD) != 0)
        {
            Append(", pidfd=").Address(args.pidfd);
        }

        if ((args.flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) != 0)
        {
            Append(", child_tid=").Address(args.child_tid);
        }

        if ((args.flags & (ulong)CLONE_PARENT_SETTID) != 0)
        {
            Append(", parent_tid=").Address(args.parent_tid);
        }

        Append(", exit_signal=").Signal((int)args.exit_signal).Append(", stack=").Address(args.stack).Append(", stack_size=").Hex(args.stack_size);
        if ((args.flags & (ulong)CLONE_SETTLS) != 0)
        {
            Append(", tls=").Address(args.tls);
        }

        Append("}");
    }

    private void EpollEvent(in epoll_event e) => Append("{events=").Name(Symbols.Epoll, e.events)
        .Append(", data={u32=").Unsigned((uint)e.data).Append(", u64=").Unsigned(e.data).Append("}}");
}
