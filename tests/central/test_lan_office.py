"""Headquarters certifies the pages of its vending points for their local networks."""

import json
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import update

from central_builders import HandClock, Pen, enrol, new_headquarters
from yika_central.bootstrap import Headquarters
from yika_central.cli import main
from yika_central.db.tables import Node, table_of
from yika_central.domain.lan_authority import authority_key
from yika_central.errors import UnknownNode
from yika_central.services.lan_office import AUTHORITY_FILE, LanOffice, LanRefused
from yika_common.signing.errors import FileMalformed, SignatureInvalid, TooFewSignatures
from yika_common.signing.keys import SigningKey
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.lan import DAYS, LanRequest, open_lan_grant, sign_lan_request
from yika_common.sync.messages import bytes_of, text_of

NAMES = ("192.168.1.20", "counter.internal")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def hq(tmp_path: Path, clock: HandClock) -> Iterator[Headquarters]:
    hq = new_headquarters(tmp_path / "central", clock)
    hq.stock.name_area("A01", "东河")
    yield hq
    hq.close()


@pytest.fixture
def pen(hq: Headquarters, clock: HandClock) -> Pen:
    return enrol(hq, clock)


@pytest.fixture
def office(hq: Headquarters, clock: HandClock) -> LanOffice:
    return LanOffice(hq.folder, hq.database, hq.keys, clock, hq.random)


def asked(
    pen: Pen,
    *,
    node: str = "",
    epoch: int = 0,
    signed: SigningKey | None = None,
    tls: PrivateKeyTypes | None = None,
) -> bytes:
    made = tls or ec.generate_private_key(ec.SECP256R1())
    spki = made.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    request = LanRequest(
        node=node or pen.node,
        epoch=epoch or pen.certificate.epoch,
        spki=text_of(spki),
        names=NAMES,
        at=pen.clock.seconds,
    )
    return sign_lan_request(request, signed or pen.key).to_bytes()


def test_a_vending_point_gets_what_it_asked_for(
    hq: Headquarters, office: LanOffice, pen: Pen, tmp_path: Path
) -> None:
    granted = office.grant(asked(pen))
    assert (granted.node, granted.names) == (pen.node, NAMES)
    grant = open_lan_grant(read_signed_file(granted.file), hq.keys.root)
    leaf = x509.load_der_x509_certificate(bytes_of(grant.certificate))
    authority = x509.load_der_x509_certificate(bytes_of(grant.authority))
    leaf.verify_directly_issued_by(authority)
    assert (leaf.not_valid_after_utc - pen.clock()).days == DAYS
    assert leaf.serial_number != authority.serial_number
    for name, found in (("leaf", leaf), ("authority", authority)):
        (tmp_path / name).write_bytes(found.public_bytes(Encoding.PEM))
    checked = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-no_check_time"]
    files = ["-CAfile", str(tmp_path / "authority"), str(tmp_path / "leaf")]
    subprocess.run([*checked, *files], check=True)


@pytest.mark.parametrize("name", ["bank.example", "8.8.8.8"])
def test_a_browser_would_not_take_the_authority_for_the_internet(
    office: LanOffice, hq: Headquarters, pen: Pen, tmp_path: Path, name: str
) -> None:
    """Whoever had the authority's key and made a certificate for a page of the internet."""
    office.grant(asked(pen))
    authority, key = office.authority(), authority_key(hq.keys.lan_secret)
    general = x509.IPAddress(ip_address(name)) if name[0] == "8" else x509.DNSName(name)
    forged = (
        x509.CertificateBuilder()
        .issuer_name(authority.subject)
        .subject_name(x509.Name([]))
        .serial_number(7)
        .public_key(key.public_key())
        .not_valid_before(pen.clock())
        .not_valid_after(pen.clock() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([general]), critical=True)
        .sign(key, authority.signature_hash_algorithm)  # type: ignore[arg-type]
    )
    (tmp_path / "forged").write_bytes(forged.public_bytes(Encoding.PEM))
    trusted = str(hq.folder / AUTHORITY_FILE)
    done = subprocess.run(
        ["openssl", "verify", "-no_check_time", "-CAfile", trusted, str(tmp_path / "forged")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "permitted subtree violation" in done.stderr


def test_the_authority_stays_the_same_and_its_key_is_made_anew_from_the_key_room(
    office: LanOffice, hq: Headquarters, pen: Pen
) -> None:
    office.grant(asked(pen))
    first = office.authority()
    office.grant(asked(pen))
    assert office.authority() == first
    (hq.folder / AUTHORITY_FILE).unlink()
    again = office.authority()
    assert again.public_key() == first.public_key()
    assert again.subject == first.subject


def test_a_request_signed_by_another_key_is_refused(office: LanOffice, pen: Pen) -> None:
    stranger = SigningKey.from_seed(bytes(32))
    with pytest.raises((SignatureInvalid, TooFewSignatures)):
        office.grant(asked(pen, signed=stranger))


def test_a_point_that_nobody_knows_is_refused(office: LanOffice, pen: Pen) -> None:
    with pytest.raises(UnknownNode):
        office.grant(asked(pen, node="N0009"))


def test_a_point_that_was_registered_anew_asks_again(office: LanOffice, pen: Pen) -> None:
    with pytest.raises(LanRefused):
        office.grant(asked(pen, epoch=2))


def test_a_stopped_point_gets_none(office: LanOffice, hq: Headquarters, pen: Pen) -> None:
    nodes = table_of(Node)
    with hq.database.writing() as connection:
        connection.execute(update(nodes).values(state="STOPPED"))
    with pytest.raises(LanRefused):
        office.grant(asked(pen))


@pytest.mark.parametrize(
    "tls",
    [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())],
    ids=["rsa", "p384"],
)
def test_another_kind_of_key_is_refused(office: LanOffice, pen: Pen, tls: PrivateKeyTypes) -> None:
    with pytest.raises(LanRefused):
        office.grant(asked(pen, tls=tls))


def test_names_of_the_internet_are_not_even_read(office: LanOffice, pen: Pen) -> None:
    data = asked(pen).replace(b"counter.internal", b"counter.netbanks")
    with pytest.raises(FileMalformed):
        office.grant(data)


def test_certified_on_the_command_line(hq: Headquarters, pen: Pen, tmp_path: Path) -> None:
    request, grant = tmp_path / "request", tmp_path / "grant"
    request.write_bytes(asked(pen))
    command = ["--data", str(hq.folder), "certify", str(request), str(grant)]
    done = CliRunner().invoke(main, command)
    assert (done.exit_code, json.loads(done.stdout)["names"]) == (0, list(NAMES))
    assert grant.read_bytes().startswith(b"YIKA1 ")
    request.write_bytes(asked(pen, node="N0009"))
    refused = CliRunner().invoke(main, command)
    assert (refused.exit_code, refused.stdout) == (1, "")
