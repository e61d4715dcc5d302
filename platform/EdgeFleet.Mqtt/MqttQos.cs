namespace EdgeFleet.Mqtt;

/// <summary>Delivery promise of a message. (2 is not used by this product.)</summary>
public enum MqttQos
{
    AtMostOnce = 0,
    AtLeastOnce = 1,
}
