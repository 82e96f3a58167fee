using System;
using System.Linq;

using UmlHost.Abi;
using UmlHost.Loader;
using UmlHost.Native;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

public class LoaderPlanTests
{
    private static SegmentStep Step(SegmentAction action, ulong start, ulong length, int protection, ulong offset = 0) =>
        new(action, new GuestAddress(start), length, protection, offset);

    private static SegmentPlan Plan(params ProgramHeader[] headers)
    {
        Assert.True(LoaderElf.TryPlan(LoaderElf.File(headers), out SegmentPlan? plan, out LoadError? error), error?.ToString());
        return plan!;
    }

    private static LoadError Fail(ProgramHeader header, SegmentLimits? limits = null)
    {
        Assert.False(LoaderElf.TryPlan(LoaderElf.File(LoaderElf.Text, header), out _, out LoadError? error, limits));
        Assert.True(error!.IsFatal);
        return error;
    }

    [Fact]
    public void A_data_segment_is_mapped_its_tail_cleared_and_its_bss_added()
    {
        SegmentPlan plan = Plan(LoaderElf.Text, LoaderElf.Load(0x402123, 0x1123, 0x100, 0x3000));
        Assert.Equal(
            [
                Step(SegmentAction.MapFile, 0x400000, 0x1000, PROT_READ | PROT_EXEC),
                Step(SegmentAction.MapFile, 0x402000, 0x1000, PROT_READ | PROT_WRITE, 0x1000),
                Step(SegmentAction.Clear, 0x402223, 0xddd, PROT_READ | PROT_WRITE),
                Step(SegmentAction.MapAnonymous, 0x403000, 0x3000, PROT_READ | PROT_WRITE),
            ],
            plan.Steps.ToArray());
        Assert.Equal(0x406000UL, plan.Break.Value);
        Assert.Equal(0x400040UL, plan.ProgramHeaders.Value);
        Assert.Equal((0x400000UL, 0x401000UL), (plan.StartCode.Value, plan.EndCode.Value));
        Assert.Equal((0x402123UL, 0x402223UL), (plan.StartData.Value, plan.EndData.Value));
    }

    [Fact]
    public void Bss_within_the_last_page_needs_no_mapping()
    {
        Assert.Equal(SegmentAction.Clear, Plan(LoaderElf.Text, LoaderElf.Load(0x402000, 0x1000, 0x10, 0x20)).Steps[^1].Action);
        Assert.Equal(2, Plan(LoaderElf.Text, LoaderElf.Load(0x402000, 0x1000, 0x10, 0x10)).Steps.Length);
    }

    [Fact]
    public void A_read_only_segment_is_not_cleared_and_its_bss_can_be_written()
    {
        SegmentPlan plan = Plan(LoaderElf.Text, LoaderElf.Load(0x402000, 0x1000, 0x10, 0x2000, PF_R));
        Assert.DoesNotContain(plan.Steps, step => step.Action == SegmentAction.Clear);
        Assert.Equal(Step(SegmentAction.MapAnonymous, 0x403000, 0x1000, PROT_READ | PROT_WRITE), plan.Steps[^1]);
    }

    [Fact]
    public void A_segment_without_file_bytes_starts_at_its_page_and_its_offset_does_not_matter()
    {
        SegmentPlan plan = Plan(LoaderElf.Text, LoaderElf.Load(0x600800, 0x123, 0, 0x1000));
        Assert.Equal(Step(SegmentAction.MapAnonymous, 0x600000, 0x2000, PROT_READ | PROT_WRITE), plan.Steps[^1]);
    }

    [Fact]
    public void Zero_size_overlapping_descending_and_past_the_end_are_taken_as_Linux_does()
    {
        Assert.Single(Plan(LoaderElf.Text, LoaderElf.Load(0x600000, 0x1001, 0, 0)).Steps);
        Assert.Equal(2, Plan(LoaderElf.Text, LoaderElf.Text).Steps.Length);
        Assert.Equal(2, Plan(LoaderElf.Load(0x600000, 0, 0x10, 0x10), LoaderElf.Text).Steps.Length);
        Assert.Equal(0x100000UL, Plan(LoaderElf.Text, LoaderElf.Load(0x600000, 0x100000, 0x10, 0x10)).Steps[^1].FileOffset);
    }

    [Fact]
    public void Bad_segments_say_what_is_wrong()
    {
        (ProgramHeader Header, Errno Errno, string Message)[] cases =
        [
            (LoaderElf.Load(0x600000, 0, 0x20, 0x10), Errno.EINVAL, "more bytes in the file"),
            (LoaderElf.Load(0xffff_ffff_ffff_f000, 0, 0x20, 0x2000), Errno.EINVAL, "wraps around"),
            (LoaderElf.Load(0x600000, 0, 0x20, ulong.MaxValue), Errno.EINVAL, "wraps around"),
            (LoaderElf.Load(0x7fff_ffff_f000, 0, 0x20, 0x20), Errno.EINVAL, "above the top"),
            (LoaderElf.Load(0x600000, 0, 0x20, 0x7fff_ffff_f000), Errno.EINVAL, "above the top"),
            (LoaderElf.Load(0x600000, 1, 0x20, 0x20), Errno.EINVAL, "differ within the page"),
            (LoaderElf.Load(0x600000, 0xffff_ffff_ffff_f000, 0x20, 0x20), Errno.EINVAL, "no file has an offset"),
            (LoaderElf.Load(0x10ffff, 0x0fff, 1, 1), Errno.EEXIST, "overlaps the range that UmlHost reserves (0x100000-0x110000)"),
            (LoaderElf.Load(0xff800, 0x800, 0x10, 0x801), Errno.EEXIST, "segment at 0xff800 overlaps"),
        ];
        foreach ((ProgramHeader header, Errno errno, string message) in cases)
        {
            LoadError error = Fail(header);
            Assert.Equal(errno, error.Errno);
            Assert.Contains(message, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_segment_may_touch_the_reserved_range()
    {
        Assert.Equal(2, Plan(LoaderElf.Text, LoaderElf.Load(0xff000, 0, 0x1000, 0x1000)).Steps.Length);
        Assert.Equal(2, Plan(LoaderElf.Text, LoaderElf.Load(0x110000, 0, 0x1000, 0x1000)).Steps.Length);
    }

    [Fact]
    public void Bss_beyond_the_memory_limit_is_ENOMEM()
    {
        ProgramHeader bss = LoaderElf.Load(0x600000, 0, 0, 4UL << 30);
        LoadError error = Fail(bss, LoaderFiles.Limits with { MemoryLimit = 64 << 20 });
        Assert.Equal(Errno.ENOMEM, error.Errno);
        Assert.Contains("bss too large for the memory limit", error.Message, StringComparison.Ordinal);
        Assert.True(LoaderElf.TryPlan(LoaderElf.File(LoaderElf.Text, bss), out _, out _, LoaderFiles.Limits with { MemoryLimit = 4UL << 30 }));
        Assert.True(LoaderElf.TryPlan(LoaderElf.File(LoaderElf.Text, bss), out _, out _, LoaderFiles.Limits with { MemoryLimit = 0 }));
    }

    [Fact]
    public void Nothing_to_load_and_an_entry_outside_are_errors()
    {
        Assert.False(LoaderElf.TryPlan(LoaderElf.File(LoaderElf.Load(0x400000, 0, 0, 0)), out _, out LoadError? error));
        Assert.Contains("no PT_LOAD", error!.Message, StringComparison.Ordinal);
        Assert.False(LoaderElf.TryPlan(LoaderElf.File(ET_EXEC, 0xdead_0000_0000_0000, LoaderElf.Text), out _, out error));
        Assert.Contains("entry point", error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_position_independent_program_goes_to_the_base_and_keeps_its_alignment()
    {
        byte[] file = LoaderElf.File(ET_DYN, 0x100, LoaderElf.Load(0, 0, 0x1000, 0x1000, LoaderElf.RX));
        Assert.True(LoaderElf.TryPlan(file, out SegmentPlan? plan, out _));
        Assert.Equal((0x555555554000UL, 0x555555554100UL, 0x555555554040UL), (plan!.Bias, plan.Entry.Value, plan.ProgramHeaders.Value));

        file = LoaderElf.File(ET_DYN, 0x201100, LoaderElf.Load(0x201000, 0x1000, 0x1000, 0x1000, LoaderElf.RX, 0x200000));
        Assert.True(LoaderElf.TryPlan(file, out plan, out _));
        Assert.Equal(0UL, plan!.Bias % 0x200000);
        Assert.Equal(0x555555401000UL, plan.Steps.Single().Start.Value);
    }

    [Fact]
    public void Layout_without_randomness_is_Linuxs()
    {
        AddressLayout layout = AddressLayout.Choose(false, 8 << 20, []);
        Assert.Equal((0x7ffffffff000UL, 0x7ffff7fff000UL, 0x555555554000UL), (layout.StackTop.Value, layout.MmapBase.Value, layout.PositionIndependentBase.Value));
        Assert.Equal((0UL, 0UL), (layout.BreakOffset, layout.StackOffset));
    }

    [Fact]
    public void Random_layouts_stay_in_Linuxs_bounds_and_differ()
    {
        Random random = new(7);
        byte[] entropy = new byte[AddressLayout.EntropyBytes];
        ulong[] limits = [0, 8 << 20, 1UL << 40, ulong.MaxValue];
        AddressLayout[] layouts = new AddressLayout[1000];
        for (int i = 0; i < layouts.Length; i++)
        {
            random.NextBytes(entropy);
            AddressLayout layout = layouts[i] = AddressLayout.Choose(true, limits[i % limits.Length], entropy);
            Assert.All([layout.StackTop, layout.MmapBase, layout.PositionIndependentBase, new GuestAddress(layout.BreakOffset)], address => Assert.True(address.IsPageAligned));
            Assert.InRange(layout.StackTop.Value, 0x7ffffffff000 - (1UL << 34), 0x7ffffffff000UL);
            Assert.InRange(layout.PositionIndependentBase.Value, 0x555555554000UL, 0x555555554000 + (1UL << 40));
            Assert.True(layout.MmapBase < layout.StackTop);
            Assert.InRange(layout.BreakOffset, 0UL, (1UL << 30) - 1);
            Assert.InRange(layout.StackOffset, 0UL, 8191UL);
        }

        Assert.True(layouts.Distinct().Count() > 990);
    }
}
