"""LoRaWAN frames as they are on the air: whose they are, and with the owner's keys what they say.

Source: LoRaWAN 1.0.4 and 1.1 specifications, sections 4 and 6; RFC 4493 (CMAC).

    MHDR 1     type in bits 7-5 (0 join request, 1 join accept, 2 4 data up, 3 5 data down, 7 of a
               maker's own), bits 4-2 zero, version in bits 1-0: 0
    DevAddr 4, FCtrl 1 (bits 3-0: length of FOpts), FCnt 2, FOpts 0-15, FPort 1, payload, MIC 4
    JoinEUI 8, DevEUI 8, DevNonce 2, MIC 4         a join request: the device says its whole name
    12 or 28 bytes encrypted, MIC inside           a join accept

All numbers are little-endian. The counter has 32 bits and sends 16. With dir 0 up, 1 down and the
whole counter, `A` is DevAddr as sent:

    B0 = 49 00 00 00 00 dir A FCnt32 00 length        MIC = CMAC(NwkSKey, B0 | frame)[0:4]
    Ai = 01 00 00 00 00 dir A FCnt32 00 i             payload XOR AES(key, A1) AES(key, A2) ...

The key is AppSKey, on port 0 NwkSKey. LoRaWAN 1.1 has three network keys: the second half of an
uplink's MIC is that of B0 with FNwkSIntKey (the first half needs the channel, which a receiver may
not know), port 0 and FOpts are encrypted with NwkSEncKey.

Without keys a frame gives the address, the counter and the port. The address changes when a device
joins again. There is no checksum that everybody can test, so `integrity` is none.

Keys come in `context["keys"]`: a table of nwk_skey, app_skey, app_key (join requests), or
fnwk_s_int_key and nwk_s_enc_key for 1.1, 32 hex digits each; or a table of such tables by DevAddr
or DevEUI. No message ever holds a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from construct import Bytes, GreedyBytes, Int8ul, Int16ul, Struct, this
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from protocols.anatomy import spans
from protocols.fields import plain, without_last
from protocols.packet import DecodeError, Packet, Part, Protocol, Reception, parses

JOIN_REQUEST, JOIN_ACCEPT, DATA_UP, DATA_DOWN, PROPRIETARY = 0, 1, (2, 4), (3, 5), 7
TYPES = ("JoinRequest", "JoinAccept", "UnconfirmedDataUp", "UnconfirmedDataDown",
         "ConfirmedDataUp", "ConfirmedDataDown")  # fmt: skip
SHORTEST_DATA_BYTES, JOIN_REQUEST_BYTES, JOIN_ACCEPT_BYTES = 12, 23, (17, 33)
MOST_ROLLOVERS = 256  # of the lower half of the counter: 16.8 million frames
NEAR_ROLLOVERS = 8  # after the last counter that is known
KEYS = ("nwk_skey", "app_skey", "app_key", "fnwk_s_int_key", "nwk_s_enc_key")
KEY_BYTES = 16

DATA = Struct(
    "mhdr" / Int8ul,
    "dev_addr" / Bytes(4),
    "fctrl" / Int8ul,
    "fcnt16" / Int16ul,
    "fopts" / Bytes(this.fctrl & 15),
    "port_and_payload" / GreedyBytes,
)
JOIN = Struct(
    "mhdr" / Int8ul, "join_eui" / Bytes(8), "dev_eui" / Bytes(8), "dev_nonce" / Int16ul
)  # fmt: skip
Tree = dict[str, Any]


def device_of(frame: bytes) -> str | None:
    """Return the address (8 hex digits), or the DevEUI (16) of a join request; else None."""
    kind = _kind_of(frame)
    if kind in DATA_UP and len(frame) >= SHORTEST_DATA_BYTES:
        return frame[1:5][::-1].hex()
    if kind == JOIN_REQUEST and len(frame) == JOIN_REQUEST_BYTES:
        return frame[9:17][::-1].hex()
    return None


def is_downlink(frame: bytes) -> bool:
    """Tell whether a frame was sent by a gateway; a size that no such frame has tells that not."""
    kind = _kind_of(frame)
    if kind == JOIN_ACCEPT:
        return len(frame) in JOIN_ACCEPT_BYTES
    return kind in DATA_DOWN and len(frame) >= SHORTEST_DATA_BYTES


def _kind_of(frame: bytes) -> int | None:
    """Return the type of a frame of LoRaWAN version 1, None of any other."""
    return frame[0] >> 5 if frame and not frame[0] & 0x1F else None


def parse(data: bytes, reception: Reception) -> Tree:
    """Read a frame into a tree; nothing is decrypted."""
    if not data:
        raise DecodeError("empty: there are no bytes to decode", 0)
    kind = data[0] >> 5
    if kind == PROPRIETARY:
        raise DecodeError("a maker's own frame (type 7), no LoRaWAN data: name its format", 0)
    if data[0] & 0x1F or kind > max(DATA_DOWN):
        raise DecodeError(f"{data[0]:02x} does not begin a LoRaWAN frame", 0)
    if kind == JOIN_ACCEPT:
        return _join_accept(data)
    if kind == JOIN_REQUEST:
        _of_length(data, (JOIN_REQUEST_BYTES,))
        return {**plain(JOIN.parse(data[:-4])), "mic": data[-4:]}
    if len(data) < SHORTEST_DATA_BYTES:
        text = f"a data frame has {SHORTEST_DATA_BYTES} bytes or more, this has {len(data)}"
        raise DecodeError(text, len(data))
    options = data[5] & 15
    if SHORTEST_DATA_BYTES + options > len(data):
        raise DecodeError(f"{options} bytes of options run past the end of the frame", 8)
    return {**plain(DATA.parse(data[:-4])), "mic": data[-4:]}


def _join_accept(data: bytes) -> Tree:
    _of_length(data, JOIN_ACCEPT_BYTES)
    return {"mhdr": data[0], "encrypted": data[1:]}


def _of_length(data: bytes, allowed: tuple[int, ...]) -> None:
    if len(data) not in allowed:
        many = " or ".join(map(str, allowed))
        name = TYPES[data[0] >> 5]
        raise DecodeError(f"a {name} has {many} bytes, this has {len(data)}", len(data))


def build(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    if "encrypted" in tree:
        return bytes([tree["mhdr"]]) + bytes(tree["encrypted"])
    layout = JOIN if tree["mhdr"] >> 5 == JOIN_REQUEST else DATA
    return bytes(layout.build(tree)) + bytes(tree["mic"])


# --- what it says -----------------------------------------------------------------------------


def to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return one Packet: whose frame it is, and its payload where keys open it."""
    kind = tree["mhdr"] >> 5
    details: dict[str, Any] = {"mhdr": tree["mhdr"], "mtype": TYPES[kind]}
    if kind == JOIN_ACCEPT:
        warning = "sent by a gateway: its level says nothing of a collar"
        return [Packet(protocol=PROTOCOL.name, details=details, warnings=(warning,))]
    if kind == JOIN_REQUEST:
        return [_joining(tree, details, reception)]
    return [_data(tree, details, reception)]


def _joining(tree: Tree, details: dict[str, Any], reception: Reception) -> Packet:
    device = tree["dev_eui"][::-1].hex()
    details |= {
        "join_eui": tree["join_eui"][::-1].hex(),
        "dev_eui": device,
        "dev_nonce": tree["dev_nonce"],
        "mic": tree["mic"].hex(),
    }
    warnings: tuple[str, ...] = ()
    if key := keys_of(reception.context, device).get("app_key"):
        details["mic_ok"] = cmac(key, build(tree)[:-4])[:4] == tree["mic"]
        if not details["mic_ok"]:
            warnings = (MIC_FAILED,)
    return Packet(
        protocol=PROTOCOL.name, device_id=device, details=details, warnings=warnings
    )  # fmt: skip


MIC_FAILED = "the MIC does not fit: another key, or a damaged frame; nothing was decrypted"


def _data(tree: Tree, details: dict[str, Any], reception: Reception) -> Packet:
    down = tree["mhdr"] >> 5 in DATA_DOWN
    device = tree["dev_addr"][::-1].hex()
    body = tree["port_and_payload"]
    details |= {
        "dev_addr": device.upper(),
        "fcnt16": tree["fcnt16"],
        "f_port": body[0] if body else None,
        "fopts": tree["fopts"].hex(),
        "mic": tree["mic"].hex(),
        "downlink": down,
    }
    warnings = ["sent by a gateway: its level says nothing of the collar"] if down else []
    keys = keys_of(reception.context, device)
    counter = _counter(tree, keys, reception, down)
    if counter is not None:
        details["fcnt32"] = counter
    if keys.get("nwk_skey") or keys.get("fnwk_s_int_key"):
        details["mic_ok"] = counter is not None
    if details.get("mic_ok") is False:
        warnings.append(MIC_FAILED)
    elif keys and body[1:]:
        key = _payload_key(keys, body[0])
        if key is None:
            warnings.append("the key of this port is missing; nothing was decrypted")
        else:
            if "mic_ok" not in details:
                warnings.append("decrypted without a network key: nothing tells that it is right")
            count = tree["fcnt16"] if counter is None else counter
            details["frm_payload"] = crypt(key, tree["dev_addr"], count, down, body[1:]).hex()
    if body[1:] and "frm_payload" not in details:
        details["frm_payload_encrypted"] = body[1:].hex()
    return Packet(
        protocol=PROTOCOL.name,
        device_id=None if down else device,
        details=details,
        warnings=tuple(warnings),
    )


def _payload_key(keys: Mapping[str, bytes], port: int) -> bytes | None:
    if port:
        return keys.get("app_skey")
    return keys.get("nwk_s_enc_key") or keys.get("nwk_skey")


def _counter(tree: Tree, keys: Mapping[str, bytes], reception: Reception, down: bool) -> int | None:
    """Return the whole counter whose MIC fits, None for none or without a network key."""
    frame = build(tree)[:-4]
    known = reception.context.get("fcnt32")
    first = known >> 16 if isinstance(known, int) and 0 <= known < 1 << 32 else 0
    for high in (*range(first, min(first + NEAR_ROLLOVERS, 1 << 16)), *range(MOST_ROLLOVERS)):
        counter = (high << 16) | int(tree["fcnt16"])
        if _mic_fits(tree, keys, counter, down, frame):
            return int(counter)
    return None


def _mic_fits(
    tree: Tree, keys: Mapping[str, bytes], counter: int, down: bool, frame: bytes
) -> bool:
    if key := keys.get("nwk_skey"):
        return mic(key, tree["dev_addr"], counter, down, frame)[:4] == bytes(tree["mic"])
    if (key := keys.get("fnwk_s_int_key")) and not down:
        return mic(key, tree["dev_addr"], counter, down, frame)[:2] == bytes(tree["mic"][2:])
    return False


def keys_of(context: Mapping[str, Any], device: str) -> dict[str, bytes]:
    """Return the keys for a device; none where nobody gave any.

    Raises:
        DecodeError: what was given is no key. No key is told.
    """
    given = table_of(context, device)
    return {name: _key(name, given[name]) for name in KEYS if given.get(name)}


def table_of(context: Mapping[str, Any], device: str) -> Mapping[str, Any]:
    """Return the table of keys for a device: its own, or the one that is there for all.

    Raises:
        DecodeError: what was given is no table.
    """
    given = context.get("keys", context)
    if not isinstance(given, Mapping):
        raise DecodeError("keys are not a table of names and hex digits")
    by_device = {str(name).lower(): value for name, value in given.items()}
    own = by_device.get(device.lower())
    return own if isinstance(own, Mapping) else given


def _key(name: str, value: Any) -> bytes:
    try:
        key = bytes(value) if isinstance(value, bytes) else bytes.fromhex(str(value))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise DecodeError(f"{name} is not 32 hexadecimal digits") from None
    return key


def cmac(key: bytes, message: bytes) -> bytes:
    """Return AES-CMAC (RFC 4493)."""
    made = CMAC(algorithms.AES(key))
    made.update(message)
    return bytes(made.finalize())


def mic(key: bytes, dev_addr: bytes, counter: int, down: bool, frame: bytes) -> bytes:
    """Return the CMAC of a data frame without its MIC; the MIC is its beginning."""
    block = b"\x49" + bytes(4) + _direction(down, dev_addr, counter) + bytes([0, len(frame) & 255])
    return cmac(key, block + frame)


def crypt(key: bytes, dev_addr: bytes, counter: int, down: bool, payload: bytes) -> bytes:
    """Encrypt or decrypt the payload of a data frame."""
    middle = b"\x01" + bytes(4) + _direction(down, dev_addr, counter) + b"\x00"
    blocks = b"".join(middle + bytes([i + 1]) for i in range((len(payload) + 15) // 16))
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    stream = encryptor.update(blocks) + encryptor.finalize()
    return bytes(a ^ b for a, b in zip(payload, stream, strict=False))


def _direction(down: bool, dev_addr: bytes, counter: int) -> bytes:
    return bytes([down]) + bytes(dev_addr) + counter.to_bytes(4, "little")


def parts(data: bytes, reception: Reception) -> list[Part]:
    """Return the layout of a frame, its payload as it was sent: encrypted."""
    kind = data[0] >> 5
    if kind == JOIN_REQUEST:
        return [Part(offset=0, layout=JOIN), *spans(JOIN_REQUEST_BYTES - 4, mic=4)]
    if kind == JOIN_ACCEPT:
        return spans(0, mhdr=1, encrypted=len(data) - 1)
    head = SHORTEST_DATA_BYTES - 4 + (data[5] & 15)
    payload = {"f_port": 1, "frm_payload_encrypted": len(data) - head - 5}
    inside = payload if len(data) - head > 4 else {}
    return [Part(offset=0, layout=without_last(DATA)), *spans(head, **inside, mic=4)]


PROTOCOL = Protocol(
    name="lorawan-1.0-phy",
    aliases=("lorawan",),
    title="LoRaWAN frame (1.0, 1.1): identity; contents with the owner's keys",
    integrity="none",
    evidence="document",
    fits=parses(parse),
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=parts,
)
