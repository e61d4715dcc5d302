using Orleans.Runtime.Copying;

namespace Orleans.Runtime.Calls;

/// <summary>A call with the promise of its result.</summary>
internal abstract class GrainCall<TResult> : GrainCall
{
    private readonly TaskCompletionSource<TResult> _promise = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public sealed override Task Promise => _promise.Task;

    public Task<TResult> TypedPromise => _promise.Task;

    public sealed override void AnswerFromMethod()
    {
        var task = MethodTask;
        if (IsOneWay || IsAnswered)
        {
            _ = task.Exception;
            return;
        }

        if (!task.IsCompletedSuccessfully)
        {
            AnswerWith(Failures.Of(task));
            return;
        }

        try
        {
            Fulfil(DeepCopy.Copy(Result()));
        }
        catch (Exception e)
        {
            AnswerWith(e);
        }
    }

    public sealed override async Task<object?> RunUntyped(object grain)
    {
        if (!Begin(grain))
        {
            await MethodTask;
        }

        if (!MethodTask.IsCompletedSuccessfully)
        {
            throw Failures.Of(MethodTask);
        }

        return Result();
    }

    public sealed override void AnswerWith(object? result)
    {
        try
        {
            Fulfil(DeepCopy.Copy((TResult)result!));
        }
        catch (Exception e)
        {
            AnswerWith(e);
        }
    }

    protected abstract TResult Result();

    protected sealed override void Fail(Exception exception)
    {
        if (exception is OperationCanceledException)
        {
            // The only way to a cancelled task that keeps its exception, with type and token.
            _promise.TrySetFromTask(Cancelled(exception));
            return;
        }

        _promise.TrySetException(exception);
        _ = _promise.Task.Exception;
    }

    private static async Task<TResult> Cancelled(Exception exception)
    {
        await Task.FromException(exception);
        return default!;
    }

    private void Fulfil(TResult result)
    {
        if (TryClaimAnswer())
        {
            _promise.TrySetResult(result);
        }
    }
}

internal static class Failures
{
    /// <summary>The exception that an await of this ended task would throw.</summary>
    public static Exception Of(Task task) => task.Exception?.InnerException ?? CancellationOf(task);

    private static Exception CancellationOf(Task task)
    {
        try
        {
            task.GetAwaiter().GetResult();
            return new InvalidOperationException("The task has not failed.");
        }
        catch (OperationCanceledException e)
        {
            return e;
        }
    }
}
