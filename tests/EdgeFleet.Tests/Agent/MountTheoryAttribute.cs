namespace EdgeFleet.Tests.Agent;

/// <summary>As <see cref="MountFactAttribute"/>, for each row of data.</summary>
internal sealed class MountTheoryAttribute : TheoryAttribute
{
    public MountTheoryAttribute() => Skip = new MountFactAttribute().Skip;
}
