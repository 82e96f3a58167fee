namespace UmlHost.Memory;

/// <summary>What a memory access wants to do.</summary>
internal enum Access
{
    Read,
    Write,
    Execute,

    /// <summary>Not known yet: the first stop of a fault gives the address but not the kind of access.</summary>
    Unknown,
}

/// <summary>How a page fault ended.</summary>
internal enum FaultResult
{
    /// <summary>The access can be made again (once the operations it left have been run).</summary>
    Resolved,

    /// <summary>Nothing is mapped there: SIGSEGV with SEGV_MAPERR.</summary>
    SegvMapError,

    /// <summary>The mapping does not allow it: SIGSEGV with SEGV_ACCERR.</summary>
    SegvAccessError,

    /// <summary>Beyond the end of the mapped file, or it could not be read: SIGBUS with BUS_ADRERR.</summary>
    BusAddressError,

    /// <summary>The memory limit is reached: the guest process is killed.</summary>
    OutOfMemory,

    /// <summary>Everything is in place for all that the mapping allows: either another thread was faster, or
    /// the access is a violation. Only the error code can tell: ask again with the access known.</summary>
    NeedAccess,
}
