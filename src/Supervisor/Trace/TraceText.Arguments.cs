using System;

using UmlHost.Abi;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

using Kind = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Trace;

// One argument, by its kind.
internal sealed partial class TraceText
{
    /// <summary>Whether an argument is known only when the call has returned.</summary>
    private static bool ShownAtExit(Kind kind, in SyscallArguments args) => kind switch
    {
        Kind.OutBuffer or Kind.OutString or Kind.OutIovec or Kind.OutDirents or Kind.OutOption or Kind.OutInt or Kind.OutIntPair or Kind.OutLong
            or Kind.OutUids or Kind.IoctlArgument or Kind.ArchPrctlArgument or Kind.OutSigSet or Kind.OutSigAction or Kind.OutSigInfo
            or Kind.OutStack or Kind.OutTimespec or Kind.OutRemainder or Kind.OutTimeval or Kind.OutTimezone or Kind.OutItimerval
            or Kind.OutItimerspec or Kind.OutTms or Kind.OutStat or Kind.OutStatx or Kind.OutStatfs or Kind.OutUtsname or Kind.OutSysinfo
            or Kind.OutWaitStatus or Kind.OutRusage or Kind.OutRlimit or Kind.OutCpuSet or Kind.OutEpollEvents or Kind.OutSockAddr
            or Kind.OutMsgHdr => true,
        Kind.FcntlArgument => args.Int(1) is F_GETLK or F_OFD_GETLK or F_GETOWN_EX,
        Kind.PrctlArgument => args.Int(0) is PR_GET_NAME or PR_GET_PDEATHSIG or PR_GET_CHILD_SUBREAPER or PR_GET_TID_ADDRESS or PR_GET_TSC,
        _ => false,
    };

    /// <summary>Adds argument <paramref name="i"/>.</summary>
    /// <param name="result">The call's, for arguments that are shown at its exit.</param>
    private void Argument(Kind kind, in SyscallArguments args, int i, SyscallResult result)
    {
        ulong value = args[i];
        ulong next = i < 5 ? args[i + 1] : 0;
        if (result.Failed && ShownAtExit(kind, in args) && kind is not (Kind.OutRemainder or Kind.FcntlArgument or Kind.IoctlArgument))
        {
            // Nothing was written.
            Address(value);
            return;
        }

        switch (kind)
        {
            case Kind.Int or Kind.Fd or Kind.Pid or Kind.Uid:
                Number((int)value);
                break;
            case Kind.UInt:
                Unsigned((uint)value);
                break;
            case Kind.Long or Kind.Offset:
                Number((long)value);
                break;
            case Kind.Size:
                Unsigned(value);
                break;
            case Kind.Hex:
                Hex(value);
                break;
            case Kind.Mode:
                Octal((uint)value);
                break;
            case Kind.ModeType:
                FileMode((uint)value);
                break;
            case Kind.Device:
                Device((uint)value);
                break;
            case Kind.DirFd:
                if ((int)value == AT_FDCWD)
                {
                    Append("AT_FDCWD");
                }
                else
                {
                    Number((int)value);
                }

                break;
            case Kind.Path:
                Path(value);
                break;
            case Kind.String:
                String(value);
                break;
            case Kind.Strings:
                Array<ulong>(value, CountStrings(value), (in ulong pointer) => String(pointer));
                break;
            case Kind.Environment:
                Address(value);
                if (value != 0)
                {
                    Append(" /* ").Unsigned(CountStrings(value)).Append(" vars */");
                }

                break;
            case Kind.InBuffer:
                Buffer(value, next);
                break;
            case Kind.OutBuffer:
                Buffer(value, Math.Min((ulong)result.Raw, next));
                break;
            case Kind.OutString:
                Path(value);
                break;
            case Kind.InIovec:
                Iovec(value, next, ulong.MaxValue);
                break;
            case Kind.OutIovec:
                Iovec(value, next, (ulong)result.Raw);
                break;
            case Kind.RemoteIovec:
                Array(value, next, (in iovec part) => Append("{iov_base=").Address(part.iov_base).Append(", iov_len=").Unsigned(part.iov_len).Append("}"));
                break;
            case Kind.OutDirents:
                Dirents(value, (ulong)result.Raw);
                break;
            case Kind.InOption:
                Option(value, (uint)next);
                break;
            case Kind.OutOption:
                Option(value, Read(next, out uint length) ? length : 0);
                break;
            case Kind.InInt or Kind.OutInt:
                At(value, (in int n) => Append("[").Number(n).Append("]"));
                break;
            case Kind.OutIntPair:
                Array(value, 2, (in int n) => Number(n));
                break;
            case Kind.InOffset or Kind.OutLong:
                At(value, (in long n) => Append("[").Number(n).Append("]"));
                break;
            case Kind.InUids or Kind.OutUids:
                ulong ids = kind == Kind.InUids ? args[i - 1] : (ulong)result.Raw;
                Array(value, ids, (in uint id) => Unsigned(id));
                break;
            case Kind.OpenFlags:
                OpenFlags((uint)value);
                break;
            case Kind.MapFlags:
                MapFlags(value);
                break;
            case Kind.Signal:
                Signal((int)value);
                break;
            case Kind.CloneFlags:
                CloneFlags(value);
                break;
            case Kind.FutexOp:
                FutexOperation((uint)value);
                break;
            case Kind.FutexValue3:
                if ((uint)value == FUTEX_BITSET_MATCH_ANY && (args.Int(1) & FUTEX_CMD_MASK) is FUTEX_WAIT_BITSET or FUTEX_WAKE_BITSET)
                {
                    Append("FUTEX_BITSET_MATCH_ANY");
                }
                else
                {
                    Hex((uint)value);
                }

                break;
            case Kind.Futex2Flags:
                Futex2Flags((uint)value);
                break;
            case Kind.SchedPolicy:
                Name(Symbols.SchedulingPolicy, (uint)value & ~(uint)SCHED_RESET_ON_FORK);
                Append((value & SCHED_RESET_ON_FORK) != 0 ? "|SCHED_RESET_ON_FORK" : "");
                break;
            case Kind.IpcFlags:
                Name(Symbols.IpcFlags, (uint)value & ~0x1ffu).Append("|").Octal((uint)value & 0x1ff);
                break;
            case Kind.SockType:
                Name(Symbols.SocketType, (uint)value & 0xf);
                Symbols.SockFlags.AppendMore(_text, (uint)value & ~0xfu);
                break;
            case Kind.SockProtocol:
                if ((int)args[0] is AF_INET or AF_INET6)
                {
                    Name(Symbols.Protocol, (int)value);
                }
                else
                {
                    Number((int)value);
                }

                break;
            case Kind.SockOption:
                SocketOption(args.Int(i - 1), (int)value);
                break;
            case Kind.FcntlArgument:
                FcntlArgument(args.Int(1), value);
                break;
            case Kind.IoctlArgument:
                IoctlArgument(args.UInt(1), value, result);
                break;
            case Kind.PrctlArgument:
                PrctlArgument(args.Int(0), value);
                break;
            case Kind.ArchPrctlArgument:
                if (args.Int(0) is ARCH_GET_FS or ARCH_GET_GS)
                {
                    At(value, (in ulong address) => Append("[").Hex(address).Append("]"));
                }
                else
                {
                    Hex(value);
                }

                break;
            case Kind.FutexTimeout:
                if ((args.Int(1) & FUTEX_CMD_MASK) is FUTEX_REQUEUE or FUTEX_CMP_REQUEUE or FUTEX_CMP_REQUEUE_PI or FUTEX_WAKE_OP)
                {
                    Number((int)value);
                }
                else
                {
                    At<timespec>(value, Timespec);
                }

                break;
            case Kind.OutRemainder:
                if (result.Error == Errno.EINTR)
                {
                    At<timespec>(value, Timespec);
                }
                else
                {
                    Address(value);
                }

                break;
            case Kind.InCpuSet:
                CpuSet(value, args[i - 1]);
                break;
            case Kind.OutCpuSet:
                CpuSet(value, (ulong)result.Raw);
                break;
            case Kind.OutEpollEvents:
                Array<epoll_event>(value, (ulong)result.Raw, EpollEvent);
                break;
            case Kind.PollFds:
                Array(value, (uint)next, (in pollfd fd) => Append("{fd=").Number(fd.fd).Append(", events=").Name(Symbols.Poll, (ushort)fd.events).Append("}"));
                break;
            case Kind.FdSet:
                FdSet(value, args.Int(0));
                break;
            case Kind.InSockAddr:
                SockAddr(value, (uint)next);
                break;
            case Kind.OutSockAddr:
                SockAddr(value, Read(next, out uint size) ? size : 0);
                break;
            case Kind.InMsgHdr:
                MsgHdr(value, ulong.MaxValue);
                break;
            case Kind.OutMsgHdr:
                MsgHdr(value, (ulong)result.Raw);
                break;
            default:
                if (Symbols.For(kind) is { } table)
                {
                    Name(table, kind is Kind.IoctlRequest || table.IsFlags ? (uint)value : (int)value);
                }
                else if (!Structure(kind, value))
                {
                    Address(value);
                }

                break;
        }
    }

    private void OpenFlags(long flags)
    {
        Name(Symbols.AccessModes, flags & O_ACCMODE);
        Symbols.FileStatus.AppendMore(_text, flags & ~O_ACCMODE);
    }

    private void MapFlags(ulong flags)
    {
        Name(Symbols.MapType, (long)(flags & MAP_TYPE));
        long rest = (long)(flags & ~(ulong)MAP_TYPE);
        if ((rest & MAP_HUGETLB) == 0)
        {
            Symbols.Mapping.AppendMore(_text, rest);
            return;
        }

        long size = (rest >> MAP_HUGE_SHIFT) & MAP_HUGE_MASK;
        Symbols.Mapping.AppendMore(_text, rest & ~((long)MAP_HUGE_MASK << MAP_HUGE_SHIFT));
        if (size != 0)
        {
            Append("|").Number(size).Append("<<MAP_HUGE_SHIFT");
        }
    }

    /// <summary>clone's flags have the exit signal in their low byte.</summary>
    private void CloneFlags(ulong flags)
    {
        ulong rest = flags & ~(ulong)CSIGNAL;
        int signal = (int)(flags & CSIGNAL);
        if (rest != 0 || signal == 0)
        {
            Name(Symbols.UnshareFlags, (long)rest).Append(signal != 0 ? "|" : "");
        }

        if (signal != 0)
        {
            Signal(signal);
        }
    }

    private void FutexOperation(uint operation)
    {
        Name(Symbols.FutexOp, operation & unchecked((uint)FUTEX_CMD_MASK));
        Append((operation & FUTEX_PRIVATE_FLAG) != 0 ? "_PRIVATE" : "");
        Append((operation & FUTEX_CLOCK_REALTIME) != 0 ? "|FUTEX_CLOCK_REALTIME" : "");
    }

    private void Futex2Flags(uint flags)
    {
        ReadOnlySpan<string> sizes = ["FUTEX2_SIZE_U8", "FUTEX2_SIZE_U16", "FUTEX2_SIZE_U32", "FUTEX2_SIZE_U64"];
        Append(sizes[(int)(flags & 3)]).Append((flags & 4) != 0 ? "|FUTEX2_NUMA" : "").Append((flags & FUTEX_PRIVATE_FLAG) != 0 ? "|FUTEX2_PRIVATE" : "");
        uint rest = flags & ~(7u | FUTEX_PRIVATE_FLAG);
        if (rest != 0)
        {
            Append("|").Hex(rest);
        }
    }

    private void FcntlArgument(int command, ulong value)
    {
        switch (command)
        {
            case F_SETFD:
                Name(Symbols.DescriptorFlags, (uint)value);
                break;
            case F_SETFL:
                OpenFlags((uint)value);
                break;
            case F_GETLK or F_SETLK or F_SETLKW or F_OFD_GETLK or F_OFD_SETLK or F_OFD_SETLKW:
                At(value, (in flock l) =>
                {
                    Append("{l_type=").Name(Symbols.LockType, l.l_type).Append(", l_whence=").Name(Symbols.Whence, l.l_whence);
                    Append(", l_start=").Number(l.l_start).Append(", l_len=").Number(l.l_len);
                    Append(command is F_GETLK or F_OFD_GETLK ? ", l_pid=" : "");
                    _ = command is F_GETLK or F_OFD_GETLK ? Number(l.l_pid) : this;
                    Append("}");
                });
                break;
            case F_SETSIG:
                Signal((int)value);
                break;
            case F_SETLEASE:
                Name(Symbols.LockType, (int)value);
                break;
            case F_SETOWN_EX or F_GETOWN_EX:
                At(value, (in f_owner_ex owner) => Append("{type=").Append(owner.type switch
                {
                    F_OWNER_TID => "F_OWNER_TID",
                    F_OWNER_PID => "F_OWNER_PID",
                    F_OWNER_PGRP => "F_OWNER_PGRP",
                    _ => "?",
                }).Append(", pid=").Number(owner.pid).Append("}"));
                break;
            case F_DUPFD or F_DUPFD_CLOEXEC or F_SETOWN or F_SETPIPE_SZ:
                Number((int)value);
                break;
            default:
                Hex(value);
                break;
        }
    }

    private void IoctlArgument(uint request, ulong value, SyscallResult result)
    {
        switch (request)
        {
            case TIOCSWINSZ:
            case TIOCGWINSZ when !result.Failed:
                At(value, (in winsize w) => Append("{ws_row=").Number(w.ws_row).Append(", ws_col=").Number(w.ws_col)
                    .Append(", ws_xpixel=").Number(w.ws_xpixel).Append(", ws_ypixel=").Number(w.ws_ypixel).Append("}"));
                break;
            case FIONBIO or FIOASYNC or TIOCSPGRP or TIOCSPTLCK:
            case FIONREAD or TIOCOUTQ or TIOCGPGRP or TIOCGSID or TIOCGPTN or TIOCGPTLCK when !result.Failed:
                At(value, (in int n) => Append("[").Number(n).Append("]"));
                break;
            default:
                Address(value);
                break;
        }
    }

    private void PrctlArgument(int option, ulong value)
    {
        switch (option)
        {
            case PR_SET_NAME or PR_GET_NAME:
                String(value, 15);
                break;
            case PR_SET_PDEATHSIG:
                Signal((int)value);
                break;
            case PR_GET_PDEATHSIG:
                At(value, (in int n) => Append("[").Signal(n).Append("]"));
                break;
            case PR_GET_CHILD_SUBREAPER or PR_GET_TSC:
                At(value, (in int n) => Append("[").Number(n).Append("]"));
                break;
            case PR_GET_TID_ADDRESS:
                At(value, (in ulong n) => Append("[").Hex(n).Append("]"));
                break;
            case PR_SET_DUMPABLE or PR_SET_CHILD_SUBREAPER or PR_SET_NO_NEW_PRIVS or PR_SET_KEEPCAPS or PR_SET_THP_DISABLE
                or PR_CAPBSET_READ or PR_CAPBSET_DROP or PR_SET_TIMERSLACK:
                Number((long)value);
                break;
            default:
                Hex(value);
                break;
        }
    }

    private ulong CountStrings(ulong address)
    {
        ulong count = 0;
        while (Read(address + (count * 8), out ulong pointer) && pointer != 0)
        {
            count++;
        }

        return count;
    }

    private void Iovec(ulong address, ulong count, ulong bytes)
    {
        ulong left = bytes;
        Array(address, count, (in iovec part) =>
        {
            ulong here = Math.Min(part.iov_len, left);
            left -= left == ulong.MaxValue ? 0 : here;
            Append("{iov_base=");
            Buffer(part.iov_base, here);
            Append(", iov_len=").Unsigned(part.iov_len).Append("}");
        });
    }

    private void Dirents(ulong address, ulong length)
    {
        Address(address);
        int entries = 0;
        ulong at = 0;
        while (at < length && Read(address + at + 16, out ushort size) && size != 0)
        {
            at += size;
            entries++;
        }

        Append(" /* ").Number(entries).Append(" entries */");
    }

    private void CpuSet(ulong address, ulong length)
    {
        Span<byte> bits = stackalloc byte[1024];
        bits = bits[..(int)Math.Min(length, 1024)];
        if (address == 0 || memory.CopyIn(new GuestAddress(address), bits) < bits.Length)
        {
            Address(address);
            return;
        }

        Append("[");
        Bits(bits, bits.Length * 8, " ");
        Append("]");
    }

    private void FdSet(ulong address, int count)
    {
        Span<byte> bits = stackalloc byte[128];
        count = Math.Clamp(count, 0, 1024);
        bits = bits[..((count + 63) / 64 * 8)];
        if (address == 0 || memory.CopyIn(new GuestAddress(address), bits) < bits.Length)
        {
            Address(address);
            return;
        }

        Append("[");
        Bits(bits, count, " ");
        Append("]");
    }

    private void Bits(ReadOnlySpan<byte> bits, int count, string separator)
    {
        string before = "";
        for (int bit = 0; bit < count; bit++)
        {
            if ((bits[bit / 8] >> (bit % 8) & 1) != 0)
            {
                Append(before).Number(bit);
                before = separator;
            }
        }
    }

    private void ReadyFdSets(in SyscallArguments args)
    {
        ReadOnlySpan<string> names = ["in ", "out ", "except "];
        string before = "";
        for (int i = 1; i <= 3; i++)
        {
            if (args[i] != 0)
            {
                Append(before).Append(names[i - 1]);
                FdSet(args[i], args.Int(0));
                before = ", ";
            }
        }
    }

    private void ReadyPollFds(ulong address, uint count)
    {
        Append("[");
        string before = "";
        for (uint i = 0; i < Math.Min(count, 1024) && Read(address + (i * 8), out pollfd fd); i++)
        {
            if (fd.revents != 0)
            {
                Append(before).Append("{fd=").Number(fd.fd).Append(", revents=").Name(Symbols.Poll, (ushort)fd.revents).Append("}");
                before = ", ";
            }
        }

        Append("]");
    }
}
