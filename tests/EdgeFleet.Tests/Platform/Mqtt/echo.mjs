// A foreign client: sends back on js/to/net what comes on net/to/js, with the same quality and expiry.
import mqtt from 'mqtt';

const client = mqtt.connect(`mqtt://127.0.0.1:${process.argv[2]}`, { protocolVersion: 5, clientId: 'mqtt-js', clean: true });
client.on('connect', () => client.subscribe('net/to/js', { qos: 1 }, () => console.log('ready')));
client.on('message', (topic, payload, packet) => {
  const messageExpiryInterval = packet.properties?.messageExpiryInterval;
  client.publish('js/to/net', payload, { qos: packet.qos, properties: messageExpiryInterval ? { messageExpiryInterval } : {} });
});
