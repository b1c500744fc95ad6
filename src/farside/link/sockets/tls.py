"""TLS of TCPCL sessions: both sides show a certificate of an authority that the other knows (RFC 9174 section 4.4)."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from farside.errors import BadInput

BUNDLE_EID = "1.3.6.1.5.5.7.8.11"
"""Object identifier of a node id among a certificate's alternative names."""
_IA5_STRING = 0x16


@dataclass(frozen=True)
class Tls:
    """PEM files: this node's certificate and key, and the authorities that may vouch for peers.

    A certificate that names node ids must name the peer's. One that names none must, on the client's side, name the
    host it dials; a server then trusts whatever its authorities have signed, so they should sign nothing else.
    """

    certificate: Path
    key: Path
    authorities: Path

    def context(self, server: bool) -> ssl.SSLContext:
        """Settings for one side. Raises BadInput for files that are missing or no certificates."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = False  # names are looked at when the handshake is done
        context.verify_mode = ssl.CERT_REQUIRED
        for field, path in (("certificate", self.certificate), ("key", self.key), ("authorities", self.authorities)):
            if not path.is_file():
                raise BadInput("link", f"tls.{field}", str(path), "a PEM file that exists")
        try:
            context.load_verify_locations(self.authorities)
        except (ssl.SSLError, OSError) as error:
            raise BadInput("link", "tls.authorities", str(self.authorities), f"PEM certificates ({error})") from None
        try:
            context.load_cert_chain(self.certificate, self.key, password=_no_password)
        except (ssl.SSLError, OSError, ValueError) as error:
            expected = f"a PEM certificate and its unencrypted key in {self.key} ({error})"
            raise BadInput("link", "tls.certificate", str(self.certificate), expected) from None
        return context


def _no_password() -> str:
    raise ValueError("the key is encrypted")


def names(certificate: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Node ids, and hosts (names and addresses), that a DER certificate speaks for."""
    from cryptography import x509

    try:
        found = x509.load_der_x509_certificate(certificate).extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
    except x509.ExtensionNotFound:
        return (), ()
    others = found.value.get_values_for_type(x509.OtherName)
    nodes = tuple(_text(other.value) for other in others if other.type_id.dotted_string == BUNDLE_EID)
    hosts = [*found.value.get_values_for_type(x509.DNSName), *found.value.get_values_for_type(x509.IPAddress)]
    return nodes, tuple(str(host).lower() for host in hosts)


def _text(der: bytes) -> str:
    """An IA5String; empty, and so no node's name, where it is something else."""
    short = len(der) >= 2 and der[0] == _IA5_STRING and der[1] < 0x80 and len(der) == 2 + der[1]
    return der[2:].decode("ascii", "replace") if short else ""
