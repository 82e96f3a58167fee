using System;
using System.Collections.Generic;

using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace UmlHost.Tests.Guest;

/// <summary>A theory whose rows carry their reason to be skipped as the last argument, null to run.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("UmlHost.Tests.Guest." + nameof(SkippableTheoryDiscoverer), "UmlHost.Tests.Guest")]
internal sealed class SkippableTheoryAttribute : TheoryAttribute;

public sealed class SkippableTheoryDiscoverer(IMessageSink diagnostics) : TheoryDiscoverer(diagnostics)
{
    protected override IEnumerable<IXunitTestCase> CreateTestCasesForDataRow(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo theoryAttribute, object[] dataRow) =>
        dataRow[^1] is string reason
            ? CreateTestCasesForSkippedDataRow(discoveryOptions, testMethod, theoryAttribute, dataRow, reason)
            : base.CreateTestCasesForDataRow(discoveryOptions, testMethod, theoryAttribute, dataRow);
}

/// <summary>A fact that cannot be run when the host is compared with itself.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class UmlHostFactAttribute : FactAttribute
{
    public UmlHostFactAttribute()
    {
        if (GuestRun.NativeOnly)
        {
            Skip = "needs umlhost (UMLHOST_GUEST_NATIVE_ONLY=1)";
        }
    }
}

/// <summary>As <see cref="UmlHostFactAttribute"/>, for a theory.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class UmlHostTheoryAttribute : TheoryAttribute
{
    public UmlHostTheoryAttribute()
    {
        if (GuestRun.NativeOnly)
        {
            Skip = "needs umlhost (UMLHOST_GUEST_NATIVE_ONLY=1)";
        }
    }
}
