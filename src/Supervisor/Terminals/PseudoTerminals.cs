using System.Collections.Generic;
using System.Threading;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Terminals;

/// <summary>The terminals of a machine by number: what /dev/pts lists, and whom /dev/ptmx and /dev/tty open (Linux's
/// devpts). Lock: <c>devpts lock</c>, a leaf.</summary>
internal sealed class PseudoTerminals(Machine machine)
{
    /// <summary>/proc/sys/kernel/pty/max.</summary>
    public const int Limit = 4096;

    private const uint TtyGroup = 5;
    private const uint SlaveMode = 0x190;
    private const uint SlaveMajor = 136;

    // /dev/ptmx is 5:2, mode 0666.
    private const ulong MasterDevice = 0x502;
    private const uint MasterMode = 0x1b6;

    private readonly Lock _devptsLock = new();
    private readonly SortedDictionary<int, Terminal> _listed = [];
    private readonly HashSet<int> _numbers = [];

    /// <summary>What stat shows of every master.</summary>
    public TerminalInode MasterInode { get; } = new(MasterDevice, unchecked((uint)-1), MasterMode, 0, 0);

    /// <summary>How many there are (/proc/sys/kernel/pty/nr).</summary>
    public int Count
    {
        get
        {
            lock (_devptsLock)
            {
                return _numbers.Count;
            }
        }
    }

    /// <summary>The supervisor's own terminal, if it is one of the guest's.</summary>
    public HostTerminal? Host { get; private set; }

    /// <summary>The terminal of that number; null if there is none.</summary>
    public Terminal? Find(int number)
    {
        lock (_devptsLock)
        {
            return _listed.GetValueOrDefault(number);
        }
    }

    /// <summary>The numbers in use, ascending.</summary>
    public int[] Numbers()
    {
        lock (_devptsLock)
        {
            return [.. _listed.Keys];
        }
    }

    /// <summary>Opens /dev/ptmx: a new pair, of which this is the master. ENOSPC.</summary>
    public OpenFile? OpenMaster(GuestTask task, int flags, out Errno error)
    {
        PseudoTerminal terminal;
        lock (_devptsLock)
        {
            int number = 0;
            while (_numbers.Contains(number))
            {
                number++;
            }
            if (number >= Limit)
            {
                error = Errno.ENOSPC;
                return null;
            }
            _numbers.Add(number);
            terminal = new PseudoTerminal(this, machine, number) { Inode = NewInode(number, task.Credentials.FileUid, TtyGroup) };
            _listed.Add(number, terminal);
        }
        error = Errno.None;
        return new PseudoTerminalMaster(terminal, MasterInode, flags);
    }

    /// <summary>Opens /dev/tty: ENXIO without a controlling terminal.</summary>
    public static OpenFile? OpenControlling(GuestTask task, int flags, out Errno error)
    {
        if (task.Group.Terminal is { } terminal)
        {
            return terminal.Open(task, flags | O_NOCTTY, out error);
        }
        error = Errno.ENXIO;
        return null;
    }

    /// <summary>The supervisor's terminal takes the first number.</summary>
    public void Add(HostTerminal terminal)
    {
        lock (_devptsLock)
        {
            _numbers.Add(terminal.Number);
            _listed.Add(terminal.Number, terminal);
            Host = terminal;
        }
    }

    public static TerminalInode NewInode(int number, uint user, uint group) =>
        new(makedev(SlaveMajor, (uint)number), (uint)number, SlaveMode, user, group);

    /// <summary>The master is closed: nobody finds it any more.</summary>
    internal void Unlist(PseudoTerminal terminal)
    {
        lock (_devptsLock)
        {
            _listed.Remove(terminal.Number);
        }
    }

    /// <summary>Both sides are closed: another may have the number.</summary>
    internal void Free(PseudoTerminal terminal)
    {
        lock (_devptsLock)
        {
            _numbers.Remove(terminal.Number);
        }
    }
}
