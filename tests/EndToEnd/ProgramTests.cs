using System;
using System.IO;

using Xunit;

namespace UmlHost.Tests.EndToEnd;

/// <summary>Programs of the host's own disk, each at its usual work.</summary>
public sealed class ProgramTests
{
    [Fact]
    public void Bash() => Comparison.SameAsOnTheHost("""
        mapfile -t lines < text; echo ${#lines[@]} "${lines[1]}"; shopt -s globstar; echo **; printf '%(%Y)T\n' 0
        diff <(echo a) <(echo b); echo x | cat /dev/stdin; echo y > /dev/stderr; tee >(tr a-z A-Z) < text2 | sort; wait
        coproc cat; echo to it >&${COPROC[1]}; read x <&${COPROC[0]}; echo $x
        set -m; sleep 5 & kill $!; wait $! 2>/dev/null; echo $?; read -t 0.1 x < <(sleep 0.5); echo $?
        exec 5<text; cat /proc/self/fd/5; cat <<< here; ulimit -n 50; ulimit -n; type -p ls; (exit 3) || echo $?
        """);

    [ProgramFact("/usr/bin/find", "/usr/bin/xargs")]
    public void Findutils() => Comparison.SameAsOnTheHost("""
        find . -printf '%p %y %m\n' | sort; find /usr/share/doc -name '*.gz' | sort | md5sum; find . -type f -exec md5sum {} + | sort
        find . -type f -print0 | xargs -0 -P 2 -n 1 wc -c | sort; find . -newer text | sort; find . -empty -delete; find | sort
        xargs -a text echo; seq 20000 | xargs -n 1000 -P 4 echo | wc -l; find missing; echo $?; find -L . -type f -samefile text | sort
        """);

    [ProgramFact("/usr/bin/grep", "/usr/bin/sed")]
    public void Grep_and_sed() => Comparison.SameAsOnTheHost("""
        grep -rn li . | sort; grep -P 'l\wne' text; grep -c . /etc/passwd; grep -E 'a|b' link; grep x missing; echo $?
        grep -m 1 -b line text; grep -z -o 'b.*' text | tr '\0' '\n'; zgrep -c . /usr/share/doc/bash/changelog.Debian.gz
        sed -i.old s/line/LINE/ text; cat text text.old; sed -n '2{p;q}' text; sed 's/.*/echo &/e' text2; sed 'w copy' text2; cat copy
        """);

    [ProgramFact("gawk")]
    public void Gawk() => Comparison.SameAsOnTheHost("""
        gawk '{ print NR, $1 | "sort -r" }' text; gawk -F: '$3 < 5 { print $1 }' /etc/passwd
        gawk 'BEGIN { while (("ls dir" | getline x) > 0) print x; print strftime("%Y", 0, 1); system("echo sys"); printf "x" > "/dev/stderr"
            cmd = "cat"; print "co" |& cmd; close(cmd, "to"); cmd |& getline y; print y; print PROCINFO["uid"], ENVIRON["TZ"], systime() > 0 }'
        """);

    [ProgramFact("tar", "gzip", "xz", "zstd")]
    public void Tar_and_compressors() => Comparison.SameAsOnTheHost("""
        for z in gzip xz zstd; do tar --$z -cf a.$z dir text link && mkdir u.$z && tar xf a.$z -C u.$z && find u.$z -printf '%p %y %m\n' | sort; done
        tar cf - dir | tar tvf - | wc -l; tar cf a.tar dir; echo more >> dir/f; tar uf a.tar dir; tar df a.tar; tar tf missing; echo $?
        gzip -k text; zcat text.gz; gunzip -tv text.gz; xz -T2 -k text; xz -t text.xz; zstd -q -T2 text; zstdcat text.zst
        for z in 'gzip -9' 'xz -1 -T2' 'zstd -T2'; do $z -c < /bin/busybox | md5sum; done; head -c 100 text.gz | tail -c 90 | gunzip; echo $?
        """);

    [ProgramFact("/usr/bin/python3")]
    public void Python() => Comparison.SameAsOnTheHost("""
        export PYTHONDONTWRITEBYTECODE=1
        python=/usr/bin/python3
        $python -c 'import json, re, subprocess, email, sys, os; print(sys.version_info, os.cpu_count(), json.dumps({"a": [1, 2.5]})); sys.exit(300)'; echo $?
        $python -c 'import multiprocessing as m; p = m.Pool(2); print(p.map(abs, [-1, -2])); p.close(); p.join()'
        $python -c 'import concurrent.futures as c, asyncio; print(list(c.ThreadPoolExecutor(4).map(abs, range(-9, 0))), asyncio.run(asyncio.sleep(0.01, 5)))'
        $python -c 'import multiprocessing.shared_memory as s; m = s.SharedMemory(create=True, size=10); m.buf[0] = 5; print(m.buf[0]); m.close(); m.unlink()'
        $python -c 'import shutil, tempfile, glob; d = tempfile.mkdtemp(); shutil.copytree("dir", d + "/x"); print(sorted(glob.glob("**", root_dir=d, recursive=True))); shutil.rmtree(d)'
        $python -c 'import ctypes, zlib, hashlib, ssl; print(ctypes.CDLL("libc.so.6").abs(-3), hashlib.sha256(b"x").hexdigest())'
        $python -c 'import pty; pty.spawn(["/bin/sh", "-c", "test -t 0 && echo tty; stty size"])' < /dev/null
        $python -m compileall -q dir; echo 'print("from stdin")' | $python; echo '{"a": 1}' | $python -m json.tool; $python missing.py; echo $?
        """);

    [ProgramFact("/usr/bin/perl")]
    public void Perl() => Comparison.SameAsOnTheHost("""
        perl -MPOSIX -e 'my $p = fork; if (!$p) { exit 3 } waitpid $p, 0; print $? >> 8, "\n"; print `echo sub`; opendir D, "."; print join " ", sort readdir D; print getpgrp == 0, "\n"'
        perl -MTime::HiRes=usleep,alarm -e '$SIG{ALRM} = sub { print "alarm\n"; exit 2 }; alarm(0.1); sleep 5'; echo $?
        perl -pi -e 's/line/LINE/' text; cat text; perl -Mthreads -e 'print threads->create(sub { 42 })->join, "\n"'; { perl -e 'kill 9, $$'; } 2> /dev/null; echo $?
        perl -e 'open my $f, "-|", "sort -r text2"; print <$f>; close $f; print -s "text", -l "link", "\n"; die "so\n"'; echo $?
        """);

    [ProgramFact("gcc", "as", "ld")]
    public void Gcc() => Comparison.SameAsOnTheHost("""
        printf '#include <stdio.h>\nint main(int c, char **v) { printf("hi %%d %%s\\n", c, v[1]); return c; }' | gcc -O2 -Wall -x c - -o h; ./h a b; echo $?
        gcc -O0 -g -c -x c /dev/null -o e.o && readelf -h e.o | grep Type; echo 'int main( {' | gcc -x c - ; echo $?; echo A | cpp -DA=5 -P
        printf '.globl _start\n_start: mov $60,%%eax\nmov $7,%%edi\nsyscall\n' > a.s; as a.s -o a.o && ld a.o -o a && ./a; echo $?
        printf 'int f(int a) { return a * 2; }' > f.c; gcc -shared -fPIC -o libf.so f.c; printf 'int f(int); int main() { return f(21); }' > m.c
        gcc m.c -L. -lf -Wl,-rpath,'$ORIGIN' -o m; ./m; echo $?; gcc -static -flto -O2 m.c f.c -o s; ./s; echo $?; objdump -d f.o 2>&1 | tail -1; nm libf.so | grep ' f'
        """);

    [ProgramFact("g++")]
    public void Gxx() => Comparison.SameAsOnTheHost("""
        cat > t.cc <<'END'
        #include <iostream>
        #include <map>
        #include <thread>
        #include <vector>
        int main()
        {
            std::vector<std::thread> all;
            for (int i = 0; i < 4; i++) all.emplace_back([] {});
            for (auto &one : all) one.join();
            std::map<int, int> m{{1, 2}};
            try { throw 5; } catch (int e) { std::cout << e << m[1] << "\n"; }
        }
        END
        g++ -O1 -std=c++20 -pthread t.cc -o t; ./t; echo $?
        """);

    [ProgramFact("make", "gcc")]
    public void A_project_is_configured_made_by_two_jobs_and_tested() => Comparison.SameAsOnTheHost("""
        mkdir project; cd project
        for i in 1 2 3 4 5 6; do printf '#include "config.h"\nint f%d(void) { return %d * HAVE_UNISTD_H; }\n' $i $i > f$i.c; done
        printf '#include <stdio.h>\nint f1(void), f6(void);\nint main(void) { printf("%%d\\n", f1() + f6()); return 0; }\n' > main.c
        cat > configure <<'END'
        #!/bin/sh
        # What autoconf's scripts do: try the compiler, try headers, write files from templates.
        trap 'rm -rf conftest*' 0
        for cc in missing-cc gcc cc; do
            echo 'int main(void) { return 0; }' > conftest.c
            echo "checking whether $cc works... $($cc conftest.c -o conftest 2>/dev/null && ./conftest && echo yes || echo no)"
            test -x ./conftest && break
        done
        for header in unistd.h sys/types.h no/such.h; do
            name=HAVE_$(echo $header | tr a-z./ A-Z__)
            if echo "#include <$header>" | $cc -E - > /dev/null 2>&1; then have=1; else have=0; fi
            echo "checking for $header... $have"; echo "#define $name $have" >> conftest.h
        done
        mv conftest.h config.h
        sed "s,@CC@,$cc,;s,@PREFIX@,${1#--prefix=}," Makefile.in > Makefile
        echo "configure: creating Makefile"
        END
        cat > Makefile.in <<'END'
        CC = @CC@
        OBJECTS = f1.o f2.o f3.o f4.o f5.o f6.o main.o
        all: prog libf.a
        prog: $(OBJECTS)
        	@$(CC) -o $@ $(OBJECTS)
        libf.a: $(OBJECTS)
        	@ar rcs $@ $(OBJECTS)
        %.o: %.c config.h
        	@$(CC) -O2 -c $<
        check: prog
        	test "$$(./prog)" = 7
        install: prog
        	install -D -m 755 prog $(DESTDIR)@PREFIX@/bin/prog
        clean:
        	rm -f prog libf.a *.o
        END
        chmod +x configure; ./configure --prefix=/opt/x; make -j2 2>&1 | sort; make check; echo $?; make -q; echo $?
        make install DESTDIR=$PWD/inst; find inst | sort; inst/opt/x/bin/prog; touch f1.c; make -n; nm libf.a | grep -c ' T '; make -s nothing; echo $?; make clean; ls
        """);

    [ProgramFact("git")]
    public void Git() => Comparison.SameAsOnTheHost("""
        export GIT_CONFIG_NOSYSTEM=1 HOME=$PWD GIT_AUTHOR_DATE='2001-01-01T00:00:00Z' GIT_COMMITTER_DATE='2001-01-01T00:00:00Z' GIT_PAGER=cat
        git config --global user.name a; git config --global user.email a@b; git config --global init.defaultBranch master
        git init r; cd r; cp ../text ../text2 .; git add .; git commit -m one; git checkout -b b; echo x >> text; git commit -am two
        git checkout master; echo y > text3; git add text3; git commit -qm three; git merge --no-edit b; git log --oneline --graph
        git gc -q; git fsck; find .git/objects -name '*.pack' | wc -l; git clone ../r ../c; cd ../c; git log --format=%H; git status -s
        git diff HEAD~1; git branch -a; echo z >> text; git stash -q; git stash pop; git blame text | cut -c 1-8; git archive HEAD | tar t
        git checkout -q -b conflict HEAD~1; echo other >> text; git commit -qam four; git merge b 2>&1; git status -s; git rebase --abort; git describe --always
        """);

    [ProgramFact("sqlite3")]
    public void Sqlite() => Comparison.SameAsOnTheHost("""
        sqlite3 y.db 'create table t(a, b); insert into t values (1, 2), (3, 4); select sum(a * b) from t; pragma journal_mode = wal; insert into t values (5, 6); select count(*) from t; pragma integrity_check'
        for i in 1 2 3 4; do (for j in 1 2 3 4 5; do sqlite3 -cmd '.timeout 20000' y.db "insert into t values ($i, $j)"; done) & done; wait; sqlite3 y.db 'select count(*), sum(a * b) from t'
        sqlite3 :memory: 'with recursive c(x) as (select 1 union all select x + 1 from c where x < 10000) select sum(x) from c'; sqlite3 y.db 'select * from missing'; echo $?
        sqlite3 y.db .dump | sqlite3 z.db; sqlite3 z.db 'select * from t order by a, b' | md5sum
        """);

    [ProgramFact("vim", "script")]
    public void Vim() => Comparison.SameAsOnTheHost("""
        vim -es -u NONE -i NONE -c '%s/line/LINE/g' -c 'r !echo hi' -c wq text; cat text; vim -es -u NONE -i NONE -c 'g/a/m0' -c 'w out' -c 'q!' text2; cat out text2
        script -qec 'vim -u NONE -i NONE -c "normal ihello" -c wq new' /dev/null > /dev/null < /dev/null; cat new
        """);

    [ProgramFact("script", "setsid")]
    public void Script() => Comparison.SameAsOnTheHost("""
        script -qec 'echo in; test -t 0 && test -t 1 && echo tty; exit 3' log < /dev/null; echo $?; grep -c in log; setsid -w sh -c 'ps -o comm= -p $$'
        """);

    [ProgramFact("tmux")]
    public void Tmux() => Comparison.SameAsOnTheHost("""
        export TMUX_TMPDIR=$PWD
        tmux -f /dev/null new-session -d -s x -x 80 -y 24 'echo inside; tty > /dev/null && echo a tty; read line; echo "<$line>" > out; exec sleep 30'
        for i in 1 2 3 4 5 6 7 8 9; do tmux capture-pane -p -t x | grep -q 'a tty' && break; sleep 0.2; done
        tmux send-keys -t x 'typed' Enter; for i in 1 2 3 4 5 6 7 8 9; do test -s out && break; sleep 0.2; done; cat out
        tmux capture-pane -p -t x | head -3; tmux list-sessions -F '#S #{session_windows}'; tmux kill-server; echo $?; tmux list-sessions 2>&1 | grep -c .
        """);

    [ProgramFact("openssl")]
    public void Openssl() => Comparison.SameAsOnTheHost("""
        openssl version; openssl dgst -sha256 text; openssl enc -aes-256-cbc -pbkdf2 -k k -in text -S 0011223344556677 | md5sum; openssl rand -hex 8 | wc -c
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout k.pem -out c.pem 2>/dev/null; openssl verify -CAfile c.pem c.pem
        """);

    [ProgramFact("curl")]
    public void Curl() => Comparison.SameAsOnTheHost("curl --version; curl -s file://$PWD/text; curl -s file://$PWD/missing; echo $?");

    [ProgramFact("gdb")]
    public void Gdb_without_a_process() => Comparison.SameAsOnTheHost("gdb -nx -batch -ex 'print 1 + 2' -ex 'ptype int' 2>&1");

    [ProgramFact("node")]
    public void Node() => Comparison.SameAsOnTheHost("""
        node -e 'const { execSync } = require("child_process"); console.log(process.version, require("os").cpus().length, execSync("echo hi").toString()); require("fs").promises.readdir(".").then(x => console.log(x.sort())); setTimeout(() => console.log("late"), 20)'
        node -e 'const { Worker } = require("worker_threads"); new Worker("require(\"worker_threads\").parentPort.postMessage(5)", { eval: true }).on("message", m => console.log(m))'
        """);

    /// <summary>A program of some size that is there in any case: the benchmark, of which no row has this name.</summary>
    [ProgramFact("dotnet")]
    public void Dotnet() => Comparison.SameAsOnTheHost(
        $"dotnet exec {Directory.GetFiles(BenchFolder(), "UmlHost.Bench.dll", SearchOption.AllDirectories)[0]} --filter no-such-row; echo $?; dotnet --list-runtimes");

    /// <summary>Go's cache of compiled packages is the host's: only the program itself is compiled inside.</summary>
    [ProgramFact("go")]
    public void Go() => Comparison.SameAsOnTheHost(
        """
        export GO111MODULE=off
        printf 'package main\nimport "fmt"\nfunc main() { c := make(chan int); go func() { c <- 5 }(); fmt.Println(<-c) }\n' > h.go
        go build -o h h.go; ./h; go vet h.go; gofmt -l h.go; go env GOOS GOARCH
        """,
        TimeSpan.FromSeconds(100));

    [ProgramFact("ps", "free", "lscpu", "mount")]
    public void Programs_that_read_proc() => Comparison.SameAsOnTheHost("""
        ps -o comm= -p $$; free | wc -l; uptime | wc -l; lscpu | grep 'Model name'; nproc; getconf _NPROCESSORS_ONLN; cat /proc/self/comm; prlimit --nofile --noheadings
        ps aux | grep -c '[p]s aux'; mount | grep -c ' on / '; df --output=target / | tail -1; flock text echo locked; flock -n text sh -c 'flock -n text echo no; echo $?'
        pgrep -x -P $$ sleep; sleep 3 & pgrep -x -P $$ sleep | wc -l; kill $!; top -bn1 | head -1 | cut -c 1-3; vmstat | wc -l; taskset -p $$ | sed 's/.*mask//'
        """);

    /// <summary>A debugger of its own is what a guest does not have yet: it is told so.</summary>
    [ProgramFact("strace")]
    public void Strace_says_that_there_is_no_ptrace()
    {
        Run run = Run.UmlHost("run", "strace", "/bin/true");
        Assert.NotEqual(0, run.Status);
        Assert.Contains("Function not implemented", run.Error, StringComparison.Ordinal);
    }

    [ProgramFact("file", "less", "diff", "patch")]
    public void Others() => Comparison.SameAsOnTheHost("""
        diff -u text text2 > d; echo $?; patch text < d; cat text; diff -r dir missing; cmp text2 link; file text dir link /bin/bash; less text2
        """);

    private static string BenchFolder()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at!.FullName, "UmlHost.sln")))
        {
            at = at.Parent;
        }

        return Path.Combine(at.FullName, "tests/Bench/bin/Release");
    }
}
