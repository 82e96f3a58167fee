namespace UmlHost.Cli;

/// <summary>What <c>--help</c> prints.</summary>
internal static class Help
{
    public const string Usage = """
        usage: umlhost run [OPTIONS] [--] PROGRAM [ARGS…]
               umlhost doctor | syscalls | help [VERB] | --version

        """;

    public const string Main = """
        umlhost runs unmodified x86_64 Linux programs under a kernel of its own, in user space.
        Nothing a program does reaches the host's kernel as a system call of that program.

        usage: umlhost run [OPTIONS] [--] PROGRAM [ARGS…]
               umlhost doctor
               umlhost syscalls [--implemented | --missing] [--json]
               umlhost help VERB
               umlhost --version

        verbs:
          run        run a program; the exit status is the program's
          doctor     check whether guests can run on this host, and what to change if not
          syscalls   list the system calls that guests have

        examples:
          umlhost run /bin/busybox sha256sum /bin/busybox
          umlhost run --memory 512M --report run.json -- ./program --its-own-option
          umlhost run --trace=openat,read --trace-output trace.txt ./program
          umlhost doctor

        """;

    public const string Run = """
        usage: umlhost run [OPTIONS] [--] PROGRAM [ARGS…]

        Runs PROGRAM with ARGS. A PROGRAM without a slash is looked for in PATH. Options end at the
        first word that is none, or at --; whatever follows is the program's.

        options:
          --root DIR            the guest's root: a directory of the host (default: /); the guest's changes are kept
                                in memory and are gone with it
          --bind SRC[:DST]      a directory or file of the host at DST inside (default: the same path), read-only
          --bind-rw SRC[:DST]   as --bind, but what the guest changes is changed on the host
          --tmpfs DST[:SIZE]    an empty directory in memory at DST
          --cwd DIR             working directory inside (default: the caller's, / if it is not there)
          --env NAME=VALUE      set a variable; --clear-env starts with none instead of the caller's
          --hostname NAME       what uname and hostname tell
          --uid N, --gid N      ids inside (default: the caller's); 0 is root of the guest, not of the host
          --memory SIZE         most memory that the guest may use: bytes, or 512M, 2G (default: the host's)
          --trace[=SET]         show system calls on stderr; SET is names joined by commas (default: all)
          --trace-output FILE   write the trace to FILE
          --report FILE         write counts and times of the run to FILE, as JSON
          --log-level LEVEL     verbose, debug, information, warning (default) or error, on stderr
          --no-aslr             fixed addresses, the same in every run
          --no-vdso             no vDSO: reading a clock is a system call, which --trace shows
          --help                this text

        for finding faults in umlhost itself:
          --fault-info HOW      fast (default): page faults that the area and the page-table entry decide are
                                resolved at the host's signal; handler: all go through the stub's handler

        exit status:
          the program's own; 128+N if signal N killed it
          125  umlhost failed or was used wrongly
          126  PROGRAM cannot be executed
          127  PROGRAM was not found

        examples:
          umlhost run ls -la                      -la is an option of ls
          umlhost run --memory 512M -- ./a.out
          umlhost run --trace=openat,read cat /etc/hostname
          umlhost run --report run.json ./a.out

        """;

    public const string Doctor = """
        usage: umlhost doctor

        Checks what guests need of this host, one line for each check: ok, warn (guests run, but not as
        well as they could) or fail, the value found, and what to change. Exit status 0 if a guest can
        run here, 1 if not.

        """;

    public const string Syscalls = """
        usage: umlhost syscalls [--implemented | --missing] [--json]

        Lists the system calls of x86_64 Linux by number, and how much of each a guest has: full,
        partial (with what is missing) or none, which gives the guest ENOSYS.

        options:
          --implemented   only those that are there, in full or in part
          --missing       only those that are not
          --json          an array of objects: number, name, support, caveat

        """;
}
