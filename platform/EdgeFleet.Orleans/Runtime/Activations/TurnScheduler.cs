namespace Orleans.Runtime.Activations;

/// <summary>
/// The turns of one activation: calls, continuations of awaits and everything else that runs inside it, one at a time, in order of arrival.
/// As a task scheduler it is what <c>await</c> in grain code comes back to.
/// </summary>
internal sealed class TurnScheduler(Activation owner) : TaskScheduler, IThreadPoolWorkItem, IWorkItemScheduler
{
    /// <summary>Turns in a row before other activations get the thread.</summary>
    private const int Quantum = 64;

    private static readonly Func<object?, bool> RunLoop = static self => ((TurnScheduler)self!).RunTurns();

    private readonly Lock _gate = new();
    private Ring<object> _items;
    private bool _scheduled;

    public override int MaximumConcurrencyLevel => 1;

    public void Enqueue(object item)
    {
        lock (_gate)
        {
            _items.Add(item);
            if (_scheduled)
            {
                return;
            }

            _scheduled = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public void QueueAction(Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        new Task(action).Start(this);
    }

    public void QueueAction(Action<object?> action, object? state)
    {
        ArgumentNullException.ThrowIfNull(action);
        new Task(action, state).Start(this);
    }

    void IWorkItemScheduler.QueueTask(Task task)
    {
        ArgumentNullException.ThrowIfNull(task);
        task.Start(this);
    }

    void IThreadPoolWorkItem.Execute()
    {
        // Turns run inside one task of this scheduler, so that TaskScheduler.Current is this one for all that they call.
        var turns = new Task<bool>(RunLoop, this);
        RuntimeContext.Current = owner;
        try
        {
            turns.RunSynchronously(this);
        }
        finally
        {
            RuntimeContext.Current = null;
        }

        if (turns.Result)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    protected override void QueueTask(Task task) => Enqueue(task);

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && RuntimeContext.Current == owner && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_gate)
        {
            return [.. Enumerable.Range(0, _items.Count).Select(i => _items[i]).OfType<Task>()];
        }
    }

    /// <summary>True when there may be more to do.</summary>
    private bool RunTurns()
    {
        for (var turns = 0; turns < Quantum; turns++)
        {
            object? item;
            lock (_gate)
            {
                if (!_items.TryTake(out item))
                {
                    _scheduled = false;
                    return false;
                }
            }

            if (item is Task task)
            {
                TryExecuteTask(task);
            }
            else
            {
                owner.Turn(item);
            }
        }

        return true;
    }
}
