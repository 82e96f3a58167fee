using System.Collections.Generic;
using System.Threading;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Terminals;

/// <summary>The terminals of a machine by number: what /dev/pts lists, and whom /dev/ptmx and /dev/tty open (Linux's
/// devpts). Lock: <c>devpts lock</c>, a leaf.</summary>
internal sealed class PseudoTerminals
{
    /// <summary>/proc/sys/kernel/pty/max.</summary>
    public const int Limit = 4096;

    private const uint TtyGroup = 5;
    private const uint SlaveMode = 0x190;
    private const uint SlaveMajor = 136;

    // The directory has 1, its ptmx 2.
    private const ulong FirstInode = 3, MasterInode = 2;
    private const ulong MasterDevice = 0x502;

    private readonly Machine _machine;
    private readonly Lock _devptsLock = new();
    private readonly SortedDictionary<int, Terminal> _listed = [];
    private readonly HashSet<int> _numbers = [];

    public PseudoTerminals(Machine machine)
    {
        _machine = machine;
        FileSystem = new PseudoFileSystem("devpts", DEVPTS_SUPER_MAGIC, fileSystem => new DevptsDirectory(fileSystem, this) { FixedNumber = 1 });
        FileSystem.Top.Add("ptmx", new TerminalInode(FileSystem, MasterInode, MasterDevice, 0, 0, 0));
    }

    /// <summary>What is mounted at /dev/pts.</summary>
    public PseudoFileSystem FileSystem { get; }

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
            terminal = new PseudoTerminal(this, _machine, number) { Inode = NewInode(number, task.Credentials.FileUid) };
            _listed.Add(number, terminal);
        }
        error = Errno.None;
        return new PseudoTerminalMaster(terminal, flags);
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

    /// <summary>The node of a terminal: mode 0620, for the tty group.</summary>
    public TerminalInode NewInode(int number, uint user) =>
        new(FileSystem, FirstInode + (uint)number, makedev(SlaveMajor, (uint)number), SlaveMode, user, TtyGroup);

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
