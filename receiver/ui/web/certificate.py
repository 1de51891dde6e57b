"""A certificate authority of the user's own, and a certificate of this server signed by it.

Phones give their place, their compass and a screen that stays on only to pages by https. The
authority is made once and installed on the team's phones before the trip; it may sign for private
addresses only. The server's certificate is made anew for each run: addresses change.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Network, ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from receiver.errors import ConfigError, InputError
from receiver.language import phrase
from receiver.sheets import replace_file

CA_FILE, OWNER_ONLY = "phone-ca.pem", 0o600
CA_DAYS, LEAF_DAYS = 5 * 365, 90  # phones refuse servers' certificates of more than 398 days
EARLIER = timedelta(days=2)  # phones' clocks are wrong
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8")
LOCAL_NAME = "localhost"


@dataclass(frozen=True, slots=True, repr=False)
class Authority:
    """The user's certificate authority with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        """The certificate alone, to be given to phones."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate, as phones show it."""
        return self.certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def config_folder() -> Path:
    """Return the user's folder for this program; it may not be there yet."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(base) if base else Path.home() / ".config") / "baksan"


def authority(folder: Path, now: datetime) -> Authority:
    """Return the authority kept in a folder; made there where there is none or it has run out.

    Raises:
        ConfigError: others may read its key, or it is damaged. Nothing of a key is told.
        InputError: it cannot be written or read.
    """
    path = folder / CA_FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists():
            known = _load(path)
            if known.certificate.not_valid_after_utc - now > timedelta(days=LEAF_DAYS):
                return known
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    made = _new_authority(now)
    replace_file(path, made.pem + _private_pem(made.key), OWNER_ONLY)
    return made


def _load(path: Path) -> Authority:
    if path.stat().st_mode & 0o077:
        raise ConfigError(
            phrase("{path}: others on this computer may read it; do: chmod 600 '{path}'", path=path)
        )
    data = path.read_bytes()
    try:
        key = serialization.load_pem_private_key(data[data.index(b"-----BEGIN PRIV") :], None)
        certificate = x509.load_pem_x509_certificate(data)
    except ValueError:
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ConfigError(
            phrase("{path}: damaged; delete it, and install the new one on the phones", path=path)
        )
    return Authority(certificate, key)


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _new_authority(now: datetime) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "baksan, this computer's own")])
    allowed = [x509.IPAddress(IPv4Network(net)) for net in PRIVATE] + [x509.DNSName(LOCAL_NAME)]
    builder = (
        _dated(name, name, key.public_key(), now, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.NameConstraints(allowed, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return Authority(builder.sign(key, hashes.SHA256()), key)


def leaf(by: Authority, hosts: list[str], now: datetime) -> tuple[bytes, bytes]:
    """Return certificate and key of a server at these addresses, as PEM.

    Raises:
        ConfigError: the authority may not sign for one of them.
    """
    for host in hosts:
        if not _is_allowed(host):
            raise ConfigError(
                phrase("{host} is no private address: no certificate of your own is good for it;"
                       " use a hotspot's network, or leave --https away", host=host)
            )  # fmt: skip
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    issuer = by.certificate.subject
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key())
    builder = (
        _dated(name, issuer, key.public_key(), now, LEAF_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_named(h) for h in hosts]), critical=False)
        .add_extension(identifier, critical=False)
    )
    made = builder.sign(by.key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM), _private_pem(key)


def _dated(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - EARLIER).not_valid_after(now + timedelta(days=days))


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs,
        content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _is_allowed(host: str) -> bool:
    named = _named(host)
    if isinstance(named, x509.DNSName):
        return named.value == LOCAL_NAME
    return any(named.value in IPv4Network(net) for net in PRIVATE)


def _named(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def context(certificate: bytes, key: bytes) -> ssl.SSLContext:
    """Return what a server needs to speak TLS; its key is on the disk for a moment only."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:  # only its owner may read it
        file.write(certificate + key)
        file.flush()
        made.load_cert_chain(file.name)
    return made
