using System;

using UmlHost.Abi;
using UmlHost.Native;

namespace UmlHost.Memory;

// Pages that are the file itself (tmpfs, memfd, what an overlay has copied): read and written here by system calls, in
// the frames that mappings share. And what a system call writes to a file whose pages are a copy.
internal sealed unsafe partial class PageCache
{
    private const int PageBytes = (int)GuestAddress.PageSize;

    /// <summary>Pages present of a file of memory.</summary>
    public long PresentPages { get; private set; }

    /// <summary>Copies out, from byte <paramref name="offset"/> on; holes are zeros. The caller has limited it to the
    /// file's size.</summary>
    public void Read(ulong offset, Span<byte> destination)
    {
        lock (_pageCacheLock)
        {
            while (!destination.IsEmpty)
            {
                Span<byte> part = destination[..Math.Min(destination.Length, PageBytes - (int)(offset % PageBytes))];
                Span<byte> page = PageAt(offset);
                if (page.IsEmpty)
                {
                    part.Clear();
                }
                else
                {
                    page[..part.Length].CopyTo(part);
                }

                destination = destination[part.Length..];
                offset += (ulong)part.Length;
            }
        }
    }

    /// <summary>Copies in, filling holes with pages. Fewer bytes than given: there is no memory, or the file system is
    /// full.</summary>
    /// <returns>Bytes written.</returns>
    public int Write(ulong offset, ReadOnlySpan<byte> source)
    {
        int done = 0;
        lock (_pageCacheLock)
        {
            while (done < source.Length && TryMakePresent(offset >> GuestAddress.PageShift))
            {
                ReadOnlySpan<byte> part = source.Slice(done, Math.Min(source.Length - done, PageBytes - (int)(offset % PageBytes)));
                part.CopyTo(PageAt(offset));
                done += part.Length;
                offset += (ulong)part.Length;
            }
        }

        return done;
    }

    /// <summary>Copies what was just written to the file to those pages that are there.</summary>
    public void Update(ulong offset, ReadOnlySpan<byte> written)
    {
        lock (_pageCacheLock)
        {
            while (!written.IsEmpty)
            {
                ReadOnlySpan<byte> part = written[..Math.Min(written.Length, PageBytes - (int)(offset % PageBytes))];
                Span<byte> page = PageAt(offset);
                if (!page.IsEmpty)
                {
                    part.CopyTo(page);
                }

                written = written[part.Length..];
                offset += (ulong)part.Length;
            }
        }
    }

    /// <summary>Zeros bytes where there are pages.</summary>
    public void Clear(ulong offset, ulong length)
    {
        lock (_pageCacheLock)
        {
            while (length > 0)
            {
                int part = (int)Math.Min(length, PageBytes - (offset % PageBytes));
                Span<byte> page = PageAt(offset);
                if (!page.IsEmpty)
                {
                    page[..part].Clear();
                }

                length -= (ulong)part;
                offset += (ulong)part;
            }
        }
    }

    /// <summary>Makes absent pages of [<paramref name="from"/>, <paramref name="to"/>) present, zero.</summary>
    public Errno Allocate(ulong from, ulong to)
    {
        lock (_pageCacheLock)
        {
            for (ulong page = from; page < to; page++)
            {
                if (!TryMakePresent(page))
                {
                    return Errno.ENOSPC;
                }
            }
        }

        return Errno.None;
    }

    /// <summary>The first page from <paramref name="page"/> on, below <paramref name="end"/>, that is present, or is not;
    /// <paramref name="end"/> where there is none.</summary>
    public ulong Next(ulong page, ulong end, bool present)
    {
        lock (_pageCacheLock)
        {
            while (page < end)
            {
                ulong index = page / FrameAllocator.FramesPerChunk;
                if (_chunks.TryGetValue(index, out Chunk? chunk))
                {
                    if (chunk.Has((int)(page % FrameAllocator.FramesPerChunk)) == present)
                    {
                        return page;
                    }

                    page++;
                }
                else if (!present)
                {
                    return page;
                }
                else
                {
                    ulong next = ulong.MaxValue;
                    foreach (ulong other in _chunks.Keys)
                    {
                        next = other > index && other < next ? other : next;
                    }

                    page = next == ulong.MaxValue ? end : next * FrameAllocator.FramesPerChunk;
                }
            }
        }

        return end;
    }

    /// <summary>What is from <paramref name="offset"/> to the end of its page; empty where that is not there.</summary>
    private Span<byte> PageAt(ulong offset)
    {
        ulong page = offset >> GuestAddress.PageShift;
        int within = (int)(page % FrameAllocator.FramesPerChunk);
        return _chunks.TryGetValue(page / FrameAllocator.FramesPerChunk, out Chunk? chunk) && chunk.Has(within)
            ? new Span<byte>(_frames.Pointer(chunk.Frame[within]), PageBytes)[(int)(offset % PageBytes)..]
            : default;
    }

    private bool TryMakePresent(ulong page)
    {
        int within = (int)(page % FrameAllocator.FramesPerChunk);
        return FindOrAddChunk(page / FrameAllocator.FramesPerChunk) is { } chunk
            && (chunk.Has(within) || Grant(chunk, within) == FaultResult.Resolved);
    }

    /// <summary>A zero page for a hole. Page cache lock.</summary>
    private FaultResult Grant(Chunk chunk, int page)
    {
        if (!_file!.TryChargePage())
        {
            return FaultResult.BusAddressError;
        }

        if (!ReserveFrame(chunk, page) || !_frames.TryGrant((chunk.Reserved * FrameAllocator.FramesPerChunk) + (uint)page, 1))
        {
            _file.UnchargePages(1);
            return FaultResult.OutOfMemory;
        }

        chunk.Set(page, page + 1, (chunk.Reserved * FrameAllocator.FramesPerChunk) + (uint)page);
        PresentPages++;
        return FaultResult.Resolved;
    }

    private void Dropped(long count)
    {
        if (_file is { IsMemory: true } file)
        {
            PresentPages -= count;
            file.UnchargePages(count);
        }
    }

    private void ReleaseFrames(Chunk chunk)
    {
        long count = 0;
        for (int page = 0; page < FrameAllocator.FramesPerChunk;)
        {
            if (!chunk.Has(page))
            {
                page++;
                continue;
            }

            int end = page + 1;
            while (end < FrameAllocator.FramesPerChunk && chunk.Has(end) && chunk.Frame[end] == chunk.Frame[end - 1] + 1)
            {
                end++;
            }

            _frames.Release(chunk.Frame[page], (uint)(end - page));
            count += end - page;
            page = end;
        }

        Dropped(count);
    }
}
