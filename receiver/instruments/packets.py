"""From a gateway's message to a Detection: the level is the power of the signal alone."""

from __future__ import annotations

from datetime import datetime

from protocols.packet import Envelope
from receiver.levels import effective_signal_power_dbm
from receiver.records import Detection

FRAME = "lorawan-1.0-phy"
ARGOS = "argos"
# What carries packets without telling their format: the collar's sheet does.
CARRIERS = (None, ARGOS, "iridium-sbd", "globalstar-simplex")


def detection(envelope: Envelope, time: datetime, monotonic_ns: int) -> Detection:
    """Return the Detection of a packet that a gateway heard.

    The antenna is the gateway's, so `receiver` is its name. A packet whose checksum failed keeps
    its level and loses its bytes; a downlink was sent by a gateway and has no level of a collar. An
    encrypted one is a LoRaWAN frame, for whoever has its keys.
    """
    whole = envelope.crc_ok is not False and not envelope.downlink
    return Detection(
        kind="packet",
        time=time,
        monotonic_ns=monotonic_ns,
        receiver=envelope.gateway_id,
        frequency_hz=envelope.frequency_hz,
        level_db=None if envelope.downlink else _level_dbm(envelope),
        level_unit=None if envelope.rssi_dbm is None or envelope.downlink else "dBm",
        level_raw=envelope.rssi_dbm,
        snr_db=envelope.snr_db,
        found=True,
        data=envelope.payload if whole and envelope.payload else None,
        protocol=FRAME if envelope.encrypted else envelope.protocol,
        port=envelope.port,
        device_id=None if envelope.downlink else envelope.device_id,
        text=_remark(envelope),
    )


def _level_dbm(envelope: Envelope) -> float | None:
    if envelope.rssi_dbm is None or envelope.snr_db is None:
        return envelope.rssi_dbm
    return effective_signal_power_dbm(envelope.rssi_dbm, envelope.snr_db)


def _remark(envelope: Envelope) -> str | None:
    if envelope.downlink:
        return "sent by a gateway, not by a collar"
    if envelope.crc_ok is False:
        return "checksum failed: level only"
    if envelope.carrier:
        return "heard by a satellite, not here"
    return "encrypted: address and level only" if envelope.encrypted else None
