using System;
using System.Collections.Generic;

using UmlHost.Loader;
using UmlHost.Native;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

public class LoaderElfTests
{
    private readonly LoaderFiles _files = new();

    private LoadError Fail(byte[] content)
    {
        _files.Add("/p", content);
        return _files.Fail("/p");
    }

    private static byte[] Changed(int at, ushort value)
    {
        byte[] file = LoaderElf.File(LoaderElf.Text);
        LoaderElf.Put16(file, at, value);
        return file;
    }

    public static TheoryData<string, byte[]> BadHeaders => new()
    {
        { "the file is empty", [] },
        { "not an ELF file", [.. "hello, world"u8] },
        { "not an ELF file", new byte[300] },
        { "ELF header truncated", LoaderElf.File(LoaderElf.Text)[..63] },
        { "32-bit program", Changed(18, EM_386) },
        { "program for AArch64", Changed(18, 183) },
        { "machine type 999", Changed(18, 999) },
        { "object file", Changed(16, ET_REL) },
        { "core dump", Changed(16, ET_CORE) },
        { "ELF type 77", Changed(16, 77) },
        { "program headers of 32 bytes", Changed(54, 32) },
        { "no program headers", Changed(56, 0) },
        { "65535 program headers", Changed(56, 65535) },
        { "1171 program headers", Changed(56, 1171) },
        { "program header table truncated", Changed(56, 1170) },
        { "program header table truncated", LoaderElf.File(LoaderElf.Text)[..100] },
        { "program header table truncated", Changed(38, 0xffff) },
        { "program header table truncated", Changed(38, 0x7fff) },
    };

    [Theory]
    [MemberData(nameof(BadHeaders))]
    public void A_bad_header_is_ENOEXEC_with_its_reason(string message, byte[] content)
    {
        LoadError error = Fail(content);
        Assert.Equal(Errno.ENOEXEC, error.Errno);
        Assert.False(error.IsFatal);
        Assert.StartsWith("/p: ", error.ToString(), StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Class_and_byte_order_are_not_looked_at_as_in_Linux()
    {
        byte[] file = LoaderElf.File(LoaderElf.Text);
        file[EI_CLASS] = 1;
        file[EI_DATA] = 2;
        _files.Add("/p", file);
        _files.Succeed(_files.Request("/p"));
    }

    [Fact]
    public void A_32_bit_header_on_x86_64_is_named_x32()
    {
        byte[] file = Changed(54, 32);
        file[EI_CLASS] = 1;
        Assert.Contains("x32", Fail(file).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_big_endian_machine_is_named()
    {
        byte[] file = Changed(18, 0x1500);
        file[EI_DATA] = 2;
        Assert.Contains("PowerPC64", Fail(file).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_files_directories_and_permissions()
    {
        Assert.Equal(Errno.ENOENT, _files.Fail("/none").Errno);
        _files.Add("/dir", [], 0x41ed);
        Assert.Equal((Errno.EACCES, "is a directory"), (_files.Fail("/dir").Errno, _files.Fail("/dir").Message));
        _files.Add("/fifo", [], 0x11ed);
        Assert.Equal((Errno.EACCES, "not a regular file"), (_files.Fail("/fifo").Errno, _files.Fail("/fifo").Message));
        _files.Add("/plain", LoaderElf.File(LoaderElf.Text), mayExecute: false);
        Assert.Equal(Errno.EACCES, _files.Fail("/plain").Errno);
        static Errno Directory(ReadOnlySpan<byte> path, out IExecutableFile? file)
        {
            file = null;
            return Errno.EISDIR;
        }

        LoadRequest request = new() { FileName = [1], Open = Directory, Arguments = [], Environment = [], Entropy = new byte[LoadRequest.EntropyBytes], Limits = LoaderFiles.Limits, Auxiliary = default };
        Assert.Equal(Errno.EACCES, _files.Fail(request).Errno);
    }

    private LoadError FailInterpreter(ReadOnlySpan<byte> path, ulong? size = null, ulong offset = 0x3000)
    {
        byte[] file = LoaderElf.File(new ProgramHeader(PT_INTERP, 4, offset, 0, size ?? (ulong)path.Length, 1, 1), LoaderElf.Text);
        path.CopyTo(file.AsSpan(0x3000));
        return Fail(file);
    }

    [Fact]
    public void A_bad_PT_INTERP_has_Linuxs_errno()
    {
        Assert.Equal(Errno.ENOENT, FailInterpreter("/none\0"u8).Errno);
        Assert.Equal(Errno.ENOEXEC, FailInterpreter("/none"u8).Errno);
        Assert.Equal(Errno.ENOEXEC, FailInterpreter("\0"u8).Errno);
        Assert.Equal(Errno.ENOEXEC, FailInterpreter("/none\0"u8, size: 4097).Errno);
        Assert.Equal(Errno.EIO, FailInterpreter("/none\0"u8, offset: 0x3fff).Errno);
        Assert.Equal(Errno.EINVAL, FailInterpreter("/none\0"u8, offset: ulong.MaxValue).Errno);
        Assert.Equal(Errno.EACCES, FailInterpreter("\0\0"u8).Errno);
    }

    [Fact]
    public void A_bad_interpreter_is_ELIBBAD_and_a_short_one_EIO()
    {
        (byte[] Content, Errno Errno, bool IsFatal)[] cases =
        [
            ([], Errno.EIO, false),
            (new byte[500], Errno.ELIBBAD, false),
            (Changed(18, 183), Errno.ELIBBAD, false),
            (LoaderElf.File(LoaderElf.Text)[..100], Errno.ELIBBAD, false),
            (Changed(16, ET_REL), Errno.ELIBBAD, true),
        ];
        foreach ((byte[] content, Errno errno, bool isFatal) in cases)
        {
            _files.Add("/i", content);
            LoadError error = FailInterpreter("/i\0"u8);
            Assert.Equal(("/i", errno, isFatal), (error.Path, error.Errno, error.IsFatal));
        }
    }

    [Fact]
    public void The_stack_is_executable_only_where_PT_GNU_STACK_says_so()
    {
        foreach ((uint? flags, bool expected) in new (uint?, bool)[] { (null, false), (6, false), (7, true) })
        {
            List<ProgramHeader> headers = [LoaderElf.Text];
            if (flags is { } value)
            {
                headers.Add(new ProgramHeader(PT_GNU_STACK, value, 0, 0, 0, 0, 16));
            }

            _files.Add("/p", LoaderElf.File([.. headers]));
            Assert.Equal(expected, _files.Succeed(_files.Request("/p")).Image.HasExecutableStack);
        }
    }

    [Fact]
    public void Random_headers_give_errors_never_exceptions()
    {
        Random random = new(1);
        ulong[] values = [0, 1, 0xfff, 0x1000, 0x1001, 0x100000, 0x400000, 1UL << 46, 0x7fff_ffff_f000, 1UL << 63, ulong.MaxValue, ulong.MaxValue - 0xfff];
        ulong Any() => values[random.Next(values.Length)];
        int planned = 0;
        for (int i = 0; i < 20000; i++)
        {
            byte[] file = LoaderElf.File(
                (ushort)(random.Next(2) == 0 ? ET_EXEC : ET_DYN),
                Any(),
                LoaderElf.Load(Any(), Any(), Any(), Any(), (uint)random.Next(8), Any()),
                LoaderElf.Load(Any(), Any(), Any(), Any(), (uint)random.Next(8), Any()));
            if (LoaderElf.TryPlan(file, out SegmentPlan? plan, out LoadError? error))
            {
                planned++;
                Assert.All(plan!.Steps, step => Assert.True(step.Length > 0 && step.Start < step.Start + step.Length && (step.Start + step.Length).Value <= 0x7fff_ffff_f000));
                Assert.All(plan.Steps, step => Assert.True((step.Start + step.Length).Value <= 0x100000 || step.Start.Value >= 0x110000));
            }
            else
            {
                Assert.True(error!.IsFatal);
            }
        }

        Assert.NotEqual(0, planned);
    }
}
