namespace EdgeFleet.Mqtt.Libmosquitto;

/// <summary>What libmosquitto reports, always on the thread that called into it.</summary>
internal interface INativeEvents
{
    /// <param name="receiveMaximum">QoS 1 messages that the broker takes unacknowledged.</param>
    void OnConnectAnswer(int reasonCode, bool sessionPresent, int receiveMaximum);

    /// <summary>QoS 0: written to the socket. QoS 1: acknowledged.</summary>
    void OnPublished(int packetId, int reasonCode);

    void OnMessage(MqttMessage message);

    void OnSubscriptionAnswer(int packetId, int reasonCode);

    /// <summary>Reason code of the broker's DISCONNECT, or an error number of the library.</summary>
    void OnDisconnect(int reasonCode);

    /// <summary>A callback failed; the connection cannot be trusted any more.</summary>
    void OnFault(Exception fault);
}
