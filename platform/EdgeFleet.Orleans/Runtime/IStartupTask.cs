namespace Orleans.Runtime;

/// <summary>Runs when the silo takes calls. When it throws, the silo does not start.</summary>
public interface IStartupTask
{
    Task Execute(CancellationToken cancellationToken);
}
