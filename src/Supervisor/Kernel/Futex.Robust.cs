using UmlHost.Abi;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

// What becomes of the locks of a thread that ends while it holds them.
internal static partial class Futex
{
    /// <summary>The task ends, or leaves its memory by exec: walks its robust list, marks what it owns with
    /// FUTEX_OWNER_DIED and wakes a waiter of each, and hands over its priority-inheriting locks. Call it on the
    /// task's own thread while it has its memory, before its clear_child_tid word is cleared.</summary>
    public static void ExitRobustList(GuestTask task)
    {
        if (!task.RobustList.IsNull)
        {
            WalkRobustList(task, task.RobustList);
            task.RobustList = default;
        }

        LeavePiStates(task, forGood: task.IsExiting);
    }

    private static void WalkRobustList(GuestTask task, GuestAddress head)
    {
        if (!task.Memory.Read(head, out robust_list_head list))
        {
            return;
        }

        // Bit 0 of a pointer says that the lock is a priority-inheriting one.
        ulong entry = list.list.next;
        ulong pending = list.list_op_pending;
        for (int left = ROBUST_LIST_LIMIT; left > 0 && (entry & ~1UL) != head.Value; left--)
        {
            bool more = task.Memory.Read(new GuestAddress(entry & ~1UL), out ulong next);
            if ((entry & ~1UL) != (pending & ~1UL) && !OwnerDies(task, entry, list.futex_offset, isPending: false))
            {
                return;
            }

            if (!more)
            {
                return;
            }

            entry = next;
        }

        if ((pending & ~1UL) != 0)
        {
            OwnerDies(task, pending, list.futex_offset, isPending: true);
        }
    }

    /// <returns>False where the list is not to be followed further.</returns>
    private static bool OwnerDies(GuestTask task, ulong entry, long offset, bool isPending)
    {
        bool pi = (entry & 1) != 0;
        GuestAddress address = new((entry & ~1UL) + (ulong)offset);
        if ((address.Value & 3) != 0 || !task.Memory.LoadWord(address, out uint word))
        {
            return false;
        }

        // Between an unlock that cleared the word and its wake.
        if (isPending && !pi && word == 0)
        {
            WakeAddress(task.Memory, address, 1);
            return true;
        }

        while ((word & TidMask) == (uint)task.Tid)
        {
            uint value = (word & FUTEX_WAITERS) | OwnerDied;
            if (!task.Memory.CompareExchangeWord(address, value, word, out uint found))
            {
                return false;
            }

            if (found == word)
            {
                if (!pi && (word & FUTEX_WAITERS) != 0)
                {
                    WakeAddress(task.Memory, address, 1);
                }

                break;
            }

            word = found;
        }

        return true;
    }
}
