using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

// Privilege, and the other small states of a thread that fork copies.
internal sealed partial class GuestTask
{
    private const ulong DefaultSlack = 50_000;

    /// <summary>personality's: flags and execution domain.</summary>
    public uint Personality { get; set; }

    /// <summary>By how many ns a sleep may end late (PR_SET_TIMERSLACK). Sleeps here are as exact as the host's.</summary>
    public ulong TimerSlack { get; set; } = DefaultSlack;

    /// <summary>What setting the slack to 0 gives: the slack of the thread that made this one.</summary>
    public ulong DefaultTimerSlack { get; private set; } = DefaultSlack;

    /// <summary>PR_MCE_KILL_GET's answer.</summary>
    public int MachineCheckPolicy { get; set; } = 2;

    /// <summary>cpuid raises SIGSEGV (ARCH_SET_CPUID).</summary>
    public bool CpuidFaults { get; set; }

    /// <summary>Takes over what a new task has from the one that makes it.</summary>
    internal void Inherit(GuestTask maker)
    {
        Personality = maker.Personality;
        Scheduling = maker.Scheduling.Fork();
        TimerSlack = DefaultTimerSlack = maker.TimerSlack;
        MachineCheckPolicy = maker.MachineCheckPolicy;
        CpuidFaults = maker.CpuidFaults;
    }

    /// <summary>Becomes somebody else (commit_creds): who changed what others may see of it is no longer dumpable,
    /// and its parent's death is no longer its affair.</summary>
    public void Become(Credentials credentials)
    {
        Credentials old = Credentials;
        if (old.EffectiveUid != credentials.EffectiveUid || old.EffectiveGid != credentials.EffectiveGid
            || old.FileUid != credentials.FileUid || old.FileGid != credentials.FileGid
            || (credentials.Permitted & ~old.Permitted) != 0)
        {
            Memory.Dumpable = 0;
            ParentDeathSignal = 0;
        }

        Credentials = credentials;
    }

    /// <summary>Whether it may look into another task's memory and files (ptrace_may_access, as attaching does).
    /// </summary>
    public bool MayAccess(GuestTask target)
    {
        if (target.Group == Group || Credentials.Has(CAP_SYS_PTRACE))
        {
            return true;
        }

        Credentials other = target.Credentials;
        return Credentials.IsSameUser(other) && target.Memory.Dumpable == 1 && (other.Permitted & ~Credentials.Permitted) == 0;
    }

    /// <summary>The part of execve that concerns this file. <see cref="Memory"/> is the new one.</summary>
    private void CredentialsForExec()
    {
        Credentials = Credentials.ForExec();
        Memory.Dumpable = Credentials.Uid == Credentials.EffectiveUid && Credentials.Gid == Credentials.EffectiveGid ? 1 : 0;
        Personality &= ~READ_IMPLIES_EXEC;
        CpuidFaults = false;
    }
}
