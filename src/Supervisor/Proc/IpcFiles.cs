using System;

using UmlHost.Fs;
using UmlHost.Ipc;
using UmlHost.Kernel;
using UmlHost.Native;

namespace UmlHost.Proc;

/// <summary>/proc/sysvipc: the System V objects.</summary>
internal static class IpcFiles
{
    public static void AddTo(PseudoFileSystem proc, Machine machine, PseudoDirectory directory)
    {
        Add("msg", "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n",
            text => Each(machine.MessageQueues, text, static (text, queue) =>
            {
                msqid_ds status = queue.Status();
                text.Append(" "u8).Append((long)status.__msg_cbytes, 11).Append(" "u8).Append((long)status.msg_qnum, 10);
                Put(text, 5, status.msg_lspid, status.msg_lrpid, status.msg_perm.uid, status.msg_perm.gid, status.msg_perm.cuid, status.msg_perm.cgid);
                Put(text, 10, status.msg_stime, status.msg_rtime, status.msg_ctime);
            }));
        Add("sem", "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n",
            text => Each(machine.Semaphores, text, static (text, set) =>
            {
                semid_ds status = set.Status();
                Put(text, 10, (long)status.sem_nsems);
                Put(text, 5, status.sem_perm.uid, status.sem_perm.gid, status.sem_perm.cuid, status.sem_perm.cgid);
                Put(text, 10, status.sem_otime, status.sem_ctime);
            }));
        Add("shm", "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n",
            text => Each(machine.Segments, text, static (text, segment) =>
            {
                shmid_ds status = segment.Status();
                Put(text, 21, (long)status.shm_segsz);
                Put(text, 5, status.shm_cpid, status.shm_lpid);
                text.Append("  "u8).Append((long)status.shm_nattch, 5);
                Put(text, 5, status.shm_perm.uid, status.shm_perm.gid, status.shm_perm.cuid, status.shm_perm.cgid);
                Put(text, 10, status.shm_atime, status.shm_dtime, status.shm_ctime);
                Put(text, 21, (long)segment.PageCount * 4096, 0);
            }));

        void Add(string name, string header, Action<TextBuffer> generate) => directory.Add(name, new PseudoText(proc, 0x124, (_, text) => generate(text.Append(header))));
    }

    private static void Each<T>(IpcTable<T> table, TextBuffer text, Action<TextBuffer, T> append)
        where T : IpcObject
    {
        int highest = table.Usage.HighestIndex;
        for (int index = 0; index <= highest; index++)
        {
            if (table.FindIndex(index) is { } found)
            {
                lock (found.Lock)
                {
                    text.Append(found.Key, 10).Append(" "u8).Append(found.Id, 10).Append("  "u8);
                    uint mode = found.Permissions().mode;
                    text.Append(mode < 0x200 ? " "u8 : ""u8).AppendOctal(mode, 3);
                    append(text, found);
                    text.Append("\n"u8);
                }
            }
        }
    }

    private static void Put(TextBuffer text, int width, params ReadOnlySpan<long> values)
    {
        foreach (long value in values)
        {
            text.Append(" "u8).Append(value, width);
        }
    }
}
