from thingcloud.plumbing.broker.admission import Admission, Permissions
from thingcloud.plumbing.broker.broker import Broker, BrokerAddress
from thingcloud.plumbing.broker.engine import CONSUMER, STREAM, TELEMETRY

__all__ = ["CONSUMER", "STREAM", "TELEMETRY", "Admission", "Broker", "BrokerAddress", "Permissions"]
