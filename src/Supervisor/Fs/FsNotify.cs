using System.Collections.Generic;
using System.Threading;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>An inode that an inotify instance watches. It keeps the place by which it was found, so that the inode stays
/// the one that everybody meets.</summary>
internal sealed class Watch(Inotify owner, int id, in VfsPath place, uint mask)
{
    public Inotify Owner => owner;

    public int Id => id;

    public VfsPath Place { get; } = place.Pin();

    public Inode Inode { get; } = place.Inode!;

    /// <summary>IN_*. Watches lock.</summary>
    public uint Mask { get; set; } = mask;
}

/// <summary>Tells the watchers of files what happens to them (Linux's fsnotify): called where it has happened. Where
/// nobody watches anything, all is one look at a number. Lock: <c>watches lock</c>, inside the tree lock, outside of the
/// inotify queue lock.</summary>
internal static class FsNotify
{
    /// <summary>/proc/sys/fs/inotify/max_user_watches, but for all users together.</summary>
    public const int MostWatches = 65536;

    private static readonly Lock s_lock = new();
    private static int s_watches;
    private static uint s_cookie;

    private static bool IsWatching => Volatile.Read(ref s_watches) > 0;

    public static void Opened(in VfsPath place) => Tell(place, IN_OPEN, ofFile: true);

    public static void Closed(OpenFile file)
    {
        if (IsWatching && !file.IsPath)
        {
            Tell(file.Place, file.CanWrite ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE, ofFile: true);
        }
    }

    public static void Accessed(OpenFile file)
    {
        if (IsWatching)
        {
            Tell(file.Place, IN_ACCESS, ofFile: true);
        }
    }

    public static void Modified(OpenFile file)
    {
        if (IsWatching)
        {
            Tell(file.Place, IN_MODIFY, ofFile: true);
        }
    }

    public static void Modified(in VfsPath place) => Tell(place, IN_MODIFY, ofFile: false);

    /// <summary>What stat shows has changed.</summary>
    public static void Changed(in VfsPath place, uint mask = IN_ATTRIB) => Tell(place, mask, ofFile: false);

    /// <summary>The number of names has changed: only who watches the file itself is told.</summary>
    public static void LinksChanged(Inode inode)
    {
        if (IsWatching)
        {
            Tell(inode, IN_ATTRIB, null);
        }
    }

    public static void Created(Dentry directory, Dentry child) => TellDirectory(directory, child.Name, child.Inode, IN_CREATE);

    public static void Removed(Dentry directory, byte[] name, Inode victim) => TellDirectory(directory, name, victim, IN_DELETE);

    public static void Moved(Dentry from, byte[] oldName, Dentry to, byte[] newName, Inode inode, Inode? replaced)
    {
        if (!IsWatching)
        {
            return;
        }

        uint cookie = Interlocked.Increment(ref s_cookie);
        TellDirectory(from, oldName, inode, IN_MOVED_FROM, cookie);
        TellDirectory(to, newName, inode, IN_MOVED_TO, cookie);
        if (replaced is { IsDirectory: false })
        {
            LinksChanged(replaced);
        }

        Tell(inode, IN_MOVE_SELF, null);
    }

    /// <summary>A name, or the last user, of an inode is gone: perhaps it is no more. Without locks.</summary>
    /// <param name="isRemoved">That name is gone: a directory has no other.</param>
    public static void MayBeGone(Inode inode, bool isRemoved)
    {
        if (inode.Watches is null || inode.IsUsed || !isRemoved || (!inode.IsDirectory && inode.Stat(out stat status) == Errno.None && status.st_nlink > 0))
        {
            return;
        }

        Tell(inode, IN_DELETE_SELF, null);
        lock (s_lock)
        {
            while (inode.Watches is { } watches)
            {
                Drop(watches[0], tell: true);
            }
        }
    }

    /// <summary>inotify_add_watch, the inode found.</summary>
    /// <returns>The watch's number; -ENOSPC, or -EEXIST with IN_MASK_CREATE.</returns>
    public static Result Watch(Inotify owner, in VfsPath place, uint mask)
    {
        const uint Kept = IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK;
        lock (s_lock)
        {
            Inode inode = place.Inode!;
            if (inode.Watches?.Find(watch => watch.Owner == owner) is { } old)
            {
                if ((mask & IN_MASK_CREATE) != 0)
                {
                    return new Result(-(long)Errno.EEXIST);
                }

                old.Mask = (mask & Kept) | ((mask & IN_MASK_ADD) != 0 ? old.Mask : 0);
                return new Result(old.Id);
            }

            if (s_watches >= MostWatches)
            {
                return new Result(-(long)Errno.ENOSPC);
            }

            Watch added = new(owner, owner.NextId(), place, mask & Kept);
            owner.Watches.Add(added.Id, added);
            List<Watch> watches = inode.Watches ?? [];
            watches.Add(added);
            inode.Watches = watches;
            Volatile.Write(ref s_watches, s_watches + 1);
            return new Result(added.Id);
        }
    }

    /// <summary>inotify_rm_watch.</summary>
    public static Errno Unwatch(Inotify owner, int id)
    {
        lock (s_lock)
        {
            if (!owner.Watches.TryGetValue(id, out Watch? watch))
            {
                return Errno.EINVAL;
            }

            Drop(watch, tell: true);
            return Errno.None;
        }
    }

    /// <summary>By their numbers, for /proc/PID/fdinfo.</summary>
    public static Watch[] WatchesOf(Inotify owner)
    {
        lock (s_lock)
        {
            return [.. owner.Watches.Values];
        }
    }

    public static void UnwatchAll(Inotify owner)
    {
        lock (s_lock)
        {
            foreach (Watch watch in WatchesOf(owner))
            {
                Drop(watch, tell: false);
            }
        }
    }

    /// <param name="ofFile">By an open file: IN_EXCL_UNLINK leaves it out where the name is gone.</param>
    private static void Tell(in VfsPath place, uint mask, bool ofFile)
    {
        if (!IsWatching || place.IsNone || place.Inode is not { } inode)
        {
            return;
        }

        Dentry dentry = place.Dentry;
        bool unlinked = ofFile && dentry.IsRemoved;
        if (dentry.Parent?.Inode is { Watches: not null } directory)
        {
            Tell(directory, mask | DirectoryBit(inode), dentry.Name, 0, unlinked);
        }

        Tell(inode, mask, null, 0, unlinked);
    }

    private static void TellDirectory(Dentry directory, byte[] name, Inode? inode, uint mask, uint cookie = 0)
    {
        if (IsWatching && directory.Inode is { } parent)
        {
            Tell(parent, mask | DirectoryBit(inode), name, cookie);
        }
    }

    private static uint DirectoryBit(Inode? inode) => inode is { IsDirectory: true } ? IN_ISDIR : 0;

    private static void Tell(Inode inode, uint mask, byte[]? name, uint cookie = 0, bool unlinked = false)
    {
        if (inode.Watches is null)
        {
            return;
        }

        if (name is null && (mask & (IN_DELETE_SELF | IN_MOVE_SELF)) == 0)
        {
            mask |= DirectoryBit(inode);
        }

        lock (s_lock)
        {
            for (int i = 0; inode.Watches is { } watches && i < watches.Count;)
            {
                Watch watch = watches[i];
                if ((watch.Mask & mask & IN_ALL_EVENTS) != 0 && !(unlinked && (watch.Mask & IN_EXCL_UNLINK) != 0))
                {
                    watch.Owner.Queue(watch.Id, mask, cookie, name ?? []);
                    if ((watch.Mask & IN_ONESHOT) != 0)
                    {
                        Drop(watch, tell: true);
                        continue;
                    }
                }

                i++;
            }
        }
    }

    /// <summary>Watches lock.</summary>
    private static void Drop(Watch watch, bool tell)
    {
        Inode inode = watch.Inode;
        inode.Watches!.Remove(watch);
        if (inode.Watches.Count == 0)
        {
            inode.Watches = null;
        }

        watch.Owner.Watches.Remove(watch.Id);
        watch.Place.Unpin();
        Volatile.Write(ref s_watches, s_watches - 1);
        if (tell)
        {
            watch.Owner.Queue(watch.Id, IN_IGNORED, 0, []);
        }
    }
}
