using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text;

using UmlHost.Abi;
using UmlHost.Loader;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

/// <summary>Compares the loader's plan with what the host's kernel does for the same program.</summary>
public sealed class LoaderHostTests : IDisposable
{
    private const string Source = """
        #include <stdio.h>
        #include <sys/auxv.h>
        int main(int argc, char **argv, char **envp)
        {
            unsigned long f[53] = {0}; int i; char c;
            FILE *s = fopen("/proc/self/stat", "r");
            while (fread(&c, 1, 1, s) == 1 && c != ')') ;
            fscanf(s, " %c", &c);
            for (i = 4; i <= 51; i++) fscanf(s, "%ld", (long *)&f[i]);
            printf("%lu %lu %lu %lu %lu %lu %lu %lu %lu %lu ", f[26], f[27], f[28], f[45], f[46], f[47], f[48], f[49], f[50], f[51]);
            printf("%lu %lu %lu %lu %lu\n", (unsigned long)argv - 8, getauxval(AT_PHDR), getauxval(AT_ENTRY), getauxval(AT_RANDOM), getauxval(AT_EXECFN));
            return 0;
        }
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("loader").FullName;

    public void Dispose() => Directory.Delete(_directory, true);

    [Theory]
    [InlineData("-static -no-pie")]
    [InlineData("-pie")]
    public void Addresses_equal_those_of_the_host_without_ASLR(string options)
    {
        string path = Path.Combine(_directory, "program");
        File.WriteAllText(path + ".c", Source);
        Run("gcc", ["-w", "-o", path, path + ".c", .. options.Split(' ')]);
        byte[] content = File.ReadAllBytes(path);
        LoaderFile file = new(path, content);
        Assert.True(ElfImage.TryRead(file, content.AsSpan(0, 256), out ElfImage? image, out _));
        Assert.True(LoaderElf.TryPlan(content, out SegmentPlan? plan, out LoadError? error), error?.ToString());

        byte[][] arguments = [Encoding.UTF8.GetBytes(path), "one"u8.ToArray(), "two words"u8.ToArray()];
        byte[][] environment = ["A=1"u8.ToArray(), "LONGER=value"u8.ToArray()];
        string output = Run("env", ["-i", "A=1", "LONGER=value", "setarch", "-R", path, "one", "two words"]);
        AddressLayout layout = AddressLayout.Choose(false, 8 << 20, []);

        // The host's kernel adds a vDSO and the rseq entries.
        StackImage stack = StackImage.Build(layout.StackTop, 0, arguments[0], arguments, environment, new byte[16], new AuxiliaryValues { Vdso = new GuestAddress(1), RseqFeatureSize = 28 });
        ulong random = BitConverter.ToUInt64(stack.AuxiliaryVector, IndexOf(stack, AT_RANDOM) + 8);
        ulong execFn = BitConverter.ToUInt64(stack.AuxiliaryVector, IndexOf(stack, AT_EXECFN) + 8);
        ulong[] expected = Array.ConvertAll(output.Trim().Split(' '), text => ulong.Parse(text, CultureInfo.InvariantCulture));
        ulong[] actual =
        [
            plan!.StartCode.Value, plan.EndCode.Value, stack.StackPointer.Value, plan.StartData.Value, plan.EndData.Value, plan.Break.Value,
            stack.ArgStart.Value, stack.ArgEnd.Value, stack.EnvStart.Value, stack.EnvEnd.Value,
            stack.StackPointer.Value, plan.ProgramHeaders.Value, plan.Entry.Value, random, execFn,
        ];
        Assert.Equal(expected, actual);
        Assert.Equal(options == "-pie", image.Interpreter is not null);
    }

    [Fact]
    public void A_static_PIE_of_gcc_is_planned_at_the_PIE_base()
    {
        string path = Path.Combine(_directory, "program");
        File.WriteAllText(path + ".c", Source);
        Run("gcc", ["-w", "-static-pie", "-o", path, path + ".c"]);
        Assert.True(LoaderElf.TryPlan(File.ReadAllBytes(path), out SegmentPlan? plan, out LoadError? error), error?.ToString());
        Assert.Equal(0x555555554000UL, plan!.Bias);
        Assert.Equal(0x555555554040UL, plan.ProgramHeaders.Value);
    }

    [Theory]
    [InlineData("/bin/true")]
    [InlineData("/bin/busybox")]
    public void The_hosts_own_programs_are_planned(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        Assert.True(LoaderElf.TryPlan(File.ReadAllBytes(path), out SegmentPlan? plan, out LoadError? error), error?.ToString());
        Assert.Contains(plan!.Steps, step => step.Action == SegmentAction.MapFile && plan.Entry >= step.Start && plan.Entry < step.Start + step.Length && (step.Protection & PROT_EXEC) != 0);
        Assert.True(plan.Break > plan.Entry);
    }

    private static int IndexOf(StackImage stack, ulong tag)
    {
        int at = 0;
        while (BitConverter.ToUInt64(stack.AuxiliaryVector, at) != tag)
        {
            at += 16;
        }

        return at;
    }

    private static string Run(string program, IEnumerable<string> arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
