using System;
using System.Numerics;
using System.Threading;

using UmlHost.Native;

namespace UmlHost.Fs;

/// <summary>A process's file descriptors (Linux's files_struct). Changes are made under the <c>files lock</c>,
/// which is held for no call of another subsystem; looking one up takes no lock. Counted: shared by the tasks
/// of a process (CLONE_FILES), emptied with the last.</summary>
internal sealed class FdTable
{
    /// <summary>The host's nr_open: no limit goes beyond.</summary>
    public const int Maximum = 1024 * 1024;

    private const int InitialSize = 64;

    private readonly Lock _lock = new();
    private int _limit = 1024;
    private int _firstFree;
    private OpenFile?[] _files = new OpenFile?[InitialSize];
    private ulong[] _used = new ulong[InitialSize / 64];
    private ulong[] _closeOnExec = new ulong[InitialSize / 64];

    private int _users = 1;

    /// <summary>One user more (CLONE_FILES).</summary>
    public FdTable Share()
    {
        Interlocked.Increment(ref _users);
        return this;
    }

    public bool IsShared => Volatile.Read(ref _users) > 1;

    /// <summary>A user is gone; with the last, everything is closed.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            Clear();
            FileOwner.SendDue();
        }
    }

    /// <summary>RLIMIT_NOFILE: descriptors are below it. Those already beyond stay open.</summary>
    public int Limit
    {
        get => Volatile.Read(ref _limit);
        set => Volatile.Write(ref _limit, Math.Clamp(value, 0, Maximum));
    }

    /// <summary>Descriptors that there is room for now; those open are below it. Grows.</summary>
    public int Size => Volatile.Read(ref _files).Length;

    /// <summary>The open file of <paramref name="fd"/>, referenced; without one for EBADF. Allocates nothing.</summary>
    public FileReference Get(int fd)
    {
        while (true)
        {
            OpenFile?[] files = Volatile.Read(ref _files);
            if ((uint)fd >= (uint)files.Length || Volatile.Read(ref files[fd]) is not { } file)
            {
                return default;
            }
            // Closed between the two steps: look again, something else may be there by now.
            if (file.TryAcquire())
            {
                return new FileReference(file);
            }
        }
    }

    /// <summary>Reserves the lowest free descriptor from <paramref name="minimum"/> on, for <see cref="Install"/>
    /// or <see cref="Unreserve"/>. Until then it is not open, but nobody else gets it.</summary>
    /// <returns>The descriptor, or -EMFILE.</returns>
    public int Reserve(bool closeOnExec, int minimum = 0)
    {
        lock (_lock)
        {
            int fd = FindFree(Math.Max(minimum, _firstFree));
            if (fd >= Limit)
            {
                return -(int)Errno.EMFILE;
            }
            GrowTo(fd);
            SetBit(_used, fd, true);
            SetBit(_closeOnExec, fd, closeOnExec);
            if (minimum <= _firstFree)
            {
                _firstFree = fd + 1;
            }
            return fd;
        }
    }

    /// <summary>Opens a reserved descriptor; it takes over the caller's reference.</summary>
    public void Install(int fd, OpenFile file)
    {
        lock (_lock)
        {
            Volatile.Write(ref _files[fd], file);
        }
    }

    public void Unreserve(int fd)
    {
        lock (_lock)
        {
            Free(fd);
        }
    }

    /// <summary>Opens the lowest free descriptor from <paramref name="minimum"/> on; it takes over the caller's
    /// reference, unless it fails.</summary>
    /// <returns>The descriptor, or -EMFILE.</returns>
    public int Add(OpenFile file, bool closeOnExec, int minimum = 0)
    {
        int fd = Reserve(closeOnExec, minimum);
        if (fd >= 0)
        {
            Install(fd, file);
        }
        return fd;
    }

    /// <summary>dup2 and dup3: makes <paramref name="fd"/> refer to <paramref name="file"/>, closing what was
    /// there; takes over the caller's reference, unless it fails. EBADF beyond the limit, EBUSY where another
    /// task's open is about to finish there.</summary>
    public Errno Replace(int fd, OpenFile file, bool closeOnExec)
    {
        OpenFile? old;
        lock (_lock)
        {
            if ((uint)fd >= (uint)Limit)
            {
                return Errno.EBADF;
            }
            GrowTo(fd);
            old = _files[fd];
            if (old is null && IsSet(_used, fd))
            {
                return Errno.EBUSY;
            }
            SetBit(_used, fd, true);
            SetBit(_closeOnExec, fd, closeOnExec);
            Volatile.Write(ref _files[fd], file);
        }
        Closed(old);
        return Errno.None;
    }

    /// <summary>close. EBADF where it is not open.</summary>
    public Errno Remove(int fd)
    {
        OpenFile? file;
        lock (_lock)
        {
            file = Take(fd);
        }
        Closed(file);
        return file is null ? Errno.EBADF : Errno.None;
    }

    /// <summary>close_range: closes, or marks FD_CLOEXEC, all that is open in
    /// [<paramref name="first"/>, <paramref name="last"/>].</summary>
    public void RemoveRange(uint first, uint last, bool onlyMark)
    {
        for (uint fd = first; fd <= last && fd < (uint)Volatile.Read(ref _files).Length; fd++)
        {
            if (onlyMark)
            {
                SetCloseOnExec((int)fd, true);
            }
            else
            {
                Remove((int)fd);
            }
        }
    }

    /// <summary>F_GETFD; null for EBADF.</summary>
    public bool? GetCloseOnExec(int fd)
    {
        lock (_lock)
        {
            return IsOpen(fd) ? IsSet(_closeOnExec, fd) : null;
        }
    }

    /// <summary>F_SETFD.</summary>
    public Errno SetCloseOnExec(int fd, bool closeOnExec)
    {
        lock (_lock)
        {
            if (!IsOpen(fd))
            {
                return Errno.EBADF;
            }
            SetBit(_closeOnExec, fd, closeOnExec);
            return Errno.None;
        }
    }

    /// <summary>What exec does: closes every descriptor with FD_CLOEXEC.</summary>
    public void CloseOnExec()
    {
        for (int word = 0; word < _closeOnExec.Length; word++)
        {
            for (ulong marked = Volatile.Read(ref _closeOnExec[word]) & _used[word]; marked != 0; marked &= marked - 1)
            {
                Remove((word * 64) + BitOperations.TrailingZeroCount(marked));
            }
        }
    }

    /// <summary>A copy that shares the open files, as fork makes it.</summary>
    public FdTable Fork()
    {
        FdTable copy = new();
        lock (_lock)
        {
            copy._limit = _limit;
            copy._firstFree = _firstFree;
            copy._files = (OpenFile?[])_files.Clone();
            copy._used = (ulong[])_used.Clone();
            copy._closeOnExec = (ulong[])_closeOnExec.Clone();
            for (int fd = 0; fd < copy._files.Length; fd++)
            {
                if (copy._files[fd] is { } file)
                {
                    file.Acquire();
                }
                else if (IsSet(copy._used, fd))
                {
                    copy.Free(fd);
                }
            }
        }
        return copy;
    }

    /// <summary>Closes everything: the last task that used the table is gone.</summary>
    public void Clear() => RemoveRange(0, uint.MaxValue, onlyMark: false);

    /// <summary>What close does but to the descriptor (filp_close): the process's record locks on the file are gone,
    /// whichever descriptor they were taken through.</summary>
    private void Closed(OpenFile? file)
    {
        file?.Locks?.Forget(this);
        file?.Release();
    }

    private static bool IsSet(ulong[] bits, int fd) => (bits[fd >> 6] & (1UL << fd)) != 0;

    private static void SetBit(ulong[] bits, int fd, bool value)
    {
        ulong bit = 1UL << fd;
        bits[fd >> 6] = value ? bits[fd >> 6] | bit : bits[fd >> 6] & ~bit;
    }

    private bool IsOpen(int fd) => (uint)fd < (uint)_files.Length && _files[fd] is not null;

    private int FindFree(int from)
    {
        for (int word = from >> 6; word < _used.Length; word++)
        {
            ulong free = ~_used[word];
            if (word == from >> 6)
            {
                free &= ulong.MaxValue << from;
            }
            if (free != 0)
            {
                return (word * 64) + BitOperations.TrailingZeroCount(free);
            }
        }
        return Math.Max(from, _files.Length);
    }

    private OpenFile? Take(int fd)
    {
        if (!IsOpen(fd))
        {
            return null;
        }
        OpenFile? file = _files[fd];
        Volatile.Write(ref _files[fd], null);
        Free(fd);
        return file;
    }

    private void Free(int fd)
    {
        SetBit(_used, fd, false);
        SetBit(_closeOnExec, fd, false);
        _firstFree = Math.Min(_firstFree, fd);
    }

    private void GrowTo(int fd)
    {
        if (fd < _files.Length)
        {
            return;
        }
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)fd + 1);
        OpenFile?[] files = new OpenFile?[size];
        _files.CopyTo(files, 0);
        Array.Resize(ref _used, size / 64);
        Array.Resize(ref _closeOnExec, size / 64);
        Volatile.Write(ref _files, files);
    }
}
