using System.Collections.Generic;
using System.Threading;

using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Ipc;

internal static class IpcTable
{
    /// <summary>An id is an index below this, and a sequence number times this.</summary>
    public const int IdsPerSequence = 32768;
}

/// <summary>All objects of one kind, by id and by key (Linux's ipc_ids). Lock: <c>ipc table lock</c>, outside of the
/// objects' locks.</summary>
/// <param name="limit">The most objects.</param>
internal sealed class IpcTable<T>(int limit)
    where T : IpcObject
{
    private readonly Lock _tableLock = new();
    private readonly SortedDictionary<int, T> _objects = [];
    private readonly SortedSet<int> _freed = [];
    private readonly Dictionary<int, T> _keys = [];
    private int _lastIndex = -1;
    private int _used;
    private int _count;
    private int _sequence;

    public delegate Errno Maker(GuestTask task, out T? made);

    /// <summary>Objects there are, and the highest index in use; -1 for none.</summary>
    public (int Count, int HighestIndex) Usage
    {
        get
        {
            lock (_tableLock)
            {
                int highest = -1;
                foreach (int index in _objects.Keys)
                {
                    highest = index;
                }

                return (_objects.Count, highest);
            }
        }
    }

    /// <summary>There are none; without the lock.</summary>
    public bool IsEmpty => Volatile.Read(ref _count) == 0;

    /// <summary>shmget, semget, msgget.</summary>
    /// <param name="minimum">What an object that exists must have at least (EINVAL).</param>
    /// <param name="size">How much it has.</param>
    /// <param name="make">Makes another.</param>
    public SyscallResult Get(GuestTask task, int key, int flags, ulong minimum, System.Func<T, ulong> size, Maker make)
    {
        lock (_tableLock)
        {
            T? found = null;
            if (key != IPC_PRIVATE && _keys.TryGetValue(key, out found))
            {
                return (flags & (IPC_CREAT | IPC_EXCL)) == (IPC_CREAT | IPC_EXCL) ? Errno.EEXIST
                    : size(found) < minimum ? Errno.EINVAL
                    : found.Permits(task.Credentials, (uint)flags) ? found.Id
                    : Errno.EACCES;
            }

            if (key != IPC_PRIVATE && (flags & IPC_CREAT) == 0)
            {
                return Errno.ENOENT;
            }

            Errno error = make(task, out T? made);
            if (made is null)
            {
                return error;
            }

            if (_objects.Count >= limit)
            {
                return Errno.ENOSPC;
            }

            Add(made);
            return (long)made.Id;
        }
    }

    /// <summary>Null for EINVAL.</summary>
    public T? Find(int id)
    {
        lock (_tableLock)
        {
            return id >= 0 && _objects.TryGetValue(id % IpcTable.IdsPerSequence, out T? found) && found.Id == id ? found : null;
        }
    }

    /// <summary>By index, as SHM_STAT and its like take it.</summary>
    public T? FindIndex(int index)
    {
        lock (_tableLock)
        {
            return _objects.GetValueOrDefault(index);
        }
    }

    /// <summary>Of the object's locks none is held.</summary>
    public bool Remove(T removed)
    {
        lock (_tableLock)
        {
            int index = removed.Id % IpcTable.IdsPerSequence;
            if (!_objects.TryGetValue(index, out T? there) || there != removed)
            {
                return false;
            }

            _objects.Remove(index);
            Volatile.Write(ref _count, _objects.Count);
            _freed.Add(index);
            RemoveKey(removed);
            return true;
        }
    }

    /// <summary>The object stays, but not under its key.</summary>
    public void ForgetKey(T which)
    {
        lock (_tableLock)
        {
            RemoveKey(which);
        }
    }

    /// <summary>Sum over all objects.</summary>
    public ulong Sum(System.Func<T, ulong> of)
    {
        ulong sum = 0;
        lock (_tableLock)
        {
            foreach (T each in _objects.Values)
            {
                sum += of(each);
            }
        }

        return sum;
    }

    private void Add(T made)
    {
        int index;
        if (_freed.Count > 0)
        {
            index = _freed.Min;
            _freed.Remove(index);
        }
        else
        {
            index = _used++;
        }

        if (index <= _lastIndex)
        {
            _sequence = (_sequence + 1) % (int.MaxValue / IpcTable.IdsPerSequence);
        }

        _lastIndex = index;
        made.Id = (_sequence * IpcTable.IdsPerSequence) + index;
        _objects.Add(index, made);
        Volatile.Write(ref _count, _objects.Count);
        if (made.Key != IPC_PRIVATE)
        {
            _keys.Add(made.Key, made);
        }
    }

    private void RemoveKey(T which)
    {
        if (_keys.TryGetValue(which.Key, out T? there) && there == which)
        {
            _keys.Remove(which.Key);
        }
    }
}
