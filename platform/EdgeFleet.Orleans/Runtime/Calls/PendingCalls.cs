namespace Orleans.Runtime.Calls;

/// <summary>Calls that wait for an answer, so that each gets one in time. Lists per processor, linked through the calls themselves: no allocation per call.</summary>
internal sealed class PendingCalls
{
    private readonly Stripe[] _stripes;

    public PendingCalls()
    {
        var count = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount * 2);
        _stripes = [.. Enumerable.Range(0, count).Select(_ => new Stripe())];
    }

    public int Count => _stripes.Sum(s => s.Count);

    public void Add(GrainCall call) => _stripes[Thread.GetCurrentProcessorId() & (_stripes.Length - 1)].Add(call);

    /// <summary>Fails those whose deadline has passed; returns them.</summary>
    public List<GrainCall> TakeExpired(long nowMs)
    {
        var expired = new List<GrainCall>();
        foreach (var stripe in _stripes)
        {
            stripe.Collect(c => c.DeadlineMs <= nowMs, expired);
        }

        return expired;
    }

    public List<GrainCall> TakeAll()
    {
        var all = new List<GrainCall>();
        foreach (var stripe in _stripes)
        {
            stripe.Collect(_ => true, all);
        }

        return all;
    }

    internal sealed class Stripe
    {
        private readonly Lock _gate = new();
        private GrainCall? _last;

        public int Count { get; private set; }

        public void Add(GrainCall call)
        {
            lock (_gate)
            {
                call.PendingIn = this;
                call.PendingBefore = _last;
                if (_last is not null)
                {
                    _last.PendingAfter = call;
                }

                _last = call;
                Count++;
            }
        }

        public void Remove(GrainCall call)
        {
            lock (_gate)
            {
                if (call.PendingIn is null)
                {
                    return;
                }

                if (call.PendingBefore is { } before)
                {
                    before.PendingAfter = call.PendingAfter;
                }

                if (call.PendingAfter is { } after)
                {
                    after.PendingBefore = call.PendingBefore;
                }
                else
                {
                    _last = call.PendingBefore;
                }

                (call.PendingIn, call.PendingBefore, call.PendingAfter) = (null, null, null);
                Count--;
            }
        }

        /// <summary>The calls stay in the list until they are answered.</summary>
        public void Collect(Predicate<GrainCall> which, List<GrainCall> into)
        {
            lock (_gate)
            {
                for (var call = _last; call is not null; call = call.PendingBefore)
                {
                    if (which(call))
                    {
                        into.Add(call);
                    }
                }
            }
        }
    }
}
