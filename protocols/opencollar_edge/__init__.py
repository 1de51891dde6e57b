"""OpenCollar Edge (Smart Parks / IRNAS): every LoRaWAN uplink message, and flash record streams.

Source: SmartParksOrg/smartparks-opencollar-edge-fw-public at 73fa4de (firmware 7.3.0), files
`communication.c`, `settings_interface.c`, `thread_com.c`; the published decoder
`scripts/ttn_decoder.js` is wrong in places, see `tests/protocols/test_opencollar_edge.py`.

Frame: `[id u8][len u8][data, len bytes]`; the LoRaWAN port selects the message. No checksum here:
the LoRaWAN MIC protects the bytes, so a frame is only read where its carrier names the port.
Little-endian, except for the fields of port 15 marked BE. Offsets below are within data.

    port  id     len   message             bytes of data
    1     F1     1+n   LR11xx GNSS scan    0 status (7 no satellites, 8 almanac too old), 1.. opaque
    2     F2     30    u-blox fix          0 success (bit 0 fix, bit 1 outdoors), 1 hot retries,
                                           2 cold retries, 3 u16 time to fix s, 5 i32 latitude 1e-7,
                                           9 i32 longitude 1e-7, 13 i32 altitude mm, 17 fix type,
                                           18 satellites, 19 u16 accuracy m, 21 pDOP, 22 u32 time,
                                           26 tracking; only if it is 1: 27 u16 course
                                           (v - 18000) / 100 deg, 29 speed m/s
    3     -      TLV   settings            [id][len][value] repeated, without a frame
    4     F4     14    status              0 reset, 1 errors, 2 battery v*10+2500 mV, 3 operation,
                                           4 temperature v*200/255-100, 5 uptime days, 6-8 accel,
                                           9 hardware, 10 firmware (nibbles; minor modulo 16),
                                           11 types, 12 charge v*100+5000 mV if v, 13 features
    5     F5     1+2n  LR satellites       0 count, then id u8, C/N0 u8
    6 7   F7 F9  1+9n  Wi-Fi, BLE scans    0 count seen, then 3 octets of MAC (LSB first),
    10    F8                               rssi v-128 dBm, count, u32 time
    8     FB     14    RF scan (till 7.0)  0 version, 1 alert, then two bands of: u16 start and stop
                                           MHz*10, peaks, loudest -v dBm
    9     F6     1+6n  u-blox satellites   0 count, then id, C/N0, elevation, u16 azimuth, system
    11    FA     5+4n  BLE scan            0 u32 time, 4 count, then 3 octets of MAC, rssi
    12    92     6     electric fence      0 result, 1 pulses, 2 u16 V, 4 u16 energy
    13    93     14    short fix           0 u32 time, 4 i32 latitude, 8 i32 longitude, 12 u16 m
    16    95     14    last fix, resent    as port 13
    14    94     5     flash status        0 percent, 1 u32 messages
    15    FC     15n   heart and activity  0 u32 time, 4 rr median, 5 modesum, 6 activity, 7 max,
                 13n                       8 active minutes, 9 u16 BE v*0.0248-18.09 C or 0 for
                                           none, 11 u16 BE impedance, 13 u16 BE hrv (15 only)
    18    97     4     clock               0 u32 time
    19    98 99  5     switch activity     0 state, 1 u32 ms
    20    99     5     switch status       0 state, 1 u32 count
    21    9A     25    particles           6 float32, u8 obstructed
                 20    gas                 5 float32 (index, temperature, pressure, humidity, raw)
                 45    both, particles first
    27    91     n     Memfault chunk      opaque
    28    90     n     text                0 length of text, text, sequence, retry
    29    -      -     flash log           records [port][id][len][data][u32 time of storing]
    30    -      TLV   values              as port 3
    31    F3     2     command confirmed   0 command, 1 status (1 ok)
    31    FD     6     BLE MAC             LSB first
    31    FE     16    last position       0 i32 LONGITUDE, 4 i32 latitude, 8 i32 mm, 12 u32 time
    32    -      TLV   commands            as port 3
    33    03     14    LP0 ping            0 u32 time, 4 i32 latitude, 8 i32 longitude, 2 unset

Tolerances, each seen on real packets: `len` = data + 2 on ports 15 and 21; id 99 on port 19. Lists
that were cut give what is whole, with a warning. Everything else must fit to the byte.
Removed or never framed: ports 17, 199. Port 0 is LoRaWAN's own.
"""

from __future__ import annotations

from protocols.opencollar_edge.frame import MESSAGES, Tree, build, fits, parse
from protocols.opencollar_edge.meaning import to_packets
from protocols.opencollar_edge.parts import parts
from protocols.packet import Protocol

__all__ = ["MESSAGES", "PROTOCOL", "Tree"]

PROTOCOL = Protocol(
    name="opencollar-edge",
    aliases=("opencollar-edge-record-stream",),
    title="OpenCollar Edge (Smart Parks, IRNAS)",
    integrity="none",
    evidence="capture",
    fits=fits,
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=parts,
)
