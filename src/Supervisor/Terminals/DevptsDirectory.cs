using System;
using System.Buffers.Text;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

namespace UmlHost.Terminals;

/// <summary>/dev/pts: the terminals there are, under their numbers.</summary>
internal sealed class DevptsDirectory(PseudoFileSystem fileSystem, PseudoTerminals terminals) : PseudoDirectory(fileSystem, 0x1ed)
{
    public override Errno Lookup(ReadOnlySpan<byte> name, out Inode? inode)
    {
        if (base.Lookup(name, out inode) == Errno.None)
        {
            return Errno.None;
        }

        // As it is written, and not otherwise: without leading zeros.
        bool isNumber = Utf8Parser.TryParse(name, out int number, out int length) && length == name.Length && (name[0] is >= (byte)'1' and <= (byte)'9' || name is [(byte)'0']);
        inode = isNumber ? terminals.Find(number)?.Inode : null;
        return inode is null ? Errno.ENOENT : Errno.None;
    }

    public override bool NextEntry(GuestTask task, long position, out DirectoryEntry entry)
    {
        if (base.NextEntry(task, position, out entry))
        {
            return true;
        }

        int next = (int)(Math.Max(position, FirstDynamic) - FirstDynamic);
        foreach (int number in terminals.Numbers())
        {
            if (number >= next && terminals.Find(number)?.Inode is { } inode)
            {
                byte[] name = System.Text.Encoding.ASCII.GetBytes(number.ToString(System.Globalization.CultureInfo.InvariantCulture));
                entry = new DirectoryEntry(name, inode.Number, inode.Type, FirstDynamic + number + 1);
                return true;
            }
        }

        return false;
    }
}
