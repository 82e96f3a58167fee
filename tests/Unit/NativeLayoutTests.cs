using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

using UmlHost.Native;

using Xunit;

namespace UmlHost.Tests.Unit;

/// <summary>Every constant and every struct of src/Native against the C headers of this machine. A C program that
/// prints them is written and compiled once; every item is one row. Where the kernel's headers and glibc's
/// differ, the kernel's count.</summary>
public class NativeLayoutTests
{
    /// <summary>Newer than Debian 12's headers, or not in any header; the values are from the kernel's source.</summary>
    private static readonly HashSet<string> s_inNoHeader =
    [
        "MAP_ABOVE4G", "MADV_GUARD_INSTALL", "MADV_GUARD_REMOVE", "MFD_NOEXEC_SEAL", "MFD_EXEC",
        "PR_SET_MDWE", "PR_GET_MDWE", "PR_GET_AUXV", "AT_RSEQ_FEATURE_SIZE", "AT_RSEQ_ALIGN",
        "ARCH_GET_UNTAG_MASK", "ARCH_ENABLE_TAGGED_ADDR", "ARCH_GET_MAX_TAG_BITS", "ARCH_SHSTK_ENABLE",
        "ARCH_SHSTK_DISABLE", "ARCH_SHSTK_LOCK", "ARCH_SHSTK_UNLOCK", "ARCH_SHSTK_STATUS",
        "ARCH_XCOMP_TILECFG", "ARCH_XCOMP_TILEDATA", "ST_VALID", "__USER32_CS",
        "MEMBARRIER_CMD_GET_REGISTRATIONS", "ADJ_ADJTIME", "ADJ_OFFSET_READONLY", "PIDFD_SIGNAL_THREAD", "PIDFD_SIGNAL_THREAD_GROUP", "PIDFD_SIGNAL_PROCESS_GROUP",
        "SO_PASSPIDFD", "SO_PEERPIDFD", "SO_PASSRIGHTS", "SCM_PIDFD",
        "X86_TRAP_DE", "X86_TRAP_DB", "X86_TRAP_BP", "X86_TRAP_OF", "X86_TRAP_BR", "X86_TRAP_UD", "X86_TRAP_NM",
        "X86_TRAP_SS", "X86_TRAP_GP", "X86_TRAP_PF", "X86_TRAP_MF", "X86_TRAP_AC", "X86_TRAP_XF",
        "X86_PF_PROT", "X86_PF_WRITE", "X86_PF_USER", "X86_PF_RSVD", "X86_PF_INSTR", "X86_PF_PK",
    ];

    /// <summary>A structure of the kernel's source (arch/x86), and one whose last word is bit fields in C.</summary>
    private const string InNoHeader = """
        struct rt_sigframe { char *pretcode; struct ucontext uc; siginfo_t info; };
        struct user_desc_words { unsigned entry_number, base_addr, limit, flags; };
        _Static_assert(sizeof(struct user_desc_words) == sizeof(struct user_desc), "user_desc");

        """;

    private static readonly string[] s_kernelHeaders =
    [
        "stddef.h", "linux/errno.h", "linux/fcntl.h", "linux/openat2.h", "linux/mman.h", "linux/memfd.h",
        "linux/falloc.h", "linux/stat.h", "linux/magic.h", "linux/ptrace.h", "asm/ptrace-abi.h", "linux/wait.h",
        "linux/signal.h", "asm/sigcontext.h", "asm/ucontext.h", "asm/processor-flags.h", "linux/sched.h",
        "linux/time.h", "linux/resource.h", "linux/uio.h", "linux/random.h", "asm/ioctls.h", "asm/termbits.h",
        "asm/termios.h", "linux/prctl.h", "asm/prctl.h", "linux/elf.h", "linux/auxvec.h", "linux/futex.h",
        "linux/sysinfo.h", "asm/poll.h", "linux/eventpoll.h", "linux/timerfd.h", "linux/signalfd.h", "linux/fs.h",
        "linux/sched/types.h", "linux/ioprio.h", "linux/capability.h", "linux/securebits.h", "linux/pidfd.h", "asm/ldt.h", "linux/fiemap.h", "linux/limits.h", "linux/close_range.h", "linux/membarrier.h", "linux/rseq.h",
    ];

    private static readonly string[] s_libcHeaders =
    [
        "stdio.h", "stddef.h", "errno.h", "fcntl.h", "unistd.h", "sys/mman.h", "sys/stat.h", "sys/statfs.h",
        "sys/statvfs.h", "dirent.h", "sys/ptrace.h", "sys/user.h", "sys/wait.h", "signal.h", "spawn.h", "sched.h",
        "time.h", "sys/time.h", "sys/times.h", "sys/resource.h", "sys/uio.h", "sys/utsname.h", "sys/random.h",
        "sys/ioctl.h", "elf.h", "link.h", "sys/auxv.h", "poll.h", "sys/epoll.h", "sys/eventfd.h", "sys/syscall.h",
        "limits.h", "linux/capability.h", "sys/signalfd.h", "sys/personality.h", "sys/socket.h", "sys/ipc.h", "sys/shm.h",
        "sys/sem.h", "sys/msg.h", "mqueue.h", "sys/xattr.h", "sys/inotify.h",
    ];

    /// <summary>Constants that are not macros of that name: how C says them (k: with the kernel's headers).</summary>
    private static readonly Dictionary<string, string> s_expressions = new()
    {
        ["PTRACE_PEEKUSER"] = "k:PTRACE_PEEKUSR",
        ["PTRACE_POKEUSER"] = "k:PTRACE_POKEUSR",
        ["SIGRTMAX"] = "__SIGRTMAX",
        ["_NSIG"] = "_NSIG - 1",
        ["USER_RBX"] = "offsetof(struct user, regs.rbx)",
        ["USER_RAX"] = "offsetof(struct user, regs.rax)",
        ["USER_ORIG_RAX"] = "offsetof(struct user, regs.orig_rax)",
        ["USER_RIP"] = "offsetof(struct user, regs.rip)",
        ["USER_RSP"] = "offsetof(struct user, regs.rsp)",
        ["USER_FS_BASE"] = "offsetof(struct user, regs.fs_base)",
        ["USER_GS_BASE"] = "offsetof(struct user, regs.gs_base)",
        ["USER_DEBUGREG"] = "offsetof(struct user, u_debugreg)",
        ["USER_FXSAVE_SIZE"] = "k:sizeof(struct _fpstate_64)",
        ["USER_XSAVE_HEADER_OFFSET"] = "k:offsetof(struct _xstate, xstate_hdr)",
        ["USER_XSAVE_HEADER_SIZE"] = "k:sizeof(struct _header)",
        ["USER_XSAVE_MIN_SIZE"] = "k:sizeof(struct _fpstate_64) + sizeof(struct _header)",
        ["USER_XSTATE_XCR0_OFFSET"] = "k:offsetof(struct _fpstate_64, sw_reserved)",
        ["PER_LINUX"] = "PER_LINUX",
        ["PER_LINUX32"] = "PER_LINUX32",
        ["PER_MASK"] = "PER_MASK",
        ["UNAME26"] = "UNAME26",
        ["ADDR_NO_RANDOMIZE"] = "ADDR_NO_RANDOMIZE",
        ["READ_IMPLIES_EXEC"] = "READ_IMPLIES_EXEC",
        ["IOPRIO_CLASS_BE"] = "k:IOPRIO_CLASS_BE",
        ["IOPRIO_CLASS_IDLE"] = "k:IOPRIO_CLASS_IDLE",
        ["IOPRIO_CLASS_NONE"] = "k:IOPRIO_CLASS_NONE",
        ["IOPRIO_CLASS_RT"] = "k:IOPRIO_CLASS_RT",
        ["IOPRIO_CLASS_SHIFT"] = "k:IOPRIO_CLASS_SHIFT",
        ["IOPRIO_WHO_PGRP"] = "k:IOPRIO_WHO_PGRP",
        ["IOPRIO_WHO_PROCESS"] = "k:IOPRIO_WHO_PROCESS",
        ["IOPRIO_WHO_USER"] = "k:IOPRIO_WHO_USER",
        ["TCGETS2"] = "k:TCGETS2",
        ["TCSETS2"] = "k:TCSETS2",
        ["TCSETSW2"] = "k:TCSETSW2",
        ["TCSETSF2"] = "k:TCSETSF2",
        ["__USER_CS"] = "({ unsigned short s; __asm__(\"mov %%cs, %0\" : \"=r\"(s)); s; })",
        ["__USER_DS"] = "({ unsigned short s; __asm__(\"mov %%ss, %0\" : \"=r\"(s)); s; })",
        ["ELFMAG_WORD"] = "*(const unsigned *)ELFMAG",
        ["RSEQ_FLAG_UNREGISTER"] = "k:RSEQ_FLAG_UNREGISTER",
        ["RSEQ_CPU_ID_UNINITIALIZED"] = "k:RSEQ_CPU_ID_UNINITIALIZED",
        ["RSEQ_CPU_ID_REGISTRATION_FAILED"] = "k:RSEQ_CPU_ID_REGISTRATION_FAILED",
    };

    /// <summary>Structs whose C type is not "struct NAME" of glibc.</summary>
    private static readonly Dictionary<string, string> s_types = new()
    {
        ["siginfo_t"] = "siginfo_t",
        ["sigset_t"] = "sigset_t",
        ["stack_t"] = "k:stack_t",
        ["sched_attr"] = "k:struct sched_attr",
        ["rt_sigframe"] = "k:struct rt_sigframe",
        ["user_desc"] = "k:struct user_desc_words",
        ["sigval"] = "union sigval",
        ["posix_spawnattr_t"] = "posix_spawnattr_t",
        ["posix_spawn_file_actions_t"] = "posix_spawn_file_actions_t",
        ["Elf64_Ehdr"] = "Elf64_Ehdr",
        ["Elf64_Phdr"] = "Elf64_Phdr",
        ["Elf64_Shdr"] = "Elf64_Shdr",
        ["Elf64_Sym"] = "Elf64_Sym",
        ["Elf64_Nhdr"] = "Elf64_Nhdr",
        ["Elf64_auxv_t"] = "Elf64_auxv_t",
        ["kernel_sigaction"] = "k:struct sigaction",
        ["linux_dirent64"] = "struct dirent64",
        ["_xsave_hdr"] = "k:struct _header",
        ["sigevent"] = "k:struct sigevent",
        ["sigcontext"] = "k:struct sigcontext",
        ["ucontext"] = "k:struct ucontext",
        ["_fpx_sw_bytes"] = "k:struct _fpx_sw_bytes",
        ["open_how"] = "k:struct open_how",
        ["statx"] = "k:struct statx",
        ["statx_timestamp"] = "k:struct statx_timestamp",
        ["ptrace_syscall_info"] = "k:struct ptrace_syscall_info",
        ["ptrace_peeksiginfo_args"] = "k:struct ptrace_peeksiginfo_args",
        ["clone_args"] = "k:struct clone_args",
        ["termios"] = "k:struct termios",
        ["ktermios"] = "k:struct ktermios",
        ["robust_list"] = "k:struct robust_list",
        ["robust_list_head"] = "k:struct robust_list_head",
        ["futex_waitv"] = "k:struct futex_waitv",
        ["sysinfo"] = "k:struct sysinfo",
        ["rseq"] = "k:struct rseq",
    };

    /// <summary>Fields that C reaches under another name.</summary>
    private static readonly Dictionary<string, string> s_fields = new()
    {
        ["stat.__unused"] = "__glibc_reserved",
        ["kernel_sigaction.handler"] = "sa_handler",
        ["kernel_sigaction.flags"] = "sa_flags",
        ["kernel_sigaction.restorer"] = "sa_restorer",
        ["kernel_sigaction.mask"] = "sa_mask",
        ["Elf64_auxv_t.a_val"] = "a_un.a_val",
        ["ptrace_syscall_info.nr"] = "entry.nr",
        ["ptrace_syscall_info.args"] = "entry.args",
        ["ptrace_syscall_info.ret_data"] = "seccomp.ret_data",
        ["ptrace_syscall_info.rval"] = "exit.rval",
        ["ptrace_syscall_info.is_error"] = "exit.is_error",
    };

    private static readonly Lazy<Dictionary<string, long>> s_c = new(AskTheCompiler);

    public static TheoryData<string> Constants => new(ConstantFields().Select(f => f.Name));

    public static TheoryData<string> Errnos => new(Enum.GetNames<Errno>().Where(n => n != nameof(Errno.None)));

    public static TheoryData<string> Structs => new(StructTypes().Select(t => t.Name));

    public static TheoryData<string, string> Fields
    {
        get
        {
            TheoryData<string, string> rows = [];
            foreach ((Type type, FieldInfo member) in FieldsOfStructs())
            {
                rows.Add(type.Name, member.Name);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Constants))]
    public void Constant_has_the_value_of_C(string name) =>
        Assert.Equal(C(name), Number(typeof(Linux).GetField(name)!.GetRawConstantValue()!));

    [Theory]
    [MemberData(nameof(Errnos))]
    public void Errno_has_the_value_of_C(string name) => Assert.Equal(C(name), (long)Enum.Parse<Errno>(name));

    [Theory]
    [MemberData(nameof(Structs))]
    public void Struct_has_the_size_of_C(string name)
    {
        // The C struct goes on with the name.
        string row = name == nameof(linux_dirent64) ? "linux_dirent64.d_name" : name;
        Assert.Equal(C("sizeof " + row), SizeOf(StructTypes().Single(t => t.Name == name)));
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public void Field_is_where_C_has_it(string type, string field)
    {
        (Type owner, FieldInfo info) = FieldsOfStructs().Single(f => f.Type.Name == type && f.Field.Name == field);
        Assert.Equal(
            (C($"offsetof {type}.{field}"), C($"sizeof {type}.{field}")),
            ((long)Marshal.OffsetOf(owner, field), SizeOf(info.FieldType)));
    }

    [Fact]
    public void No_errno_of_C_is_missing()
    {
        for (int number = 1; number <= (int)Errno.EHWPOISON; number++)
        {
            // Two numbers are not assigned.
            Assert.Equal(number is not (41 or 58), Enum.IsDefined((Errno)number));
        }
    }

    private static long C(string row) =>
        s_c.Value.TryGetValue(row, out long value) ? value : throw new KeyNotFoundException($"no C header has {row}");

    private static IEnumerable<FieldInfo> ConstantFields() =>
        typeof(Linux).GetFields().Where(f => f.IsLiteral && !s_inNoHeader.Contains(f.Name));

    private static IEnumerable<Type> StructTypes() =>
        typeof(Linux).Assembly.GetExportedTypes().Where(t => t.IsValueType && !t.IsEnum && !t.IsNested && t != typeof(Result));

    private static IEnumerable<(Type Type, FieldInfo Field)> FieldsOfStructs() =>
        from type in StructTypes()
        from field in type.GetFields(BindingFlags.Instance | BindingFlags.Public)
        where field.Name != "__opaque" && !(type.Name == "timex" && field.Name.StartsWith("pad", StringComparison.Ordinal)) // unnamed in C
        select (type, field);

    private static long SizeOf(Type type) =>
        (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;

    private static long Number(object constant) =>
        constant is ulong big ? unchecked((long)big) : Convert.ToInt64(constant, CultureInfo.InvariantCulture);

    private static Dictionary<string, long> AskTheCompiler()
    {
        string folder = Directory.CreateTempSubdirectory("umlhost-native-").FullName;
        try
        {
            string kernel = Path.Combine(folder, "kernel.c");
            string libc = Path.Combine(folder, "libc.c");
            File.WriteAllText(kernel, Source(s_kernelHeaders, "void kernel(void)", "k:"));
            File.WriteAllText(libc, Source(s_libcHeaders, "extern void kernel(void);\nint main(void)", "", "kernel();"));
            Run("gcc", "-w", "-o", Path.Combine(folder, "facts"), kernel, libc);

            // The kernel's are printed last and win.
            Dictionary<string, long> facts = [];
            foreach (string line in Run(Path.Combine(folder, "facts")).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                int equals = line.IndexOf('=', StringComparison.Ordinal);
                facts[line[..equals]] = long.Parse(line[(equals + 1)..], CultureInfo.InvariantCulture);
            }

            return facts;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Source(string[] headers, string function, string side, string last = "")
    {
        StringBuilder c = new("#define _GNU_SOURCE 1\n");
        foreach (string header in headers)
        {
            c.Append(CultureInfo.InvariantCulture, $"#include <{header}>\n");
        }

        if (side == "k:")
        {
            c.Append(InNoHeader);
        }

        c.Append(CultureInfo.InvariantCulture, $"extern int printf(const char *, ...);\n{function} {{\n");
        foreach (string name in ConstantFields().Select(f => f.Name).Concat(Enum.GetNames<Errno>()))
        {
            if (!s_expressions.TryGetValue(name, out string? expression))
            {
                // Enumerators that C does not define as macros too.
                string ifdef = name.StartsWith("MEMBARRIER_", StringComparison.Ordinal) ? side == "k:" ? "__linux__" : "__none__" : name;
                c.Append(CultureInfo.InvariantCulture, $"#ifdef {ifdef}\n{Print(name, name)}#endif\n");
            }
            else if (On(side, expression) is string mine)
            {
                c.Append(Print(name, mine));
            }
        }

        foreach (Type type in StructTypes())
        {
            if (On(side, s_types.GetValueOrDefault(type.Name, "struct " + type.Name)) is string mine)
            {
                c.Append(Print("sizeof " + type.Name, $"sizeof({mine})"));
                foreach ((Type _, FieldInfo field) in FieldsOfStructs().Where(f => f.Type == type))
                {
                    string row = $"{type.Name}.{field.Name}";
                    string name = s_fields.GetValueOrDefault(row, field.Name);
                    c.Append(Print("offsetof " + row, $"offsetof({mine}, {name})"));
                    c.Append(Print("sizeof " + row, $"sizeof((({mine} *)0)->{name})"));
                }
            }
        }

        if (side.Length == 0)
        {
            c.Append(Print("sizeof linux_dirent64.d_name", "offsetof(struct dirent64, d_name)"));
        }

        return c.Append(last).Append("\n}\n").ToString();
    }

    private static string? On(string side, string text) =>
        text.StartsWith("k:", StringComparison.Ordinal) == (side == "k:") ? text[side.Length..] : null;

    private static string Print(string row, string expression) => $"printf(\"{row}=%lld\\n\", (long long)({expression}));\n";

    private static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        System.Threading.Tasks.Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program}: {errors.Result}");
    }
}
