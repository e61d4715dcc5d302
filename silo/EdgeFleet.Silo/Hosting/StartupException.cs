namespace EdgeFleet.Silo.Hosting;

/// <summary>The silo can't start. The message is one line: what is wrong with which thing, then the cure.</summary>
internal sealed class StartupException : Exception
{
    /// <param name="what">What is wrong, naming the thing: <c>port 5080 is in use</c>.</param>
    /// <param name="cure">What the operator does about it, in the imperative.</param>
    public StartupException(string what, string cure, Exception? inner = null)
        : base($"{what}: {cure}", inner)
    {
    }
}
