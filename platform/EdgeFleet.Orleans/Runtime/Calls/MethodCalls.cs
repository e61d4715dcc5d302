namespace Orleans.Runtime.Calls;

/// <summary>A method that returns <see cref="Task"/>. Generated classes add the arguments and <see cref="Invoke"/>.</summary>
internal abstract class TaskCall : GrainCall<object?>
{
    private Task? _task;

    public sealed override Task MethodTask => _task!;

    public sealed override bool Begin(object grain) => (_task = Invoke(grain) ?? Task.FromException(NullTask.Returned(this))).IsCompleted;

    protected abstract Task Invoke(object grain);

    protected sealed override object? Result() => null;
}

/// <summary>A method that returns <see cref="Task{TResult}"/>.</summary>
internal abstract class TaskCall<TResult> : GrainCall<TResult>
{
    private Task<TResult>? _task;

    public sealed override Task MethodTask => _task!;

    public sealed override bool Begin(object grain) => (_task = Invoke(grain) ?? Task.FromException<TResult>(NullTask.Returned(this))).IsCompleted;

    protected abstract Task<TResult> Invoke(object grain);

    protected sealed override TResult Result() => _task!.Result;
}

/// <summary>A method that returns <see cref="ValueTask"/>.</summary>
internal abstract class ValueTaskCall : GrainCall<object?>
{
    private Task? _task;

    public sealed override Task MethodTask => _task!;

    public sealed override bool Begin(object grain) => (_task = Invoke(grain).AsTask()).IsCompleted;

    protected abstract ValueTask Invoke(object grain);

    protected sealed override object? Result() => null;
}

/// <summary>A method that returns <see cref="ValueTask{TResult}"/>.</summary>
internal abstract class ValueTaskCall<TResult> : GrainCall<TResult>
{
    private Task<TResult>? _task;

    public sealed override Task MethodTask => _task!;

    public sealed override bool Begin(object grain) => (_task = Invoke(grain).AsTask()).IsCompleted;

    protected abstract ValueTask<TResult> Invoke(object grain);

    protected sealed override TResult Result() => _task!.Result;
}

/// <summary>A method that returns nothing: one-way.</summary>
internal abstract class VoidCall : GrainCall<object?>
{
    public sealed override Task MethodTask => Task.CompletedTask;

    public sealed override bool Begin(object grain)
    {
        Invoke(grain);
        return true;
    }

    protected abstract void Invoke(object grain);

    protected sealed override object? Result() => null;
}

internal static class NullTask
{
    public static InvalidOperationException Returned(GrainCall call) => new($"{call.Name} of {call.Target?.GrainId} returned null in place of a task.");
}
