using System;
using System.Collections.Generic;

using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Ipc;

/// <summary>A System V semaphore set (Linux's sem_array). All operations of a call are done at once or not at all;
/// those that cannot be done wait in the order in which they came.</summary>
internal sealed class SemaphoreSet : IpcObject
{
    /// <summary>SEMVMX, SEMMSL, SEMOPM, SEMMNS.</summary>
    public const int MaxValue = 32767, MaxPerSet = 32000, MaxOperations = 500, MaxSemaphores = 1024000000;

    private readonly Semaphore[] _semaphores;
    private readonly LinkedList<Waiter> _waiters = [];
    private readonly List<SemaphoreUndo> _undos = [];

    public SemaphoreSet(GuestTask task, int key, int count, int flags)
        : base(key, (uint)flags, task.Credentials)
    {
        _semaphores = new Semaphore[count];
    }

    public int Count => _semaphores.Length;

    /// <summary>The last semop, in seconds since 1970; 0 for none.</summary>
    public long Operated { get; private set; }

    /// <summary>The semaphores. The lock.</summary>
    public Span<Semaphore> Semaphores => _semaphores;

    /// <summary>IPC_STAT. The lock.</summary>
    public semid_ds Status() => new() { sem_perm = Permissions(), sem_otime = Operated, sem_ctime = Changed, sem_nsems = (ulong)Count };

    /// <summary>semop. EAGAIN, EFBIG, EACCES, EIDRM, ERANGE; EINTR is not to be restarted.</summary>
    public SyscallResult Operate(GuestTask task, sembuf[] operations, Deadline deadline)
    {
        bool alters = false, undoes = false;
        int highest = 0;
        foreach (sembuf operation in operations)
        {
            highest = int.Max(highest, operation.sem_num);
            alters |= operation.sem_op != 0;
            undoes |= (operation.sem_flg & SEM_UNDO) != 0;
        }

        Waiter waiter;
        lock (Lock)
        {
            if (highest >= Count)
            {
                return Errno.EFBIG;
            }

            if (!Permits(task.Credentials, alters ? WriteBits : ReadBits))
            {
                return Errno.EACCES;
            }

            if (IsRemoved)
            {
                return Errno.EIDRM;
            }

            waiter = new Waiter(operations, task.Group.Tgid, alters, undoes ? UndoOf(task.Group) : null);
            Errno error = Try(waiter, out bool blocked);
            if (!blocked)
            {
                if (error == Errno.None)
                {
                    Operated = Now();
                    if (alters)
                    {
                        Update();
                    }
                }

                return error;
            }

            _waiters.AddLast(waiter);
        }

        WaitResult result = task.Wait(waiter.Queue, ref waiter, static (ref Waiter waiter) => waiter.IsDone, deadline);
        lock (Lock)
        {
            if (waiter.IsDone)
            {
                return waiter.Result;
            }

            _waiters.Remove(waiter);
            return result == WaitResult.TimedOut ? Errno.EAGAIN : Errno.EINTR;
        }
    }

    /// <summary>How many wait for a semaphore to grow, or to be zero. The lock.</summary>
    public int WaitersFor(int number, bool zero)
    {
        int count = 0;
        foreach (Waiter waiter in _waiters)
        {
            sembuf operation = waiter.Operations[waiter.Blocking];
            count += operation.sem_num == number && (operation.sem_op == 0) == zero ? 1 : 0;
        }

        return count;
    }

    /// <summary>SETVAL. The lock.</summary>
    public void Set(int number, int value, int pid)
    {
        foreach (SemaphoreUndo undo in _undos)
        {
            undo.Forget(this, number);
        }

        _semaphores[number].Value = (ushort)value;
        _semaphores[number].Pid = pid;
    }

    /// <summary>After changes of values: whoever can go on does. The lock.</summary>
    public void ValuesChanged()
    {
        Changed = Now();
        Update();
    }

    /// <summary>IPC_RMID.</summary>
    public void Remove()
    {
        lock (Lock)
        {
            IsRemoved = true;
            foreach (SemaphoreUndo undo in _undos)
            {
                undo.Forget(this);
            }

            _undos.Clear();
            foreach (Waiter waiter in _waiters)
            {
                waiter.Finish(Errno.EIDRM);
            }

            _waiters.Clear();
        }
    }

    /// <summary>A process has ended: what it did with SEM_UNDO is taken back.</summary>
    internal void Undo(SemaphoreUndo undo, short[] adjustments, int pid)
    {
        lock (Lock)
        {
            _undos.Remove(undo);
            for (int number = 0; number < adjustments.Length; number++)
            {
                if (adjustments[number] != 0)
                {
                    _semaphores[number].Value = (ushort)int.Clamp(_semaphores[number].Value + adjustments[number], 0, MaxValue);
                    _semaphores[number].Pid = pid;
                }
            }

            Operated = Now();
            Update();
        }
    }

    private short[] UndoOf(ThreadGroup group)
    {
        SemaphoreUndo undo = group.SemaphoreUndo ??= new SemaphoreUndo(group.Tgid);
        if (!_undos.Contains(undo))
        {
            _undos.Add(undo);
        }

        return undo.Of(this);
    }

    /// <summary>Does all operations of a call, or none.</summary>
    /// <param name="blocked">It has to wait; <see cref="Waiter.Blocking"/> says for which.</param>
    private Errno Try(Waiter waiter, out bool blocked)
    {
        sembuf[] operations = waiter.Operations;
        Errno error = Errno.None;
        blocked = false;
        int done = 0;
        for (; done < operations.Length; done++)
        {
            sembuf operation = operations[done];
            ref Semaphore semaphore = ref _semaphores[operation.sem_num];
            int value = semaphore.Value + operation.sem_op;
            if (value < 0 || (operation.sem_op == 0 && semaphore.Value != 0))
            {
                waiter.Blocking = done;
                blocked = (operation.sem_flg & IPC_NOWAIT) == 0;
                error = Errno.EAGAIN;
                break;
            }

            bool undoes = (operation.sem_flg & SEM_UNDO) != 0;
            int adjusted = undoes ? waiter.Undo![operation.sem_num] - operation.sem_op : 0;
            if (value > MaxValue || adjusted is < -MaxValue - 1 or > MaxValue)
            {
                error = Errno.ERANGE;
                break;
            }

            semaphore.Value = (ushort)value;
            if (undoes)
            {
                waiter.Undo![operation.sem_num] = (short)adjusted;
            }
        }

        if (error == Errno.None)
        {
            foreach (sembuf operation in operations)
            {
                _semaphores[operation.sem_num].Pid = waiter.Pid;
            }

            return Errno.None;
        }

        while (--done >= 0)
        {
            sembuf operation = operations[done];
            _semaphores[operation.sem_num].Value = (ushort)(_semaphores[operation.sem_num].Value - operation.sem_op);
            if ((operation.sem_flg & SEM_UNDO) != 0)
            {
                waiter.Undo![operation.sem_num] += operation.sem_op;
            }
        }

        return error;
    }

    /// <summary>Lets those go on that can: who waits for zero first, as nobody is kept from anything by that.</summary>
    private void Update()
    {
        bool again;
        do
        {
            again = Pass(altering: false) | Pass(altering: true);
        }
        while (again);
    }

    /// <returns>Whether values have changed.</returns>
    private bool Pass(bool altering)
    {
        LinkedListNode<Waiter>? next;
        for (LinkedListNode<Waiter>? node = _waiters.First; node is not null; node = next)
        {
            next = node.Next;
            Waiter waiter = node.Value;
            if (waiter.Alters != altering)
            {
                continue;
            }

            Errno error = Try(waiter, out bool blocked);
            if (blocked)
            {
                continue;
            }

            _waiters.Remove(node);
            if (error == Errno.None)
            {
                Operated = Now();
            }

            waiter.Finish(error);
            if (altering && error == Errno.None)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>One of the set.</summary>
    public struct Semaphore
    {
        public ushort Value;

        /// <summary>The process that changed it last.</summary>
        public int Pid;
    }

    private sealed class Waiter(sembuf[] operations, int pid, bool alters, short[]? undo)
    {
        private volatile bool _isDone;

        public sembuf[] Operations => operations;

        public int Pid => pid;

        public bool Alters => alters;

        /// <summary>The process's adjustments for this set.</summary>
        public short[]? Undo => undo;

        /// <summary>The operation that cannot be done yet.</summary>
        public int Blocking { get; set; }

        public WaitQueue Queue { get; } = new();

        public Errno Result { get; private set; }

        public bool IsDone => _isDone;

        public void Finish(Errno result)
        {
            Result = result;
            _isDone = true;
            Queue.WakeAll();
        }
    }
}
