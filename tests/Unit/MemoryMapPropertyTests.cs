using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

using UmlHost.Abi;
using UmlHost.Host;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Syscalls;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

/// <summary>Random calls on a family of address spaces, against an oracle of what each page is: where it comes from, what
/// may be done with it, and what it holds. After each sync the host child, a real one for the first address space, has
/// nothing but what the page table says.</summary>
public sealed class MemoryMapPropertyTests
{
    private const ulong Page = GuestAddress.PageSize;
    private const ulong Base = 0x20_0000_0000 + (400 * Page);
    private const int Window = 700;
    private const int FilePages = 150;

    /// <summary>Shared memory as the oracle knows it: one byte for each page.</summary>
    private sealed class Content(int pages)
    {
        public byte[] Values { get; } = new byte[pages];

        /// <summary>Pages that there are; more for memory without an end.</summary>
        public int Pages { get; set; } = pages;
    }

    /// <summary>What a page of an address space is.</summary>
    private sealed record Expected
    {
        public int Protection { get; init; }

        public bool IsShared { get; init; }

        /// <summary>Where it comes from; null for anonymous private memory.</summary>
        public Content? From { get; init; }

        public int FromPage { get; init; }

        /// <summary>Private memory that has been written.</summary>
        public byte? Own { get; init; }

        /// <summary>The content's page after it (for a mapping that grows): another than FromPage + 1 after
        /// remap_file_pages.</summary>
        public int Linear { get; init; }

        public bool IsWiped { get; init; }

        public bool IsBeyondEnd => From is not null && Own is null && FromPage >= From.Pages;

        public byte Value => Own ?? (From is null || IsBeyondEnd ? (byte)0 : From.Values[FromPage]);
    }

    private sealed class Space(MemoryMap map, RecordingHostThread host)
    {
        public MemoryMap Map { get; } = map;

        public RecordingHostThread Host { get; } = host;

        public int Pid { get; init; }

        public Dictionary<int, Expected> Pages { get; init; } = [];
    }

    private readonly List<Space> _spaces = [];

    // What was done, for the message of a failure.
    private readonly List<(Space? Space, int From, int Length, string What)> _log = [];
    private readonly Content _file = new(FilePages);
    private Random _random = new(0);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(3, 60)]
    [InlineData(4, 200)]
    [InlineData(5, 0)]
    [InlineData(6, 25)]
    public void Every_page_is_what_the_calls_made_of_it(int seed, int mappingLimit)
        => HostGuest.Run(guest =>
        {
            _random = new Random(seed);
            RecordingHostThread host = new() { Real = guest.Host };
            Space first = new(guest.Memory, host) { Pid = guest.Child.Pid };
            first.Map.MappingLimit = mappingLimit;
            _spaces.Add(first);
            PageCacheTests.TestFile file = new(FilePages * Page);
            for (int page = 0; page < FilePages; page++)
            {
                _file.Values[page] = PageCacheTests.TestFile.ByteOf((ulong)page);
            }

            for (int step = 0; step < 2500; step++)
            {
                Step(_spaces[_random.Next(_spaces.Count)], file);
            }

            foreach (Space space in _spaces)
            {
                Check(space, Enumerable.Range(0, Window));
            }

            foreach (Space space in _spaces.Skip(1))
            {
                space.Map.Dispose();
            }

            Assert.True(mappingLimit == 0 || first.Map.DroppedMappings > 0, "nothing was dropped");
            Assert.Equal(Errno.None, first.Map.Unmap(At(0), Window * Page));
            Assert.Null(first.Map.Sync(host));
            Assert.Empty(host.Pages);
            file.Drop();
            Assert.True(file.IsClosed);
        });

    private void Log(Space? space, int from, int length, FormattableString what)
        => _log.Add((space, from, length, what.ToString(CultureInfo.InvariantCulture)));

    private string History(Space space, int page)
    {
        IEnumerable<string> lines = _log
            .Where(entry => (entry.Space == space || entry.Space is null) && page >= entry.From && page < entry.From + entry.Length)
            .Select(entry => $"  [{entry.From}, +{entry.Length}) {entry.What}");
        string frame = $"frame {space.Map.EntryAt(At(page)).Frame:x}";
        IEnumerable<string> writers = _log.Where(entry => entry.What.EndsWith(frame, StringComparison.Ordinal))
            .Select(entry => $"  space {(entry.Space is null ? -1 : _spaces.IndexOf(entry.Space))} page {entry.From}: {entry.What}");
        return $"\nspace {_spaces.IndexOf(space)} page {page} {space.Map.EntryAt(At(page)).Bits} {frame}:\n"
            + string.Join("\n", lines.TakeLast(25)) + "\n" + string.Join("\n", writers.TakeLast(10));
    }

    private static GuestAddress At(int page) => new(Base + ((ulong)page * Page));

    private void Step(Space space, PageCacheTests.TestFile file)
    {
        int from = _random.Next(Window - 1);
        int length = Math.Min(_random.Next(1, _random.Next(8) == 0 ? 250 : 12), Window - from);
        int[] protections = [PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_WRITE];
        int prot = protections[_random.Next(protections.Length)];
        int action = _random.Next(24);
        Log(space, from, length, $"action {action} prot {prot}");
        switch (action)
        {
            case 0 or 1:
                Map(space, from, length, prot, null, 0);
                break;
            case 2:
                Map(space, from, length, prot, file, _random.Next(FilePages));
                break;
            case 3:
                MapShared(space, from, length, prot);
                break;
            case 4 when _random.Next(3) == 0:
                Assert.Equal(Errno.None, space.Map.Unmap(At(from), (ulong)length * Page));
                Each(from, length, page => space.Pages.Remove(page));
                break;
            case 5 or 6:
                if (space.Map.Protect(At(from), (ulong)length * Page, prot) == Errno.None)
                {
                    Each(from, length, page => space.Pages[page] = space.Pages[page] with { Protection = prot });
                }
                else
                {
                    // What comes before the first hole is changed.
                    for (int page = from; space.Pages.TryGetValue(page, out Expected? expected); page++)
                    {
                        space.Pages[page] = expected with { Protection = prot };
                    }
                }

                break;
            case 7 or 8:
                Remap(space, from, length);
                break;
            case 9:
                space.Map.Advise(At(from), (ulong)length * Page, MADV_DONTNEED);
                Change(space, from, length, page => page.IsShared ? page : page with { Own = null });
                break;
            case 10:
                Reorder(space, from, Math.Min(length, 10));
                break;
            case 11 when _random.Next(3) == 0:
                if (space.Map.Advise(At(from), (ulong)length * Page, MADV_WIPEONFORK) == Errno.None)
                {
                    Change(space, from, length, page => page with { IsWiped = true });
                }
                else
                {
                    // Stops at the first that is no private anonymous memory, holes passed over.
                    for (int page = from; page < from + length; page++)
                    {
                        if (space.Pages.TryGetValue(page, out Expected? expected))
                        {
                            if (expected.From is not null)
                            {
                                break;
                            }

                            space.Pages[page] = expected with { IsWiped = true };
                        }
                    }
                }

                break;
            case 12 when _spaces.Count < 4 && _random.Next(4) == 0:
                Fork(space);
                break;
            case 13 when _spaces.Count > 2 && _random.Next(4) == 0 && space.Pid == 0:
                _spaces.Remove(space);
                space.Map.Dispose();
                return;
            case 14 when _random.Next(2) == 0:
                _ = space.Map.Lock(At(from), (ulong)length * Page, _random.Next(2) == 0 ? VmaFlags.Locked : VmaFlags.None, ulong.MaxValue);
                space.Map.UnlockAll();
                break;
            case < 19:
                Write(space, from, length);
                break;
            default:
                Touch(space, from, Math.Min(length, 30));
                break;
        }

        if (_random.Next(4) == 0)
        {
            Assert.Null(space.Map.Sync(space.Host));
            Log(space, 0, Window, $"sync: {string.Join(" ", space.Host.Batches.LastOrDefault([]).Take(12).Select(op => $"{op.Number}@{(long)(op.A0 - Base) / 4096}+{op.A1 / Page}"))}");
            CheckChild(space);
            Check(space, Enumerable.Range(0, 10).Select(_ => _random.Next(Window)));
        }
    }

    private static void Each(int from, int length, Action<int> action)
    {
        for (int page = from; page < from + length; page++)
        {
            action(page);
        }
    }

    private static void Change(Space space, int from, int length, Func<Expected, Expected> change)
        => Each(from, length, page =>
        {
            if (space.Pages.TryGetValue(page, out Expected? expected))
            {
                space.Pages[page] = change(expected);
            }
        });

    private void Map(Space space, int from, int length, int prot, MappedFile? file, int first)
    {
        int flags = MAP_FIXED | MAP_PRIVATE | (_random.Next(6) == 0 ? MAP_POPULATE : 0);
        Assert.Equal((long)At(from).Value, space.Map.Map(At(from), (ulong)length * Page, prot, flags, file, (ulong)first * Page).Raw);
        Each(from, length, page => space.Pages[page] = new Expected
        {
            Protection = prot,
            From = file is null ? null : _file,
            FromPage = first + page - from,
            Linear = first + page - from,
        });
    }

    private void MapShared(Space space, int from, int length, int prot)
    {
        Content content = new(2 * Window);
        Assert.False(space.Map.Map(At(from), (ulong)length * Page, prot, MAP_FIXED | MAP_SHARED | MAP_ANONYMOUS, null, 0).Failed);
        Each(from, length, page => space.Pages[page] = new Expected
        {
            Protection = prot,
            IsShared = true,
            From = content,
            FromPage = page - from,
            Linear = page - from,
        });
    }

    private void Remap(Space space, int from, int length)
    {
        int to = _random.Next(Window - 1);
        int newLength = _random.Next(3) == 0 ? length : Math.Min(_random.Next(1, 30), Window - to);
        int old = _random.Next(10) == 0 ? 0 : length;
        int flags = _random.Next(4) switch
        {
            0 => 0,
            1 => MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
            _ => MREMAP_MAYMOVE | MREMAP_FIXED,
        };
        if (flags == 0 && from + newLength > Window)
        {
            return;
        }

        if (flags != 0 && to + newLength > Window)
        {
            newLength = Window - to;
        }

        Dictionary<int, Expected> before = new(space.Pages);
        Log(space, 0, Window, $"mremap {from}+{old} to {to}+{newLength} flags {flags}");
        SyscallResult result = space.Map.Remap(At(from), (ulong)old * Page, (ulong)newLength * Page, flags, At(to), ulong.MaxValue);
        if (result.Failed)
        {
            // What a fixed address had is taken away before some of the refusals, as on Linux; otherwise all is as before.
            if ((flags & MREMAP_FIXED) != 0 && result.Error == Errno.EFAULT)
            {
                Resynchronize(space);
            }

            return;
        }

        int target = flags == 0 ? from : to;
        Assert.Equal(At(target).Value, (ulong)result.Raw);
        if (target != from)
        {
            Each(to, newLength, page => space.Pages.Remove(page));
        }

        // Of a shrunken mapping the rest goes.
        Each(from, old, page =>
        {
            if ((flags & MREMAP_DONTUNMAP) == 0 && (target != from || page >= from + newLength))
            {
                space.Pages.Remove(page);
            }
            else if (target != from && space.Pages.TryGetValue(page, out Expected? left))
            {
                space.Pages[page] = left with { Own = null };
            }
        });
        for (int i = 0; i < newLength; i++)
        {
            if (i < old)
            {
                if (before.TryGetValue(from + i, out Expected? moved))
                {
                    space.Pages[target + i] = moved;
                }
            }
            else
            {
                Expected model = old > 0 ? before[from + old - 1] : before[from];
                int linear = old > 0 ? model.Linear + (i - old + 1) : model.Linear + i;
                Expected? second = old == 0 && before.TryGetValue(from + i, out Expected? same) && ReferenceEquals(same.From, model.From) ? same : null;
                space.Pages[target + i] = model with
                {
                    Own = null,
                    Linear = linear,
                    FromPage = model.From is null ? 0 : second is not null && second.Linear == linear ? second.FromPage : linear,
                    Protection = space.Map.AreaAt(At(target + i))!.ProtectionAt(At(target + i)),
                };
            }
        }
    }

    /// <summary>Forgets what is no longer mapped.</summary>
    private static void Resynchronize(Space space)
    {
        foreach (int page in space.Pages.Keys.Where(page => space.Map.AreaAt(At(page)) is null).ToArray())
        {
            space.Pages.Remove(page);
        }
    }

    private void Reorder(Space space, int from, int length)
    {
        int first = _random.Next(Window);
        int prot = _random.Next(3) switch { 0 => PROT_READ, 1 => PROT_READ | PROT_WRITE, _ => 0 };
        Errno error = space.Map.RemapFilePages(At(from), (ulong)length * Page, prot, (ulong)first, _random.Next(2) == 0 ? MAP_NONBLOCK : 0);
        if (error == Errno.None)
        {
            Each(from, length, page => space.Pages[page] = space.Pages[page] with
            {
                FromPage = first + page - from,
                Protection = prot == 0 ? space.Map.AreaAt(At(page))!.Protection : prot,
            });
        }
        else
        {
            Assert.Equal(Errno.EINVAL, error);
        }
    }

    private void Fork(Space space)
    {
        MemoryMap map = space.Map.Fork(At(_random.Next(Window)));
        Log(null, 0, Window, $"fork of {_spaces.IndexOf(space)}");
        Space copy = new(map, new RecordingHostThread())
        {
            Pages = space.Pages.ToDictionary(
                pair => pair.Key, pair => pair.Value.IsWiped && pair.Value.From is null ? pair.Value with { Own = null } : pair.Value),
        };
        map.MappingLimit = _random.Next(2) == 0 ? 50 : 0;
        _spaces.Add(copy);
        Assert.Null(space.Map.Sync(space.Host)); // as clone does
    }

    private void Write(Space space, int from, int length)
    {
        for (int page = from; page < from + Math.Min(length, 20); page++)
        {
            byte value = (byte)_random.Next(1, 256);
            bool may = space.Pages.TryGetValue(page, out Expected? expected) && (expected.Protection & PROT_WRITE) != 0 && !expected.IsBeyondEnd;
            Assert.True(space.Map.CopyOut(At(page), [value]) == (may ? 1 : 0), $"write to page {page}: {expected}");
            if (may)
            {
                Log(space, page, 1, $"wrote {value} to frame {space.Map.EntryAt(At(page)).Frame:x}");
            }

            if (may && expected!.IsShared)
            {
                expected.From!.Values[expected.FromPage] = value;
            }
            else if (may)
            {
                space.Pages[page] = expected! with { Own = value };
            }
        }
    }

    /// <summary>Faults as a guest's accesses make them, with the access known or not.</summary>
    private void Touch(Space space, int from, int length)
    {
        for (int page = from; page < from + length; page++)
        {
            Access access = (Access)_random.Next(4);
            FaultResult result = space.Map.Fault(At(page), access);
            if (!space.Pages.TryGetValue(page, out Expected? expected))
            {
                Assert.Equal(FaultResult.SegvMapError, result);
                continue;
            }

            bool may = access switch
            {
                Access.Write => (expected.Protection & PROT_WRITE) != 0,
                Access.Execute => (expected.Protection & PROT_EXEC) != 0,
                _ => expected.Protection != PROT_NONE,
            };
            FaultResult[] allowed = !may ? [FaultResult.SegvAccessError]
                : expected.IsBeyondEnd ? [FaultResult.BusAddressError]
                : [FaultResult.Resolved, FaultResult.NeedAccess];
            Assert.True(allowed.Contains(result), $"page {page}, {access}: {result}, {expected}");
        }
    }

    private void Check(Space space, IEnumerable<int> pages)
    {
        byte[] one = new byte[1];
        foreach (int page in pages)
        {
            bool may = space.Pages.TryGetValue(page, out Expected? expected) && expected.Protection != PROT_NONE && !expected.IsBeyondEnd;
            Assert.True(space.Map.CopyIn(At(page), one) == (may ? 1 : 0), $"read of page {page}: {expected}");
            Assert.True(!may || one[0] == expected!.Value, $"page {page} holds {one[0]}: {expected}" + (may && one[0] != expected!.Value ? History(space, page) : ""));
        }
    }

    private void CheckChild(Space space)
    {
        foreach ((ulong page, (ulong protection, ulong offset)) in space.Host.Pages)
        {
            int number = (int)((long)(page - Base) / (long)Page);
            PageTableEntry entry = space.Map.EntryAt(new GuestAddress(page));
            Assert.True(entry.IsPresent && entry.Has(Pte.HostMapped), entry.IsPresent && entry.Has(Pte.HostMapped) ? "" : $"the child has page {number}, the page table {entry}" + History(space, number));
            Assert.True(entry.Frame == offset / Page, $"the child has another frame at page {number}");
            Assert.Equal((ulong)(entry.Bits & Pte.Protection) >> 1, protection);
            Expected expected = space.Pages[number];
            int allowed = expected.Protection == PROT_NONE ? 0 : expected.Protection | PROT_READ;
            Assert.True(((int)protection & ~allowed) == 0, $"the child has protection {protection} at page {number}: {expected}");
        }

        for (int page = 0; page < Window; page++)
        {
            Assert.True(!space.Map.EntryAt(At(page)).Has(Pte.HostMapped) || space.Host.Pages.ContainsKey(At(page).Value), $"the child lacks page {page}");
        }

        if (space.Pid != 0)
        {
            CheckMaps(space);
        }
    }

    /// <summary>The host's own list of the child's mappings.</summary>
    private static void CheckMaps(Space space)
    {
        Dictionary<ulong, (ulong, ulong)> real = [];
        int lines = 0;
        foreach (string line in File.ReadLines($"/proc/{space.Pid}/maps"))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string[] range = fields[0].Split('-');
            ulong start = ulong.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            ulong end = ulong.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if ((start < StubLayout.End && end > StubLayout.Start) || start >= GuestAddress.TaskSize.Value)
            {
                continue;
            }

            lines++;
            ulong protection = (fields[1][0] == 'r' ? PROT_READ : 0UL) | (fields[1][1] == 'w' ? PROT_WRITE : 0UL) | (fields[1][2] == 'x' ? PROT_EXEC : 0UL);
            ulong offset = ulong.Parse(fields[2], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            for (ulong page = start; page < end && end - start < 1UL << 30; page += Page)
            {
                real[page] = (protection, offset + page - start);
            }
        }

        Assert.Equal(space.Host.Pages.Count, real.Count);
        foreach ((ulong page, (ulong Protection, ulong Offset) has) in space.Host.Pages)
        {
            Assert.Equal(has, real[page]);
        }

        Assert.True(lines <= space.Map.HostMappings, $"{lines} mappings, {space.Map.HostMappings} counted");
    }
}
