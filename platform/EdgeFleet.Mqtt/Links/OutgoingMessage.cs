namespace EdgeFleet.Mqtt.Links;

/// <summary>A message on its way out, and the caller who waits for it.</summary>
internal sealed class OutgoingMessage(MqttMessage message)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MqttMessage Message { get; } = message;

    public Task Done => _done.Task;

    /// <summary>Where it stands in the queue's lists; guarded by the queue.</summary>
    public LinkedListNode<OutgoingMessage>? Node { get; set; }

    /// <summary>Position in the order of sending on the present connection.</summary>
    public long Sequence { get; set; }

    public int Bytes => Message.Payload.Length;

    public void Complete() => _done.TrySetResult();

    public void Fail(Exception reason) => _done.TrySetException(reason);

    public void Cancel(CancellationToken cancellationToken) => _done.TrySetCanceled(cancellationToken);
}
