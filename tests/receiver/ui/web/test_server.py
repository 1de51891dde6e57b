"""The server itself: ports, addresses, certificates, what is read from a screen."""

from __future__ import annotations

import socket
import ssl
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from receiver.errors import ConfigError, SourceError
from receiver.ui.web import addresses
from receiver.ui.web.addresses import Reached
from receiver.ui.web.certificate import CA_FILE, authority, config_folder, leaf
from receiver.ui.web.limits import Rate
from receiver.ui.web.pairing import Pairing
from receiver.ui.web.search import LOOPBACK, Options
from receiver.ui.web.server import hosts_of, qr, serve

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_only_this_computer_by_default(camp: Any) -> None:
    assert Options().host == LOOPBACK
    assert camp.serving.url.startswith("http://127.0.0.1:")
    assert camp.serving.secure


def test_a_port_that_is_taken_is_told_with_what_to_do(camp: Any) -> None:
    port = int(camp.serving.url.rpartition(":")[2])
    second = serve(camp.search, Options(port=port))
    with pytest.raises(SourceError, match="another program has this port") as told:
        second.__enter__()
    assert "--port" in str(told.value)


@pytest.mark.parametrize(
    ("host", "port", "words"),
    [("203.0.113.7", 0, "is the hotspot on"), ("no.such.invalid", 0, ":0: "),
     ("127.0.0.1", 99_999, "is no port"), ("0.0.0.0", 0, "say one address")],
)  # fmt: skip
def test_addresses_that_cannot_be_had(host: str, port: int, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        addresses.listen(host, port)


WIRED, BRIDGE = Reached("eth0", "192.168.1.5"), Reached("docker0", "172.17.0.1")
RADIO, HOTSPOT = Reached("wlan0", "10.42.0.1"), Reached("uap0", "192.168.4.1")


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ([], "switch the hotspot"),
        ([WIRED, BRIDGE], r"--address, of 192.168.1.5 \(eth0\), 172.17.0.1 \(docker0\)"),
        ([WIRED, RADIO, HOTSPOT], r"of 10.42.0.1 \(wlan0\), 192.168.4.1 \(uap0\)$"),
    ],
)
def test_an_address_that_nobody_can_guess_is_asked_for(
    known: list[Reached], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "lan_addresses", lambda: known)
    with pytest.raises(ConfigError, match=words):
        addresses.lan_address()


@pytest.mark.parametrize("known", [[RADIO], [WIRED, BRIDGE, RADIO]])
def test_the_hotspot_is_found(known: list[Reached], monkeypatch: pytest.MonkeyPatch) -> None:
    assert LOOPBACK not in [one.address for one in addresses.lan_addresses()]
    monkeypatch.setattr(addresses, "lan_addresses", lambda: known)
    assert addresses.lan_address() == "10.42.0.1"


def test_by_which_names_a_browser_may_ask() -> None:
    assert hosts_of("10.42.0.1") == ["10.42.0.1"]
    assert hosts_of(LOOPBACK) == [LOOPBACK, "localhost"]


@pytest.mark.parametrize("host", ["203.0.113.7", "2001:db8::1", "example.org"])
def test_a_certificate_for_another_address_than_a_private_one_is_refused(
    host: str, tmp_path: Path
) -> None:
    """Phones would refuse it, and say only that it is not valid."""
    with pytest.raises(ConfigError, match=f"^{host} is no private address"):
        leaf(authority(tmp_path, NOW), [host], NOW)


def test_the_server_is_gone_when_the_block_ends(tmp_path: Path, make_camp: Any) -> None:
    with ExitStack() as stack:
        camp = make_camp(stack, tmp_path)
        port = int(camp.serving.url.rpartition(":")[2])
        camp.phone()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((LOOPBACK, port), 1)


def test_a_code_for_the_camera_fits_on_a_terminal(camp: Any) -> None:
    pytest.importorskip("segno")
    lines = qr(camp.serving.invite("operator")).splitlines()
    assert len(lines) <= 23
    assert max(map(len, lines)) <= 80
    assert set("".join(lines)) <= set(" █▀▄")


# --- https ----------------------------------------------------------------------------------------


def test_https_by_the_user_s_own_authority(tmp_path: Path, make_camp: Any) -> None:
    with ExitStack() as stack:
        camp = make_camp(stack, tmp_path, https=True)
        kept = tmp_path / "config" / CA_FILE
        assert kept.stat().st_mode & 0o777 == 0o600
        trusting = ssl.create_default_context(cafile=str(kept))
        phone = camp.phone(verify=trusting)
        assert phone.state()["role"] == "operator"
        [cookie] = phone.web.cookies.jar
        assert (cookie.name, cookie.secure) == ("__Host-baksan", True)
        given = phone.web.get("/ca.crt")
        assert given.headers["content-type"] == "application/x-x509-ca-cert"
        assert b"PRIVATE" not in given.content
        print_of = x509.load_pem_x509_certificate(given.content)
        assert camp.serving.fingerprint == _fingerprint(print_of)
        assert len(camp.serving.fingerprint) == 95
        with pytest.raises(Exception, match="CERTIFICATE_VERIFY_FAILED"):
            camp.stranger().web.get("/")
    with ExitStack() as stack:  # the phones that trust it go on trusting it
        again = make_camp(stack, tmp_path, https=True)
        assert again.stranger(trusting).web.get("/").status_code == 200


def _fingerprint(certificate: x509.Certificate) -> str:
    from cryptography.hazmat.primitives.hashes import SHA256

    return certificate.fingerprint(SHA256()).hex(":").upper()


def test_without_https_it_is_said_what_to_do_instead(camp: Any) -> None:
    assert camp.phone().web.get("/ca.crt").status_code == 404
    assert camp.serving.without_https == ""  # this computer's own browser trusts itself


def test_an_authority_signs_for_private_addresses_only(tmp_path: Path) -> None:
    made = authority(tmp_path, NOW)
    limits = made.certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    assert limits.permitted_subtrees
    assert authority(tmp_path, NOW).pem == made.pem
    later = authority(tmp_path, NOW + timedelta(days=5 * 365))
    assert later.pem != made.pem
    certificate = x509.load_pem_x509_certificate(leaf(later, ["10.42.0.1"], NOW)[0])
    assert certificate.not_valid_after_utc - NOW <= timedelta(days=398)


@pytest.mark.parametrize("damage", ["open to others", "no key", "empty"])
def test_an_authority_that_cannot_be_used(tmp_path: Path, damage: str) -> None:
    made, path = authority(tmp_path, NOW), tmp_path / CA_FILE
    if damage == "open to others":
        path.chmod(0o644)
    else:
        path.write_bytes(made.pem if damage == "no key" else b"")
    with pytest.raises(ConfigError, match=str(path)) as told:
        authority(tmp_path, NOW)
    assert "BEGIN" not in str(told.value)


def test_settings_folder_is_the_user_s(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config_folder() == tmp_path / "baksan"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert config_folder() == tmp_path / ".config" / "baksan"


# --- tokens and rates in time ---------------------------------------------------------------------


class Watch:
    """A clock that is told."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_tokens_run_out() -> None:
    watch = Watch()
    pairing = Pairing(monotonic=watch)
    first, second = pairing.invite("operator"), pairing.invite("viewer")
    watch.now_s = 899.0
    paired = pairing.pair(first, "", "2026-11-24T12:00:00.000Z")
    assert paired is not None
    device, cookie = paired
    assert (device.observer, device.role) == ("phone 1", "operator")
    watch.now_s = 901.0
    assert pairing.pair(second, "", "") is None
    token = pairing.live_token(device)
    watch.now_s += 61.0
    assert not pairing.redeem_live(device, token)
    assert pairing.device(cookie) == device
    assert pairing.revoke(None) == 1
    assert pairing.device(cookie) is None


def name_of_next(pairing: Pairing, wanted: str) -> str:
    paired = pairing.pair(pairing.invite("operator"), wanted, "")
    assert paired is not None
    return paired[0].observer


def test_no_two_phones_have_one_name(tmp_path: Path) -> None:
    pairing = Pairing(tmp_path / "phones.json")
    given = [name_of_next(pairing, name) for name in ("Zaur", "zaur", "Zaur", "x" * 40, "x" * 40)]
    assert given == ["Zaur", "zaur 2", "Zaur 3", "x" * 40, "x" * 38 + " 2"]
    assert [name_of_next(pairing, "") for _ in range(2)] == ["phone 1", "phone 2"]
    pairing.revoke(pairing.devices[-1].id)
    assert name_of_next(pairing, "") == "phone 3"
    assert name_of_next(pairing, "phone 4") == "phone 4"
    pairing.revoke(None)
    assert name_of_next(pairing, "Zaur") == "Zaur"
    again = Pairing(tmp_path / "phones.json")
    assert name_of_next(again, "Zaur") == "Zaur 2"
    assert name_of_next(again, "") == "phone 4"


def test_tokens_that_nobody_uses_are_not_kept_for_ever() -> None:
    pairing = Pairing()
    first = pairing.invite("viewer")
    for _ in range(40):
        pairing.invite("viewer")
    assert pairing.pair(first, "", "") is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"phones": [1]}', '{"phones": [{"id": "a"}]}'])
def test_a_damaged_list_of_phones_is_an_empty_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "phones.json"
    path.write_text(text)
    assert Pairing(path).devices == []


def test_rates() -> None:
    watch = Watch()
    rate = Rate(2, 60.0, watch)
    assert [rate.allows("a"), rate.allows("a"), rate.allows("a")] == [True, True, False]
    assert rate.allows("b")
    watch.now_s = 60.0
    assert rate.allows("a")
    for k in range(10_000):
        rate.allows(str(k))
    assert len(rate._times) <= 4096
