using System;
using System.IO;
using System.Text;

using Xunit;

namespace UmlHost.Tests.EndToEnd;

/// <summary>What a guest sees of the disk: the options, that nothing reaches the host that is not asked for, and that nothing
/// leads out of a root.</summary>
public sealed class FileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public FileTests()
    {
        // A root of its own, with busybox as the only program.
        foreach (string name in (string[])["root/bin", "root/etc", "outside", "rw", "ro"])
        {
            Directory.CreateDirectory(In(name));
        }

        File.Copy("/bin/busybox", In("root/bin/busybox"));
        foreach (string applet in (string[])["cat", "ls", "rm", "mkdir", "mv", "ln", "chmod", "dd", "stat", "hostname", "id", "env", "grep", "sort", "tr"])
        {
            File.CreateSymbolicLink(In("root/bin/" + applet), "busybox");
        }

        File.WriteAllText(In("root/etc/name"), "inside\n");
        File.WriteAllText(In("outside/secret"), "secret\n");
        File.WriteAllText(In("rw/old"), "old\n");
        File.WriteAllText(In("ro/old"), "old\n");
    }

    [Fact]
    public void Changes_are_seen_inside_and_not_on_the_host()
    {
        const string Script = """
            echo new > new; echo more >> old; chmod 600 old; mkdir -p a/b; mv sub a/b/moved; ln old link; ln -s old soft
            rm gone; rm -r tree; mkdir tree; touch tree/x; mv file file2; truncate -s 3 cut; touch -d 2001-01-01 dated
            for f in $(find . | sort); do stat -c '%n %F %a %h %s' $f; done; cat new old link soft a/b/moved/deep cut; ls -a tree | tr '\n' ' '
            stat -c %Y dated; rmdir a 2>&1; mv a/b/moved sub; rm -r a; find . | sort; du -s --apparent-size sub | cut -f1
            """;
        string native = In("native"), guest = In("guest");
        foreach (string directory in (string[])[native, guest])
        {
            Directory.CreateDirectory(Path.Combine(directory, "sub/deep.d"));
            Directory.CreateDirectory(Path.Combine(directory, "tree/low"));
            foreach (string name in (string[])["old", "gone", "file", "cut", "dated", "sub/deep", "tree/low/er"])
            {
                File.WriteAllText(Path.Combine(directory, name), "content of " + name + "\n");
            }
        }

        string before = Run.Program("/usr/bin/find", [guest, "-printf", "%P %s %m %n %T@ %i\n"]).Output;
        Run expected = Run.Program("/bin/sh", ["-c", Script], directory: native);
        Run run = Run.Program(Run.UmlHostPath, ["run", "/bin/sh", "-c", Script], directory: guest);
        // A directory's size and its order are the file system's own.
        Assert.Equal(WithoutDirectorySizes(expected.Output), WithoutDirectorySizes(run.Output));
        Assert.Equal(expected.Status, run.Status);
        Assert.Equal(before, Run.Program("/usr/bin/find", [guest, "-printf", "%P %s %m %n %T@ %i\n"]).Output);
    }

    [Fact]
    public void A_root_shows_its_directory_and_nothing_leads_out()
    {
        File.CreateSymbolicLink(In("root/absolute"), In("outside/secret"));
        File.CreateSymbolicLink(In("root/relative"), "../outside/secret");
        File.CreateSymbolicLink(In("root/deep"), "../../../../../../../../../../etc/passwd");
        File.CreateSymbolicLink(In("root/up"), "..");
        File.CreateSymbolicLink(In("root/etc/own"), "/etc/name");
        Run run = Inside("""
            cat /etc/own; cat absolute; cat relative; cat deep; ls up | tr '\n' ' '; cat up/outside/secret; cat ../../../outside/secret
            cd etc; cd ../../..; pwd; cat outside/secret; cat /proc/self/root/../outside/secret; ls /proc/self/cwd/.. | tr '\n' ' '
            """);
        Assert.Equal("inside\nabsolute bin deep dev etc proc relative sys up /\nabsolute bin deep dev etc proc relative sys up ", run.Output);
        Assert.DoesNotContain("secret\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_that_the_host_swaps_for_a_link_does_not_lead_out()
    {
        // The host flips "door" between a directory and a link to the outside while the guest walks through it.
        Directory.CreateDirectory(In("root/door"));
        string flip = $"cd {In("root")}; i=0; while [ $i -lt 300 ]; do mv door real; ln -s ../outside door; rm door; mv real door; i=$((i+1)); done";
        Run run = Run.Program("/bin/sh", ["-c", $"({flip}) & {Run.UmlHostPath} run --root {In("root")} --cwd / -- /bin/busybox sh -c 'i=0; while [ $i -lt 2000 ]; do cat door/secret; i=$((i+1)); done' 2>/dev/null; wait"]);
        Assert.Equal("", run.Output);
    }

    [Fact]
    public void Binds_are_read_only_or_reach_the_host()
    {
        Run run = Inside(
            "cat /a/old /b/old; echo x > /a/new; echo $?; rm /a/old; echo $?; echo changed > /b/old; mkdir /b/made; echo y > /b/made/y; mv /b/made /b/moved; rm /b/moved/y; ln /b/old /b/hard; chmod 640 /b/hard",
            "--bind", $"{In("ro")}:/a", "--bind-rw", $"{In("rw")}:/b");
        Assert.Equal("old\nold\n1\n1\n", run.Output);
        Assert.Contains("Read-only file system", run.Error, StringComparison.Ordinal);
        Assert.Equal("old\n", File.ReadAllText(In("ro/old")));
        Assert.False(File.Exists(In("ro/new")));
        Assert.Equal("changed\n", File.ReadAllText(In("rw/hard")));
        Assert.True(Directory.Exists(In("rw/moved")));
        Assert.Empty(Directory.GetFileSystemEntries(In("rw/moved")));
        Assert.Equal("640\n", Run.Program("/usr/bin/stat", ["-c", "%a", In("rw/old")]).Output);
    }

    [Fact]
    public void A_single_file_can_be_bound()
    {
        Run run = Inside("cat /etc/given; echo z >> /etc/given; echo $?", "--bind", $"{In("outside/secret")}:/etc/given");
        Assert.Equal("secret\n1\n", run.Output);
    }

    [Fact]
    public void A_tmpfs_has_its_size()
    {
        Run run = Inside("cd /t; dd if=/dev/zero of=big bs=1024 count=4096 2>/dev/null; echo $?; stat -c %s big; rm big; dd if=/dev/zero of=small bs=1024 count=512 2>/dev/null; echo $?", "--tmpfs", "/t:1M");
        Assert.Equal("1\n1048576\n0\n", run.Output);
    }

    [Fact]
    public void Written_files_count_against_the_memory_limit()
    {
        Run run = Run.UmlHost("run", "--memory", "32M", "--", "/bin/busybox", "dd", "if=/dev/zero", "of=/tmp/umlhost-too-big", "bs=1M", "count=64");
        Assert.NotEqual(0, run.Status);
        Assert.False(File.Exists("/tmp/umlhost-too-big"));
    }

    [Fact]
    public void Working_directory_environment_names_and_ids()
    {
        Run run = Inside("pwd; hostname; id -u; id -g; env | grep -v ^PWD | grep -v ^OLDPWD | grep -v ^SHLVL | grep -v ^PATH | sort",
            "--cwd", "/etc", "--hostname", "guest-1", "--uid", "1234", "--gid", "55", "--clear-env", "--env", "A=1", "--env", "B=two words");
        Assert.Equal("/etc\nguest-1\n1234\n55\nA=1\nB=two words\n", run.Output);
    }

    [Fact]
    public void The_program_is_looked_for_inside()
    {
        Assert.Equal(127, Run.UmlHost("run", "--root", In("root"), "--", "no-such-program").Status);
        Assert.Equal("inside\n", Run.UmlHost("run", "--root", In("root"), "--env", "PATH=/bin", "--", "busybox", "cat", "/etc/name").Output);
    }

    [Theory]
    [InlineData("--root", "/no/such/directory", "no such file or directory")]
    [InlineData("--root", "/etc/passwd", "not a directory")]
    [InlineData("--bind", "/no/such:/x", "no such file or directory")]
    [InlineData("--bind", "/etc:relative", "must be SOURCE or SOURCE:TARGET")]
    [InlineData("--bind-rw", ":/x", "must be SOURCE or SOURCE:TARGET")]
    [InlineData("--tmpfs", "relative", "must be TARGET or TARGET:SIZE")]
    [InlineData("--tmpfs", "/x:huge", "must be TARGET or TARGET:SIZE")]
    [InlineData("--cwd", "/no/such/directory", "no such file or directory")]
    [InlineData("--env", "NOVALUE", "must be NAME=VALUE")]
    [InlineData("--uid", "root", "must be a number")]
    [InlineData("--gid", "-1", "must be a number")]
    [InlineData("--hostname", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "at most 64 bytes")]
    public void A_wrong_value_is_said_in_one_line(string option, string value, string message)
    {
        Run run = Run.UmlHost("run", option, value, "--", "/bin/true");
        Assert.Equal(125, run.Status);
        Assert.Contains($"{option} {value.Split(':')[0]}", run.Error, StringComparison.Ordinal);
        Assert.Contains(message, run.Error, StringComparison.OrdinalIgnoreCase);
    }

    public void Dispose() => _directory.Dispose();

    private string In(string name) => _directory.File(name);

    private Run Inside(string script, params string[] options) =>
        Run.UmlHost([.. (string[])["run", "--root", In("root"), "--cwd", "/", "--env", "PATH=/bin"], .. options, "--", "/bin/busybox", "sh", "-c", script.ReplaceLineEndings("\n")]);

    private static string WithoutDirectorySizes(string text)
    {
        StringBuilder kept = new();
        foreach (string line in text.Split('\n'))
        {
            kept.Append(line.Contains(" directory ", StringComparison.Ordinal) ? line[..line.LastIndexOf(' ')] : line).Append('\n');
        }

        return kept.ToString();
    }
}
