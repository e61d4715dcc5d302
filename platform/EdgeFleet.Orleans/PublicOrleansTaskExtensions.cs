namespace Orleans;

/// <summary>For tasks that nobody waits for.</summary>
public static class PublicOrleansTaskExtensions
{
    /// <summary>Observes the task's exception, so that it is not reported as unobserved.</summary>
    public static void Ignore(this Task task)
    {
        if (task.IsCompleted)
        {
            _ = task.Exception;
            return;
        }

        _ = task.ContinueWith(
            static t => _ = t.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }
}
