using System.Runtime.Versioning;

using Xunit;

// One at a time: the programs measure time, and two CPUs are soon busy.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: SupportedOSPlatform("linux")]
