from thingcloud.plumbing.broker.admission import Admission, Permissions
from thingcloud.plumbing.broker.broker import CONSUMER, STREAM, TELEMETRY, Broker, BrokerAddress

__all__ = ["CONSUMER", "STREAM", "TELEMETRY", "Admission", "Broker", "BrokerAddress", "Permissions"]
