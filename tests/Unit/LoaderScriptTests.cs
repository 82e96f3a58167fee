using System;
using System.Linq;
using System.Text;

using UmlHost.Loader;
using UmlHost.Native;

using Xunit;

namespace UmlHost.Tests.Unit;

public class LoaderScriptTests
{
    private readonly LoaderFiles _files = new();

    public LoaderScriptTests() => _files.Add("/bin/x", LoaderElf.File(LoaderElf.Text));

    // Every row was run on Linux 6.18.
    [Theory]
    [InlineData("#!/bin/x\n", "/bin/x", null)]
    [InlineData("#!/bin/x", "/bin/x", null)]
    [InlineData("#! \t/bin/x \t\n", "/bin/x", null)]
    [InlineData("#!/bin/x  a b\t \nfoo", "/bin/x", "a b")]
    [InlineData("#!/bin/x ", "/bin/x", "")]
    [InlineData("#!/bin/x\0x y\n", "/bin/x", null)]
    [InlineData("#!/bin/x x\0y z\n", "/bin/x", "x")]
    [InlineData("#!/bin/x -q \0", "/bin/x", "-q ")]
    [InlineData("#!", "", null)]
    [InlineData("#! \n", null, null)]
    [InlineData("#!\n", null, null)]
    public void Lines_are_split_as_Linux_does(string text, string? interpreter, string? argument)
    {
        ScriptLine? line = ScriptLine.Parse(Encoding.UTF8.GetBytes(text));
        Assert.Equal(interpreter, line is null ? null : Encoding.UTF8.GetString(line.Interpreter));
        Assert.Equal(argument, line?.Argument is null ? null : Encoding.UTF8.GetString(line.Argument));
    }

    [Fact]
    public void A_path_that_may_be_cut_off_is_refused_and_an_argument_is_cut_off()
    {
        byte[] longPath = Encoding.UTF8.GetBytes("#!/" + new string('a', 300) + "\n");
        Assert.Null(ScriptLine.Parse(longPath.AsSpan(0, 256)));
        Assert.Null(ScriptLine.Parse(Encoding.UTF8.GetBytes("#!" + new string(' ', 254))));
        byte[] longArgument = Encoding.UTF8.GetBytes("#!/bin/x " + new string('b', 300) + "\n");
        Assert.Equal(new string('b', 255 - 9), Encoding.UTF8.GetString(ScriptLine.Parse(longArgument.AsSpan(0, 256))!.Argument!));
    }

    private string Arguments(string path, params byte[][] arguments) =>
        string.Join('|', _files.Succeed(_files.Request(path, arguments)).Arguments.Select(Encoding.UTF8.GetString));

    [Fact]
    public void The_interpreter_gets_its_argument_and_the_scripts_name_for_argv0()
    {
        _files.Add("/s", "#!/bin/x -a b\n");
        Assert.Equal("/bin/x|-a b|/s|one", Arguments("/s", "zero"u8.ToArray(), "one"u8.ToArray()));
        Assert.Equal("/bin/x|-a b|/s", Arguments("/s"));
        Assert.Equal("", Arguments("/bin/x"));
    }

    [Fact]
    public void Five_scripts_nest_and_the_sixth_is_ELOOP()
    {
        string previous = "/bin/x";
        for (int i = 1; i <= 6; i++)
        {
            _files.Add("/n" + i, "#!" + previous + "\n");
            previous = "/n" + i;
        }

        Assert.Equal("/bin/x|/n1|/n2|/n3|/n4|/n5", Arguments("/n5", [1]));
        _files.Opened.Clear();
        Assert.Equal(Errno.ELOOP, _files.Fail("/n6").Errno);
        _files.Add("/self", "#!/self\n");
        Assert.Equal(Errno.ELOOP, _files.Fail("/self").Errno);
    }

    [Fact]
    public void Errors_of_the_interpreter_name_the_script()
    {
        _files.Add("/s", "#!/none\n");
        LoadError error = _files.Fail("/s");
        Assert.Equal((Errno.ENOENT, "/s: interpreter /none: no such file or directory"), (error.Errno, error.ToString()));
        _files.Add("/s", "#!\n");
        Assert.Equal(Errno.ENOEXEC, _files.Fail("/s").Errno);
        _files.Add("/s", "#!");
        Assert.Equal(Errno.EACCES, _files.Fail("/s").Errno);
        _files.Add("/text", [.. "x"u8], mayExecute: false);
        _files.Add("/s", "#!/text\n");
        Assert.Equal(Errno.EACCES, _files.Fail("/s").Errno);
    }

    [Theory]
    [InlineData(131071, 8 << 20, true)]
    [InlineData(131072, 8 << 20, false)]
    [InlineData(100000, 256 << 10, true)]
    [InlineData(131071, 256 << 10, false)]
    public void One_string_is_limited_to_128_KiB_and_all_to_a_quarter_of_the_stack(int length, int stackLimit, bool fits)
    {
        LoadRequest request = _files.Request("/bin/x", [new byte[length]], stackLimit: (ulong)stackLimit);
        Assert.Equal(fits, BinaryProgram.TryOpen(request, out _, out LoadError? error));
        Assert.Equal(fits ? null : Errno.E2BIG, error?.Errno);
    }

    [Fact]
    public void Pointers_and_an_unlimited_stack_count_as_in_Linux()
    {
        // 6 MiB hold n empty strings of one byte and one pointer each, less the file name.
        int count = ((6 << 20) - 7) / 9;
        byte[][] many = Enumerable.Repeat(Array.Empty<byte>(), count).ToArray();
        _files.Succeed(_files.Request("/bin/x", many, stackLimit: ulong.MaxValue));
        _files.Opened.Clear();
        Assert.Equal(Errno.E2BIG, _files.Fail(_files.Request("/bin/x", [.. many, []], stackLimit: ulong.MaxValue)).Errno);
    }

    [Theory]
    [InlineData("/usr/bin/a-name-of-more-than-15", "a-name-of-more-")]
    [InlineData("ls", "ls")]
    [InlineData("/bin/", "")]
    public void Comm_is_the_last_part_of_the_path(string path, string comm) =>
        Assert.Equal(comm, Encoding.UTF8.GetString(BinaryProgram.Comm(Encoding.UTF8.GetBytes(path))));
}
