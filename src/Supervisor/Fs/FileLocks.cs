using System;
using System.Collections.Generic;
using System.Text;
using System.Threading;

using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A lock, held or wanted (Linux's file_lock). Never changed: one that is cut is replaced by its parts.</summary>
/// <param name="Owner">An <see cref="FdTable"/> for a record lock of a process; an <see cref="OpenFile"/> for one of an
/// open file description, and for flock.</param>
/// <param name="Pid">What F_GETLK tells: -1 where no process owns it.</param>
/// <param name="Whole">flock's: these and record locks do not see each other.</param>
/// <param name="Type">F_RDLCK, F_WRLCK, or F_UNLCK for giving back.</param>
/// <param name="Start">The first byte.</param>
/// <param name="End">The last byte, inclusive; long.MaxValue for all that may come.</param>
internal sealed record FileLock(object Owner, int Pid, bool Whole, short Type, long Start, long End)
{
    public bool ConflictsWith(FileLock other) =>
        Owner != other.Owner && (Type == F_WRLCK || other.Type == F_WRLCK) && Start <= other.End && other.Start <= End;
}

/// <summary>The locks on one file (Linux's file_lock_context): record locks and flock's. They are known to guests only.
/// Lock: <c>file locks lock</c>, one for all files, since deadlocks reach across them; a wait queue lock is inside it.
/// </summary>
internal sealed class FileLocks(Inode? inode)
{
    /// <summary>As far as Linux follows a chain of those who wait for each other.</summary>
    private const int LongestChain = 10;

    private static readonly Lock s_lock = new();
    private static readonly List<Waiter> s_waiting = [];
    private static readonly List<FileLocks> s_inUse = [];

    private readonly WaitQueue _wait = new();
    private readonly List<FileLock> _records = [];
    private readonly List<FileLock> _flocks = [];

    /// <summary>The text of /proc/locks.</summary>
    public static string Listing()
    {
        List<(Inode? Inode, FileLock Lock, bool Waits)> found = [];
        lock (s_lock)
        {
            foreach (FileLocks file in s_inUse)
            {
                file.AddTo(found, file._flocks);
                file.AddTo(found, file._records);
            }
        }

        StringBuilder text = new();
        int number = 0;
        foreach ((Inode? inode, FileLock held, bool waits) in found)
        {
            number += waits ? 0 : 1;
            stat status = default;
            _ = inode?.Stat(out status);
            text.Append($"{number}: {(waits ? "-> " : "")}{(held.Whole ? "FLOCK " : held.Owner is OpenFile ? "OFDLCK" : "POSIX ")} ADVISORY  {(held.Type == F_WRLCK ? "WRITE" : "READ")} {held.Pid} ");
            text.Append($"{major(status.st_dev):x2}:{minor(status.st_dev):x2}:{status.st_ino} {held.Start} {(held.End == long.MaxValue ? "EOF" : held.End.ToString(System.Globalization.CultureInfo.InvariantCulture))}\n");
        }

        return text.ToString();
    }

    /// <summary>Takes a lock, changes one's own, or gives back.</summary>
    /// <param name="wait">Waits for others to give theirs back; else EAGAIN. EDEADLK where that is for ever.</param>
    public SyscallResult Set(GuestTask task, FileLock wanted, bool wait)
    {
        while (true)
        {
            Waiter waiter;
            lock (s_lock)
            {
                FileLock? conflict = wanted.Whole ? TryWhole(wanted) : TryRecord(wanted);
                if (conflict is null)
                {
                    return SyscallResult.Zero;
                }

                if (!wait)
                {
                    return Errno.EAGAIN;
                }

                if (IsDeadlock(wanted, conflict))
                {
                    return Errno.EDEADLK;
                }

                waiter = new Waiter(this, wanted) { Conflict = conflict };
                s_waiting.Add(waiter);
            }

            WaitResult result = task.Wait(_wait, ref waiter, static (ref Waiter waiter) => Volatile.Read(ref waiter.IsReady), Deadline.Never);
            if (result == WaitResult.Interrupted)
            {
                lock (s_lock)
                {
                    s_waiting.Remove(waiter);
                }

                return SyscallResult.RestartSys;
            }
        }
    }

    /// <summary>What keeps a record lock from being taken (F_GETLK); null for nothing.</summary>
    public FileLock? Test(FileLock wanted)
    {
        lock (s_lock)
        {
            return Conflict(_records, wanted);
        }
    }

    /// <summary>All locks of an owner are given back: a process has closed the file, or an open file description is gone.
    /// </summary>
    public void Forget(object owner)
    {
        lock (s_lock)
        {
            if (_records.RemoveAll(held => held.Owner == owner) + _flocks.RemoveAll(held => held.Owner == owner) > 0)
            {
                Changed();
            }
        }
    }

    private static FileLock? Conflict(List<FileLock> locks, FileLock wanted)
    {
        if (wanted.Type != F_UNLCK)
        {
            foreach (FileLock held in locks)
            {
                if (held.ConflictsWith(wanted))
                {
                    return held;
                }
            }
        }

        return null;
    }

    /// <summary>Whether the owner of <paramref name="conflict"/> waits, perhaps through others, for the one who wants a
    /// lock. Only processes are looked at: an open file description may be waited for by one and given back by another.
    /// </summary>
    private static bool IsDeadlock(FileLock wanted, FileLock conflict)
    {
        for (int steps = 0; steps <= LongestChain && wanted is { Whole: false, Owner: FdTable } && conflict.Owner is FdTable; steps++)
        {
            if (s_waiting.Find(waiter => !waiter.Wanted.Whole && waiter.Wanted.Owner == conflict.Owner) is not { } next)
            {
                return false;
            }

            conflict = next.Conflict;
            if (conflict.Owner == wanted.Owner)
            {
                return true;
            }
        }

        return false;
    }

    private void AddTo(List<(Inode? Inode, FileLock Lock, bool Waits)> found, List<FileLock> locks)
    {
        foreach (FileLock held in locks)
        {
            found.Add((inode, held, false));
            foreach (Waiter waiter in s_waiting)
            {
                if (waiter.Conflict == held)
                {
                    found.Add((inode, waiter.Wanted, true));
                }
            }
        }
    }

    /// <returns>What is in the way; null where it is done.</returns>
    private FileLock? TryRecord(FileLock wanted)
    {
        if (Conflict(_records, wanted) is { } conflict)
        {
            return conflict;
        }

        long start = wanted.Start, end = wanted.End;
        bool takes = wanted.Type != F_UNLCK;
        Span<FileLock?> rests = [null, null];
        for (int i = _records.Count - 1; i >= 0; i--)
        {
            FileLock held = _records[i];
            if (held.Owner != wanted.Owner)
            {
                continue;
            }

            if (takes && held.Type == wanted.Type)
            {
                if (held.Start - 1 <= end && start - 1 <= held.End)
                {
                    start = Math.Min(start, held.Start);
                    end = Math.Max(end, held.End);
                    _records.RemoveAt(i);
                }
            }
            else if (held.Start <= wanted.End && wanted.Start <= held.End)
            {
                // At most one reaches out on each side, since those of one owner do not overlap.
                rests[0] = held.Start < wanted.Start ? held with { End = wanted.Start - 1 } : rests[0];
                rests[1] = held.End > wanted.End ? held with { Start = wanted.End + 1 } : rests[1];
                _records.RemoveAt(i);
            }
        }

        foreach (FileLock? rest in rests)
        {
            if (rest is not null)
            {
                Insert(rest);
            }
        }

        if (takes)
        {
            Insert(wanted with { Start = start, End = end });
        }

        Changed();
        return null;
    }

    /// <summary>flock: another type is no change but giving back and taking anew, which may fail or wait in between.</summary>
    /// <returns>As <see cref="TryRecord"/>.</returns>
    private FileLock? TryWhole(FileLock wanted)
    {
        int own = _flocks.FindIndex(held => held.Owner == wanted.Owner);
        if (own >= 0)
        {
            if (_flocks[own].Type == wanted.Type)
            {
                return null;
            }

            _flocks.RemoveAt(own);
            Changed();
        }

        if (Conflict(_flocks, wanted) is { } conflict)
        {
            return conflict;
        }

        if (wanted.Type != F_UNLCK)
        {
            _flocks.Add(wanted);
            Changed();
        }

        return null;
    }

    /// <summary>The locks of one owner stand together and in order: F_GETLK tells the first.</summary>
    private void Insert(FileLock added)
    {
        int at = _records.FindIndex(held => held.Owner == added.Owner && held.Start > added.Start);
        if (at < 0)
        {
            at = _records.FindLastIndex(held => held.Owner == added.Owner) + 1;
            at = at == 0 ? _records.Count : at;
        }

        _records.Insert(at, added);
    }

    /// <summary>Whoever waits for what is gone tries again; the others wait for what is in their way now.</summary>
    private void Changed()
    {
        bool isUsed = _records.Count + _flocks.Count > 0;
        if (isUsed != s_inUse.Contains(this))
        {
            if (isUsed)
            {
                s_inUse.Add(this);
            }
            else
            {
                s_inUse.Remove(this);
            }
        }

        bool any = false;
        for (int i = s_waiting.Count - 1; i >= 0; i--)
        {
            Waiter waiter = s_waiting[i];
            if (waiter.File != this)
            {
                continue;
            }

            if (Conflict(waiter.Wanted.Whole ? _flocks : _records, waiter.Wanted) is { } conflict)
            {
                waiter.Conflict = conflict;
                continue;
            }

            s_waiting.RemoveAt(i);
            Volatile.Write(ref waiter.IsReady, true);
            any = true;
        }

        if (any)
        {
            _wait.WakeAll();
        }
    }

    private sealed class Waiter(FileLocks file, FileLock wanted)
    {
        public bool IsReady;

        public FileLocks File => file;

        public FileLock Wanted => wanted;

        public required FileLock Conflict { get; set; }
    }
}
