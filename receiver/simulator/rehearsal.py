"""A rehearsal: emulated devices about a made-up search, for the ordinary recording code.

The searcher carries a VHF receiver (CI-V on a pseudo-terminal), a GPS receiver (NMEA over TCP) and
two LoRa gateways, one with a network server of its own (ChirpStack, JSON over TCP), one a plain
packet forwarder (datagrams). The collar pulses once a second on VHF and sends packets on LoRa. All
follow one simulated clock, many times faster than real.

The searcher walks his own way, or does what he is told (`receiver.simulator.searcher`), until he is
within the approach limit of the collar or the minutes are over.
"""

from __future__ import annotations

import math
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from heapq import merge

import numpy as np

from receiver.address import Address, parse_address
from receiver.clock import SimulatedClock
from receiver.config import Collar, Configuration, Setup
from receiver.geodesy import LocalGrid
from receiver.homing.approach import USUAL_LIMIT_M
from receiver.homing.snapshot import Advice
from receiver.journal import Writer
from receiver.levels import ICOM_CURVES, S9_DBM_VHF
from receiver.notes import content
from receiver.records import Entry
from receiver.simulator import collar, gateway, gps
from receiver.simulator.icom_radio import IcomRadio, SerialServer
from receiver.simulator.scene import FADING_DB, NOISE_FLOOR_DBM, STEP_S, draw_scene, walk
from receiver.simulator.search import ORIGIN_DEG
from receiver.simulator.searcher import RECEIVER, Searcher
from receiver.simulator.servers import Forwarder, TalkingServer, free_udp_port

START = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
NAME = "rehearsal"
FREQUENCY_HZ, PULSES_A_MINUTE = 150_350_000, 60.0
DEVICE_EUI, DEVICE_ADDRESS = "0000000000ba4500", "26ba4500"
CARRIED_GATEWAYS = ("00000000000000a1", "00000000000000a2")
CARRIED = (
    Setup(receiver=RECEIVER, antenna="yagi", directional=True),
    *(Setup(receiver=name, antenna="whip", directional=False) for name in ("gateway1", "gateway2")),
)
R8500_ADDRESS = 0x4A
DECAY_DB_S = 20.0  # how fast the meter falls after a pulse
GPS_EVERY_S, PACKET_EVERY_S = 1.0, 20.0
BEARINGS_AT, BEARING_ERROR_DEG = (0.3, 0.7), 10.0
LORA_BELOW_VHF_DB = 12.0

Happening = tuple[float, Callable[[], None]]


class World(AbstractContextManager["World"]):
    """The devices and the one thread that moves them; `addresses` are what to listen to."""

    def __init__(
        self,
        seed: int,
        minutes: float,
        speed: float,
        ask: Callable[[], Advice | None] | None = None,
        limit_m: float = USUAL_LIMIT_M,
    ) -> None:
        """Make the devices; `ask` gives what the searcher is told at this moment."""
        self.minutes = minutes
        self._scene = draw_scene(seed)
        # The receiver is asked at its own pace: its noise must not change what the others draw.
        self._rng, self._noise = np.random.default_rng([seed, 4]), np.random.default_rng([seed, 6])
        steps = walk(self._scene, seed, minutes)
        self._times = np.array([step.time_s for step in steps])
        self._x = np.array([step.x_m for step in steps])
        self._y = np.array([step.y_m for step in steps])
        self._gps = np.array([(step.gps_x_m, step.gps_y_m) for step in steps])
        self._levels = self._scene.level_dbm(self._x, self._y)
        self._grid = LocalGrid(*ORIGIN_DEG)
        self._counter = 0
        self._stop = threading.Event()
        self._searcher = None if ask is None else Searcher(self._scene, ask, limit_m, seed, speed)
        self._open(speed)

    def _open(self, speed: float) -> None:
        self._gps_server, self._network_server = TalkingServer(), TalkingServer()
        udp_port = free_udp_port()
        self._forwarder = Forwarder(udp_port)
        self.clock = SimulatedClock(START, speed)
        self._radio = SerialServer(IcomRadio(R8500_ADDRESS, FREQUENCY_HZ, self._meter).hear)
        self._thread: threading.Thread | None = None
        self.addresses: list[Address] = [
            parse_address(f"{RECEIVER}=icom:serial:{self._radio.path}?model=r8500&poll_s=0.25"),
            parse_address(f"gps=nmea:tcp://127.0.0.1:{self._gps_server.port}"),
            parse_address(f"gateway1=chirpstack:tcp://127.0.0.1:{self._network_server.port}"),
            parse_address(f"gateway2=semtech:udp://127.0.0.1:{udp_port}"),
        ]

    @property
    def contact(self) -> bool:
        """Whether the searcher who is told what to do is within the limit of the collar."""
        return self._searcher is not None and self._searcher.met

    @property
    def away_m(self) -> float:
        """How far the searcher is from the collar."""
        if self._searcher is not None:
            return self._searcher.away_m
        here = float(self._x[self._step()]), float(self._y[self._step()])
        return math.dist(self._scene.collar_m, here)

    @property
    def truth_deg(self) -> tuple[float, float]:
        """Latitude and longitude where the made-up collar lies."""
        latitude, longitude = self._grid.to_degrees(*self._scene.collar_m)
        return float(latitude), float(longitude)

    @property
    def configuration(self) -> Configuration:
        """The settings of the rehearsal: the made-up collar's sheet."""
        sheet = Collar(
            name=NAME,
            maker="made up",
            ids=(DEVICE_EUI, DEVICE_ADDRESS),
            frequency_hz=float(FREQUENCY_HZ),
            pulses_per_minute={"normal": PULSES_A_MINUTE},
        )
        carried = () if self._searcher is None else CARRIED
        return Configuration(collars=(sheet,), receivers=carried, simulation=True)

    def begin(self, writer: Writer) -> None:
        """Let the walk begin; the searcher's bearings go to `writer`."""
        self._thread = threading.Thread(
            target=self._run, args=(writer,), name="made-up world", daemon=True
        )
        self._thread.start()

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(2.0)
        for device in (self._radio, self._gps_server, self._network_server, self._forwarder):
            device.close()

    def _run(self, writer: Writer) -> None:
        end_s = self.minutes * 60
        shares = BEARINGS_AT if self._searcher is None else ()
        bearings: Iterator[Happening] = (
            (share * end_s, lambda: self._take_bearing(writer)) for share in shares
        )
        fixes = self._every(GPS_EVERY_S, end_s, lambda: self._move(writer))
        packets = self._every(PACKET_EVERY_S, end_s, self._send_packet)
        for time_s, happen in merge(fixes, packets, bearings, key=lambda pair: pair[0]):
            if self.clock.wait(time_s - self._now_s(), self._stop):
                return
            happen()

    @staticmethod
    def _every(period_s: float, end_s: float, happen: Callable[[], None]) -> Iterator[Happening]:
        return ((number * period_s, happen) for number in range(1, int(end_s / period_s)))

    def _now_s(self) -> float:
        return self.clock.now().monotonic_ns / 1e9

    def _step(self) -> int:
        return min(int(self._now_s() / STEP_S), len(self._times) - 1)

    def _move(self, writer: Writer) -> None:
        """Let a second go by: a step of the searcher, and what his GPS says."""
        if self._searcher is None:
            self._say_place()
            return
        for said in self._searcher.move(self._now_s()):
            told = content.entry(said, self.configuration.observer, self.clock)
            writer.submit(replace(told, content={**said, "collar": NAME}))
        place = self._grid.to_degrees(*self._searcher.gps_m)
        latitude, longitude = (float(value) for value in place)
        time, heading_deg = self.clock.now().utc, self._searcher.heading_deg
        self._gps_server.say(gps.sentences(latitude, longitude, time, heading_deg))

    def _say_place(self) -> None:
        now_s, time = self._now_s(), self.clock.now().utc
        x = np.interp(now_s, self._times, self._gps[:, 0])
        y = np.interp(now_s, self._times, self._gps[:, 1])
        latitude, longitude = self._grid.to_degrees(x, y)
        self._gps_server.say(gps.sentences(float(latitude), float(longitude), time))

    def _level_dbm(self, time_s: float) -> float:
        if self._searcher is not None:
            return self._searcher.level_dbm
        return float(np.interp(time_s, self._times, self._levels))

    def _meter(self) -> int:
        """Return the S-meter's count: quick to rise with a pulse, slow to fall after it."""
        now_s = self._now_s()
        period_s = 60.0 / PULSES_A_MINUTE
        pulse, since_s = divmod(now_s, period_s)
        fading_db = np.random.default_rng([int(pulse), 5]).normal(0.0, FADING_DB)
        peak_dbm = self._level_dbm(pulse * period_s) + fading_db - DECAY_DB_S * since_s
        noise_dbm = NOISE_FLOOR_DBM + float(self._noise.normal(0.0, 0.7))
        curve = ICOM_CURVES["r8500"]
        return round(float(np.interp(max(peak_dbm, noise_dbm) - S9_DBM_VHF, curve.db, curve.raw)))

    def _send_packet(self) -> None:
        """Send a status or a failed fix; each gateway hears it with its own fading."""
        self._counter += 1
        time = self.clock.now().utc
        fix = self._counter % 3 == 0
        payload = collar.failed_fix(time, 120) if fix else collar.status(3.62, 8.0, 93)
        port = 2 if fix else 4
        level_dbm = self._level_dbm(self._now_s()) - LORA_BELOW_VHF_DB
        first, second = (
            gateway.reception(level_dbm + float(fading))
            for fading in self._rng.normal(0.0, FADING_DB, 2)
        )
        if first is not None:
            event = gateway.chirpstack_event(
                DEVICE_EUI, CARRIED_GATEWAYS[0], port, payload, first, time
            )
            self._network_server.say(event)
        if second is not None:
            hidden = self._rng.bytes(len(payload))  # encrypted: as good as noise to us
            frame = collar.lorawan_frame(DEVICE_ADDRESS, self._counter, port, hidden)
            tmst = int(self._now_s() * 1e6)
            datagram = gateway.push_data(CARRIED_GATEWAYS[1], self._counter, frame, second, tmst)
            self._forwarder.send(datagram)

    def _take_bearing(self, writer: Writer) -> None:
        step, stamp = self._step(), self.clock.now()
        east = self._scene.collar_m[0] - self._x[step]
        north = self._scene.collar_m[1] - self._y[step]
        true_deg = float(np.degrees(np.arctan2(east, north)))
        said_deg = round(true_deg + float(self._rng.normal(0.0, BEARING_ERROR_DEG))) % 360
        said = content.bearing([said_deg], sigma_deg=BEARING_ERROR_DEG, method="loudest")
        entry = Entry(
            id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"rehearsal/{stamp.monotonic_ns}")),
            observer=self.configuration.observer,
            time=stamp.utc,
            monotonic_ns=stamp.monotonic_ns,
            boot_id=self.clock.boot_id,
            clock_source=self.clock.source,
            content={**said, "collar": NAME},
        )
        writer.submit(entry)
