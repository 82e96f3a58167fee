using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

using UmlHost.Abi;
using UmlHost.Loader;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

public class LoaderStackTests
{
    private static readonly GuestAddress s_top = GuestAddress.TaskSize;

    private static readonly byte[] s_random = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

    private static StackImage Build(ulong offset, byte[][] arguments, byte[][] environment, AuxiliaryValues values = default) =>
        StackImage.Build(s_top, offset, "/bin/x"u8, arguments, environment, s_random, values);

    private static ulong Word(StackImage stack, int index) => BinaryPrimitives.ReadUInt64LittleEndian(stack.Bytes.AsSpan(index * 8));

    private static string Text(StackImage stack, ulong address)
    {
        ReadOnlySpan<byte> rest = stack.Bytes.AsSpan((int)(address - stack.StackPointer.Value));
        return Encoding.UTF8.GetString(rest[..rest.IndexOf((byte)0)]);
    }

    private static Dictionary<ulong, ulong> Vector(StackImage stack, int at)
    {
        Dictionary<ulong, ulong> vector = [];
        for (; Word(stack, at) != AT_NULL; at += 2)
        {
            vector.Add(Word(stack, at), Word(stack, at + 1));
        }

        return vector;
    }

    [Fact]
    public void Arguments_environment_and_vector_are_where_the_ABI_wants_them()
    {
        StackImage stack = Build(0, ["x"u8.ToArray(), "two"u8.ToArray()], ["A=1"u8.ToArray()], new AuxiliaryValues
        {
            ProgramHeaders = new GuestAddress(0x400040),
            ProgramHeaderCount = 7,
            Entry = new GuestAddress(0x401000),
            Base = new GuestAddress(0x7000_0000),
            Uid = 1,
            EffectiveUid = 2,
            Gid = 3,
            EffectiveGid = uint.MaxValue,
            Secure = true,
            HardwareCapabilities = 0x1f8bfbff,
            HardwareCapabilities2 = 2,
            MinSignalStackSize = 11952,
        });

        Assert.Equal(s_top, stack.StackPointer + (ulong)stack.Bytes.Length);
        Assert.Equal(2UL, Word(stack, 0));
        Assert.Equal(("x", "two", 0UL), (Text(stack, Word(stack, 1)), Text(stack, Word(stack, 2)), Word(stack, 3)));
        Assert.Equal(("A=1", 0UL), (Text(stack, Word(stack, 4)), Word(stack, 5)));
        Assert.Equal((Word(stack, 1), Word(stack, 4)), (stack.ArgStart.Value, stack.ArgEnd.Value));
        Assert.Equal((6UL, 4UL), (stack.ArgEnd - stack.ArgStart, stack.EnvEnd - stack.EnvStart));

        Dictionary<ulong, ulong> vector = Vector(stack, 6);
        Assert.Equal("/bin/x", Text(stack, vector[AT_EXECFN]));
        Assert.Equal("x86_64", Text(stack, vector[AT_PLATFORM]));
        Assert.Equal(s_random, stack.Bytes.AsSpan((int)(vector[AT_RANDOM] - stack.StackPointer.Value), 16).ToArray());
        Assert.Equal((0x400040UL, 56UL, 7UL, 0x401000UL, 0x7000_0000UL), (vector[AT_PHDR], vector[AT_PHENT], vector[AT_PHNUM], vector[AT_ENTRY], vector[AT_BASE]));
        Assert.Equal((1UL, 2UL, 3UL, 0xffff_ffffUL, 1UL), (vector[AT_UID], vector[AT_EUID], vector[AT_GID], vector[AT_EGID], vector[AT_SECURE]));
        Assert.Equal((0x1f8bfbffUL, 2UL, 11952UL), (vector[AT_HWCAP], vector[AT_HWCAP2], vector[AT_MINSIGSTKSZ]));
        Assert.Equal((4096UL, 100UL, 0UL), (vector[AT_PAGESZ], vector[AT_CLKTCK], vector[AT_FLAGS]));
        Assert.Equal(stack.Bytes.AsSpan(6 * 8, stack.AuxiliaryVector.Length).ToArray(), stack.AuxiliaryVector);
    }

    [Fact]
    public void The_vdso_and_rseq_entries_come_only_when_asked_for()
    {
        Dictionary<ulong, ulong> without = Vector(Build(0, [[]], []), 4);
        Assert.DoesNotContain(without.Keys, key => key is AT_SYSINFO_EHDR or AT_RSEQ_FEATURE_SIZE or AT_RSEQ_ALIGN);
        Dictionary<ulong, ulong> with = Vector(Build(0, [[]], [], new AuxiliaryValues { Vdso = new GuestAddress(0x1000), RseqFeatureSize = 28, RseqAlignment = 32 }), 4);
        Assert.Equal((0x1000UL, 28UL, 32UL), (with[AT_SYSINFO_EHDR], with[AT_RSEQ_FEATURE_SIZE], with[AT_RSEQ_ALIGN]));
    }

    [Fact]
    public void The_stack_pointer_is_aligned_and_the_measure_holds_for_every_shape()
    {
        for (int count = 0; count < 40; count++)
        {
            byte[][] strings = new byte[count][];
            for (int i = 0; i < count; i++)
            {
                strings[i] = new byte[i];
            }

            ulong offset = (ulong)count * 211;
            AuxiliaryValues values = new() { Vdso = new GuestAddress(4096), RseqFeatureSize = (uint)(count % 2) };
            StackImage stack = StackImage.Build(s_top, offset, "/bin/x"u8, strings, strings, s_random, values);
            Assert.Equal(0UL, stack.StackPointer.Value % 16);
            Assert.InRange((ulong)stack.Bytes.Length, 1UL, StackImage.Measure(offset, "/bin/x"u8, strings, strings));
        }
    }
}
