"""Keys of collars: a second file that only its owner may read.

A key is never printed, logged, put into the journal or into JSON.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from receiver.config import Collar
from receiver.errors import ConfigError, InputError, ReceiverError
from receiver.sheets import replace_file, toml_text

FILE_NAME = "keys.toml"
OWNER_ONLY = 0o600
LARGEST_FILE_BYTES = 1 << 16
LONGEST_KEY = 256
LORAWAN_KEYS = ("nwk_skey", "app_skey", "app_key", "fnwk_s_int_key", "nwk_s_enc_key")
# Of 16 or 32 octets, as digits or as Meshtastic's apps show it.
MESH_KEY = "(?:[0-9A-Fa-f]{32}){1,2}|[0-9A-Za-z+/]{22}==|[0-9A-Za-z+/]{43}="
KEY_FORMS = {**dict.fromkeys(LORAWAN_KEYS, "[0-9A-Fa-f]{32}"), "psk": MESH_KEY}


def load_keys(path: Path) -> dict[str, str]:
    """Read the keys, by collar; none where there is no file.

    Raises:
        ConfigError: others may read the file, or it is not what it should be. No key is told.
        InputError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            _refuse_open_to_others(path, os.fstat(file.fileno()))
            content = file.read(LARGEST_FILE_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    keys = _parse(content) if len(content) <= LARGEST_FILE_BYTES else None
    if keys is None:  # the parser's own message might hold a piece of a key
        raise ConfigError(f'{path}: not a file of keys; under [keys] lines as in "NAME" = "KEY"')
    return keys


def _refuse_open_to_others(path: Path, status: os.stat_result) -> None:
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise ConfigError(f"{path}: others on this computer may read it; do: chmod 600 '{path}'")


def _parse(content: bytes) -> dict[str, str] | None:
    try:
        keys = tomllib.loads(content.decode("utf-8-sig")).get("keys", {})
    except (ValueError, RecursionError):
        return None
    whole = isinstance(keys, dict) and all(isinstance(key, str) for key in keys.values())
    return keys if whole else None


def beside(journal: Path) -> tuple[dict[str, str], str | None]:
    """Return the keys in the file beside a journal, and why they or some are not used."""
    try:
        keys = load_keys(journal.parent / FILE_NAME)
    except ReceiverError as error:
        return {}, f"{error}; no key is used"
    return keys, "; ".join(faults(keys)) or None


def faults(keys: Mapping[str, str]) -> list[str]:
    """Say which keys are not used because they cannot be any; nothing of a key is told."""
    return [
        f"{FILE_NAME}: {name} of {collar} has {len(value)} characters and cannot be one: not used"
        for collar, text in keys.items()
        for name, value in _named(text).items()
        if name in KEY_FORMS and not re.fullmatch(KEY_FORMS[name], value)
    ]


def lorawan_keys(keys: Mapping[str, str], collars: Iterable[Collar]) -> dict[str, dict[str, str]]:
    """Return the session keys of collars by each of their identities, as decoding wants them.

    A key as text: `nwk_skey=HEX app_skey=HEX`, or 32 digits alone for app_skey; `psk=KEY` of a
    Meshtastic channel. Others are passed over: not every collar speaks these.
    """
    found = {}
    for collar in collars:
        own = _session_keys(keys.get(collar.name, ""))
        if own:
            found.update({identity.lower(): own for identity in collar.ids})
    return found


def pin_of(keys: Mapping[str, str], collar: str) -> str:
    """Return the PIN of a collar, as in `pin=12345678` among its keys; "" for none."""
    found = re.search(r"(?:^|[\s,])pin=([0-9A-Fa-f]{8}|[0-9A-Fa-f]{32})(?:$|[\s,])",
                      keys.get(collar, ""))  # fmt: skip
    return found[1] if found else ""


def _session_keys(text: str) -> dict[str, str]:
    return {
        name: value
        for name, value in _named(text).items()
        if name in KEY_FORMS and re.fullmatch(KEY_FORMS[name], value)
    }


def _named(text: str) -> dict[str, str]:
    """Return the keys of a text by their names; digits alone are an app_skey."""
    words = text.replace(",", " ").split()
    if len(words) == 1 and re.fullmatch("[0-9A-Fa-f]{24,40}", words[0]):
        words = [f"app_skey={text.strip()}"]
    pairs = dict(word.partition("=")[::2] for word in words if "=" in word)
    return {name.strip().lower(): value.strip() for name, value in pairs.items()}


def save_key(path: Path, name: str, key: str, *, replace: bool = False) -> None:
    """Write one collar's key; the file is never, not for an instant, open to others.

    Raises:
        ConfigError: there is a key of this collar already, or it cannot be a key.
        InputError: the file cannot be read or written.
    """
    key = key.strip()
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        raise ConfigError(f"a key has 1 to {LONGEST_KEY} printable characters; nothing was saved")
    if wrong := faults({name: key}):
        raise ConfigError(f"{wrong[0].partition(': ')[2].removesuffix(': not used')}; not saved")
    keys = load_keys(path)
    if name in keys and not replace:
        raise ConfigError(f"{path}: collar {name} has a key already; --replace puts a new one")
    lines = [f"{toml_text(n)} = {toml_text(k)}" for n, k in sorted({**keys, name: key}.items())]
    text = "\n".join(["# Keys of collars. Give this file to nobody.", "[keys]", *lines, ""])
    replace_file(path, text.encode(), OWNER_ONLY)
