using System;
using System.Globalization;

using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Trace;

// A call's two halves: arguments up to the first one that the call fills in, then the others and the result.
internal sealed partial class TraceText
{
    // Calls that need more than their argument kinds say.
    private const int Poll = 7, Mmap = 9, Brk = 12, Select = 23, Mremap = 25, Shmat = 30, Execve = 59, Fcntl = 72, Umask = 95,
        RtSigtimedwait = 128, RtSigreturn = 15, Clone = 56, Wait4 = 61, Clone3 = 435, Open = 2, Openat = 257, Mknod = 133, Mknodat = 259, Prctl = 157, Futex = 202, Pselect6 = 270, Ppoll = 271, Execveat = 322;

    /// <summary>What is known when the call begins.</summary>
    public TraceText Entry(Syscall call, in SyscallArguments args)
    {
        Append(call.Name).Append("(");
        if (call.Number == Clone)
        {
            Append("child_stack=").Address(args[1]).Append(", flags=");
            Argument(ArgumentKind.CloneFlags, in args, 0, default);
            return this;
        }

        if (call.Number == Clone3)
        {
            Argument(ArgumentKind.CloneArgs, in args, 0, default);
            return this;
        }

        if (call.Number == RtSigreturn)
        {
            At(args[0], (in ucontext context) =>
            {
                Append("{mask=");
                SigSet(context.uc_sigmask);
                Append("}");
            });
            return this;
        }

        int count = Count(call, in args);
        Arguments(call, in args, default, 0, Split(call, in args, count), count);
        return this;
    }

    /// <summary>The rest.</summary>
    public TraceText Exit(Syscall call, in SyscallArguments args, SyscallResult result)
    {
        if (call.Number == Clone)
        {
            CloneResults(in args, result);
        }
        else if (call.Number == Clone3)
        {
            Clone3Results(args[0], result);
            Append(", ").Unsigned(args[1]);
        }
        else
        {
            int count = Count(call, in args);
            Arguments(call, in args, result, Split(call, in args, count), count, count);
        }

        Append(") = ");
        Result(call, in args, result);
        return this;
    }

    public static string Stop(int signal) => new TraceText(NoMemory.Instance).Append("--- stopped by ").Signal(signal).Append(" ---").ToString();

    public static string Ending(int waitStatus) =>
        WIFSIGNALED(waitStatus)
            ? new TraceText(NoMemory.Instance).Append("+++ killed by ").Signal(WTERMSIG(waitStatus)).Append(WCOREDUMP(waitStatus) ? " (core dumped) +++" : " +++").ToString()
            : string.Create(CultureInfo.InvariantCulture, $"+++ exited with {WEXITSTATUS(waitStatus)} +++");

    private void CloneResults(in SyscallArguments args, SyscallResult result)
    {
        ulong flags = args[0];
        if ((flags & (CLONE_PARENT_SETTID | CLONE_PIDFD)) != 0)
        {
            Append(", parent_tid=");
            Argument(ArgumentKind.OutInt, in args, 2, result);
        }

        if ((flags & CLONE_SETTLS) != 0)
        {
            Append(", tls=").Hex(args[4]);
        }

        if ((flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) != 0)
        {
            Append(", child_tidptr=").Address(args[3]);
        }
    }

    private void Clone3Results(ulong address, SyscallResult result)
    {
        if (result.Failed || !Read(address, out clone_args args) || (args.flags & (CLONE_PARENT_SETTID | CLONE_PIDFD)) == 0)
        {
            return;
        }

        Append(" => {");
        if ((args.flags & CLONE_PIDFD) != 0)
        {
            Append("pidfd=");
            At(args.pidfd, (in int n) => Append("[").Number(n).Append("]"));
        }

        if ((args.flags & CLONE_PARENT_SETTID) != 0)
        {
            Append((args.flags & CLONE_PIDFD) != 0 ? ", parent_tid=" : "parent_tid=");
            At(args.parent_tid, (in int n) => Append("[").Number(n).Append("]"));
        }

        Append("}");
    }

    private void Arguments(Syscall call, in SyscallArguments args, SyscallResult result, int start, int end, int count)
    {
        for (int i = start; i < end; i++)
        {
            if (!Hides(call, in args, i))
            {
                // A wait that found nobody wrote nothing.
                bool unwritten = call.Number == Wait4 && result.Raw == 0 && ShownAtExit(call.Arguments[i], in args);
                if (unwritten)
                {
                    Address(args[i]);
                }
                else
                {
                    Argument(call.Arguments[i], in args, i, result);
                }

                Append(i + 1 < count ? ", " : "");
            }
        }
    }

    /// <summary>An argument without effect.</summary>
    private static bool Hides(Syscall call, in SyscallArguments args, int index) =>
        call.Arguments[index] == ArgumentKind.Unused || (call.Number == Futex && (args.Int(1) & FUTEX_CMD_MASK) switch
        {
            FUTEX_WAIT_BITSET => index == 4,
            FUTEX_WAKE_BITSET => index is 3 or 4,
            _ => false,
        });

    /// <summary>How many arguments the call takes in this use of it: those that it ignores are not shown.</summary>
    private static int Count(Syscall call, in SyscallArguments args)
    {
        int count = call.Arguments.Length;
        switch (call.Number)
        {
            case Open or Openat:
                return (args.UInt(count - 2) & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) == 0 ? count - 1 : count;
            case Mknod or Mknodat:
                return (args.UInt(count - 2) & S_IFMT) is S_IFCHR or S_IFBLK ? count : count - 1;
            case Mremap:
                return (args.UInt(3) & (MREMAP_FIXED | MREMAP_DONTUNMAP)) == 0 ? count - 1 : count;
            case Fcntl:
                return args.Int(1) is F_GETFD or F_GETFL or F_GETOWN or F_GETSIG or F_GETLEASE or F_GETPIPE_SZ or F_GET_SEALS ? 2 : count;
            case Prctl:
                while (count > 1 && args[count - 1] == 0)
                {
                    count--;
                }

                return count;
            case Futex:
                return (args.Int(1) & FUTEX_CMD_MASK) switch
                {
                    FUTEX_UNLOCK_PI or FUTEX_TRYLOCK_PI => 2,
                    FUTEX_WAKE => 3,
                    FUTEX_WAIT or FUTEX_LOCK_PI or FUTEX_LOCK_PI2 => 4,
                    FUTEX_REQUEUE => 5,
                    _ => count,
                };
            default:
                return count > 0 && call.Arguments[count - 1] == ArgumentKind.Unused ? count - 1 : count;
        }
    }

    private static int Split(Syscall call, in SyscallArguments args, int count)
    {
        int i = 0;
        while (i < count && !ShownAtExit(call.Arguments[i], in args))
        {
            i++;
        }

        return i;
    }

    private void Result(Syscall call, in SyscallArguments args, SyscallResult result)
    {
        switch (result.Outcome)
        {
            case SyscallOutcome.NoReturn when call.Number is not (Execve or Execveat):
                Append("?");
                return;
            case SyscallOutcome.RestartSys:
                Append("? ERESTARTSYS (To be restarted if SA_RESTART is set)");
                return;
            case SyscallOutcome.RestartNoHand:
                Append("? ERESTARTNOHAND (To be restarted if no handler)");
                return;
            case SyscallOutcome.RestartNoIntr:
                Append("? ERESTARTNOINTR (To be restarted)");
                return;
            case SyscallOutcome.RestartBlock:
                Append("? ERESTART_RESTARTBLOCK (Interrupted by signal)");
                return;
            default:
                break;
        }

        if (result.Failed)
        {
            Append("-1 ").Append(ErrnoNames.Name(result.Error)).Append(" (").Append(ErrnoNames.Message(result.Error)).Append(")");
            return;
        }

        switch (call.Number)
        {
            case Mmap or Mremap or Brk or Shmat:
                Hex((ulong)result.Raw);
                break;
            case Umask:
                Octal((uint)result.Raw);
                break;
            case Fcntl when args.Int(1) == F_GETFL:
                Hex((ulong)result.Raw).Append(" (flags ");
                OpenFlags(result.Raw);
                Append(")");
                break;
            case Fcntl when args.Int(1) == F_GETFD && result.Raw != 0:
                Hex((ulong)result.Raw).Append(" (flags ").Name(Symbols.DescriptorFlags, result.Raw).Append(")");
                break;
            case Poll or Ppoll:
                Number(result.Raw).Append(result.Raw == 0 ? " (Timeout)" : " (");
                if (result.Raw != 0)
                {
                    ReadyPollFds(args[0], args.UInt(1));
                    Append(")");
                }

                break;
            case Select or Pselect6:
                Number(result.Raw).Append(result.Raw == 0 ? " (Timeout)" : " (");
                if (result.Raw != 0)
                {
                    ReadyFdSets(in args);
                    Append(")");
                }

                break;
            case RtSigtimedwait:
                Number(result.Raw).Append(" (").Signal((int)result.Raw).Append(")");
                break;
            default:
                Number(result.Raw);
                break;
        }
    }

    /// <summary>For lines that are about no memory.</summary>
    private sealed class NoMemory : IGuestMemoryReader
    {
        public static readonly NoMemory Instance = new();

        public int CopyIn(Abi.GuestAddress source, Span<byte> destination) => 0;
    }
}
