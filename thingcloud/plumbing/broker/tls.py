"""The host's own certificate authority: the anchor that devices get at pairing, and a short-lived leaf under it."""

import base64
import datetime as dt
import hashlib
import ipaddress
import os
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from thingcloud.plumbing.errors import Unavailable

# A device may have a clock that is behind; no signed message is older than this either.
_SINCE = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
_ANCHOR_UNTIL = dt.datetime(2049, 12, 31, tzinfo=dt.UTC)
_LEAF_DAYS = 90


@dataclass(frozen=True)
class Authority:
    """The anchor: its certificate and its key, which stays in the data folder."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def pem(self) -> str:
        """The certificate as a device is given it."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def pin(self) -> str:
        """Base64 of the SHA-256 of the anchor's public key (SPKI), as RFC 7469 writes a pin."""
        spki = self.certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(hashlib.sha256(spki).digest()).decode()

    def context(self, folder: Path, names: tuple[str, ...], now: int) -> ssl.SSLContext:
        """A server's TLS context with a new leaf for these host names and addresses; `now` in milliseconds."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.renew(context, folder, names, now)
        return context

    def renew(self, context: ssl.SSLContext, folder: Path, names: tuple[str, ...], now: int) -> None:
        """Put a new leaf into a context; connections that stand keep the old one."""
        key = ec.generate_private_key(ec.SECP256R1())
        until = dt.datetime.fromtimestamp(now / 1000, dt.UTC) + dt.timedelta(days=_LEAF_DAYS)
        leaf = _leaf(self, key, names, until)
        path = folder / "leaf.pem"
        _write(path, _pem(key) + leaf.public_bytes(Encoding.PEM))
        context.load_cert_chain(path)


def load_or_make(folder: Path) -> Authority:
    """The authority kept in this folder, made at the first start; its file can be read by us alone."""
    path = folder / "authority.pem"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made = _new_authority()
        _write(path, _pem(made.key) + made.certificate.public_bytes(Encoding.PEM))
    try:
        data = path.read_bytes()
        key = load_pem_private_key(data, None)
        certificate = x509.load_pem_x509_certificate(data)
    except ValueError as error:
        raise Unavailable(
            f"{path.name} does not hold the host's certificate authority.",
            hint="Put it back from a backup: with a new one every device would have to be paired again.",
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise Unavailable(
            f"The key in {path.name} is not that of the certificate beside it.", hint="Put it back from a backup."
        )
    return Authority(certificate, key)


def _new_authority() -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"thingcloud {os.urandom(4).hex()}")])
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    builder = _certificate(name, name, key, _ANCHOR_UNTIL)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(usage, critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return Authority(builder.sign(key, hashes.SHA256()), key)


def _leaf(
    authority: Authority, key: ec.EllipticCurvePrivateKey, names: tuple[str, ...], until: dt.datetime
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "thingcloud mqtt")])
    issuer = authority.certificate
    builder = _certificate(name, issuer.subject, key, until)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(x509.SubjectAlternativeName([_name(item) for item in names]), critical=False)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    authority_key = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    identifier = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority_key)
    return builder.add_extension(identifier, critical=False).sign(authority.key, hashes.SHA256())


def _certificate(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, until: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_SINCE)
        .not_valid_after(until)
    )


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, data: bytes) -> None:
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
