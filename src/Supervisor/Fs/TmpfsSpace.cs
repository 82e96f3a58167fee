using System.Threading;

using UmlHost.Memory;

namespace UmlHost.Fs;

/// <summary>What the inodes of one file system in memory share: frames, the limit, inode numbers.</summary>
/// <param name="limitPages">Most pages of content; <see cref="long.MaxValue"/> for no limit but the machine's.</param>
/// <param name="firstNumber">The root's inode number.</param>
internal sealed class TmpfsSpace(FrameAllocator frames, long limitPages, ulong firstNumber = 1)
{
    private long _pages;
    private long _lastNumber = (long)firstNumber - 1;
    private long _inodes;

    public FrameAllocator Frames => frames;

    public long LimitPages => limitPages;

    public long Pages => Volatile.Read(ref _pages);

    public long Inodes => Volatile.Read(ref _inodes);

    public ulong NewNumber()
    {
        Interlocked.Increment(ref _inodes);
        return (ulong)Interlocked.Increment(ref _lastNumber);
    }

    public bool TryCharge()
    {
        if (Interlocked.Increment(ref _pages) > limitPages)
        {
            Interlocked.Decrement(ref _pages);
            return false;
        }

        return true;
    }

    public void Uncharge(long count) => Interlocked.Add(ref _pages, -count);
}
