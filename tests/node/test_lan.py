"""A vending point on its local network: only over TLS, only under headquarters' certificate."""

import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from cryptography import x509

from lan_builders import (
    ADDRESS,
    NAME,
    asked,
    asked_for,
    authority_at,
    certify,
    granted,
    settings_with_lan,
    shown_afar,
)
from node_pages import Pages
from node_world import OPERATOR, PASSWORD, START, World
from yika_common.infra.config import WrongSetting
from yika_common.signing.errors import SignatureInvalid, TooFewSignatures
from yika_common.sync.lan import DAYS, LanNameUnusable, lan_name
from yika_node.config import LanConfig, load
from yika_node.db.folder_lock import is_running
from yika_node.errors import NotEnrolled
from yika_node.hardware.readers import reader_at
from yika_node.services.diagnostics import bundle
from yika_node.services.findings import Finding
from yika_node.services.inspection import Inspection
from yika_node.services.lan_certificate import KEY_FILE, LanKeeper
from yika_node.services.lan_errors import (
    LanCertificateMissing,
    LanGrantUnfit,
    LanKeyUnfit,
    LanNothingAsked,
)

EVERY: Final = "0.0.0.0"  # noqa: S104 - what must never be listened on without TLS


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    settings_with_lan(tmp_path / "node")
    world = World(tmp_path / "node")
    node = world.enrolled()
    yield Pages(world, node)
    node.close()


def keeper_of(pages: Pages, at: datetime = START) -> LanKeeper:
    return certify(pages.node, pages.world.headquarters, at)


def authority_file(keeper: LanKeeper, folder: Path) -> Path:
    path = folder / "authority.pem"
    path.write_bytes(keeper.authority())
    return path


# Asking and taking


@pytest.mark.parametrize("name", ["192.168.1.20", "10.0.0.5", "fd00::5", "counter.internal", NAME])
def test_names_of_a_local_network_are_certified(name: str) -> None:
    assert lan_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "8.8.8.8",
        EVERY,
        "bank.example",
        "internal",
        "Counter.internal",
        "*.internal",
        "a..internal",
        "172.32.0.1",
        "192.168.001.2",
        "::",
        "2001:db8::1",
        "x" * 200 + ".local",
        "",
    ],
)
def test_what_could_be_on_the_internet_is_not(pages: Pages, name: str) -> None:
    with pytest.raises(LanNameUnusable):
        asked_for(pages.node, name)
    assert not (pages.node.folder / "lan").exists()


def test_the_key_is_for_its_owner_alone_and_stays_when_asked_again(pages: Pages) -> None:
    asked_for(pages.node, ADDRESS)
    key = pages.node.folder / "lan" / KEY_FILE
    first = key.read_bytes()
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.parent.stat().st_mode & 0o777 == 0o700
    asked_for(pages.node, ADDRESS, NAME)
    assert key.read_bytes() == first


def test_a_certificate_tells_its_names_and_how_long_it_is_good(pages: Pages) -> None:
    held = keeper_of(pages).held(ADDRESS)
    assert held.names == (ADDRESS, NAME)
    assert (held.begins, held.until) == (START - timedelta(days=1), START + timedelta(days=DAYS))


def test_an_answer_that_headquarters_did_not_sign_is_refused(pages: Pages) -> None:
    headquarters = pages.world.headquarters
    request = asked_for(pages.node, ADDRESS)
    headquarters.keys["enrol"] = headquarters.keys["ack"]
    with pytest.raises((SignatureInvalid, TooFewSignatures)):
        LanKeeper(pages.node.folder).take(
            pages.node.standing.membership, granted(headquarters, request, START)
        )
    with pytest.raises(LanNothingAsked):
        LanKeeper(pages.node.folder).authority()


def test_an_answer_for_another_key_is_refused(pages: Pages) -> None:
    answer = granted(pages.world.headquarters, asked_for(pages.node, ADDRESS), START)
    keeper = LanKeeper(pages.node.folder)
    (pages.node.folder / "lan" / KEY_FILE).unlink()
    with pytest.raises(LanGrantUnfit):
        keeper.take(pages.node.standing.membership, answer)
    asked_for(pages.node, ADDRESS)
    with pytest.raises(LanGrantUnfit):
        keeper.take(pages.node.standing.membership, answer)


def test_the_authority_binds_itself_to_local_networks(pages: Pages) -> None:
    authority = authority_at(START)
    limits = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert limits.critical
    permitted = {str(name.value) for name in limits.value.permitted_subtrees or ()}
    assert {"internal", "local", "192.168.0.0/16"} <= permitted
    assert not {"0.0.0.0/0", ""} & permitted


# Starting


def serve(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "yika_node", "--data", str(folder), "serve", "--port", "0"]
    return subprocess.run(
        [*command, *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "LANG": "en_US.UTF-8"},
    )


@pytest.mark.parametrize("host", [EVERY, ADDRESS])
def test_without_a_certificate_nothing_starts(tmp_path: Path, host: str) -> None:
    settings_with_lan(tmp_path, host)
    World(tmp_path).enrolled().close()
    done = serve(tmp_path)
    assert done.returncode == 1
    assert f"served to other machines at {host}" in done.stderr
    assert "yika-node lan request" in done.stderr
    assert done.stdout == ""


def test_the_counters_own_pages_are_never_served_to_others(tmp_path: Path) -> None:
    World(tmp_path).enrolled().close()
    done = serve(tmp_path, "--host", EVERY)
    assert (done.returncode, done.stdout) == (1, "")
    assert EVERY in done.stderr
    assert "without encryption" in done.stderr


def test_a_point_that_is_not_registered_shows_itself_to_nobody(tmp_path: Path) -> None:
    settings_with_lan(tmp_path)
    world = World(tmp_path)
    node = world.build()
    with pytest.raises(NotEnrolled), shown_afar(Pages(world, node)):
        pass
    node.close()


def test_the_program_serves_both_and_ends_when_told_to(tmp_path: Path) -> None:
    settings_with_lan(tmp_path)
    world = World(tmp_path)
    node = world.enrolled()
    keeper = certify(node, world.headquarters, datetime.now(UTC))
    authority = authority_file(keeper, tmp_path)
    node.close()
    command = [sys.executable, "-m", "yika_node", "--data", str(tmp_path), "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        afar, here = (
            re.findall(r"https?://[^/]+", running.stdout.readline())[0] for _ in range(2)
        )
        assert (urlsplit(afar).scheme, urlsplit(here).scheme) == ("https", "http")
        assert asked(afar, "/login", authority).status == 200
        with closing(http.client.HTTPConnection(urlsplit(here).netloc, timeout=10)) as line:
            line.request("GET", "/login")
            answer = line.getresponse()
            assert answer.status == 200
            assert answer.getheader("Strict-Transport-Security") is None
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0
    assert not is_running(tmp_path)


def test_a_certificate_that_is_over_keeps_others_out_and_the_counter_open(pages: Pages) -> None:
    keeper_of(pages)
    pages.world.pass_time(days=DAYS)
    with shown_afar(pages) as said:
        assert said == "lan_certificate_over"
    pages.world.set_clock(days=-DAYS - 30)
    with shown_afar(pages) as said:
        assert said == "lan_certificate_early"


def test_a_key_that_others_may_read_or_another_one_is_refused(pages: Pages) -> None:
    keeper = keeper_of(pages)
    key = pages.node.folder / "lan" / KEY_FILE
    key.chmod(0o640)
    with pytest.raises(LanKeyUnfit):
        keeper.held(ADDRESS)
    key.chmod(0o600)
    keeper.held(ADDRESS)
    key.unlink()
    with pytest.raises(LanKeyUnfit):
        keeper.held(ADDRESS)
    asked_for(pages.node, ADDRESS)
    with pytest.raises(LanKeyUnfit):
        keeper.held(ADDRESS)
    key.write_bytes(b"nothing")
    with pytest.raises(LanKeyUnfit):
        keeper.held(ADDRESS)


# On the line


@pytest.fixture
def afar(pages: Pages, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    authority = authority_file(keeper_of(pages), tmp_path)
    with shown_afar(pages) as url:
        yield url, authority


def test_the_page_opens_for_whoever_trusts_headquarters(afar: tuple[str, Path]) -> None:
    heard = asked(afar[0], "/login", afar[1])
    assert heard.status == 200
    assert heard.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Server" not in heard.headers
    (cookie,) = heard.cookies
    name, _, rest = cookie.partition("=")
    assert name.startswith("__Host-")
    assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= set(rest.split("; "))
    assert "Domain" not in rest


def test_whoever_does_not_trust_it_is_warned(afar: tuple[str, Path]) -> None:
    place = urlsplit(afar[0])
    line = http.client.HTTPSConnection(
        str(place.hostname), place.port, timeout=10, context=ssl.create_default_context()
    )
    with closing(line), pytest.raises(ssl.SSLCertVerificationError):
        line.request("GET", "/login")


def test_plain_http_gets_no_answer(afar: tuple[str, Path]) -> None:
    place = urlsplit(afar[0])
    with socket.create_connection((place.hostname, place.port), timeout=10) as line:
        line.sendall(b"GET /login HTTP/1.1\r\nHost: 127.0.0.2\r\n\r\n")
        heard = b""
        try:
            while piece := line.recv(4096):
                heard += piece
        except ConnectionResetError:
            pass
    assert b"HTTP" not in heard
    assert len(heard) <= 7, "an alert of TLS at most"


def handshake(url: str, version: ssl.TLSVersion) -> str | None:
    """The protocol that a client of just that version speaks with the server."""
    place = urlsplit(url)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = version
    line = socket.create_connection((place.hostname, place.port), timeout=10)
    with line, old.wrap_socket(line) as spoken:
        return spoken.version()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused_and_new_tls_spoken(afar: tuple[str, Path]) -> None:
    for old in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        with pytest.raises(OSError, match=r"."):
            handshake(afar[0], old)
    assert handshake(afar[0], ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    assert handshake(afar[0], ssl.TLSVersion.TLSv1_3) == "TLSv1.3"


@pytest.mark.parametrize("host", ["evil.example", "localhost", "127.0.0.1", "", "[::1]"])
def test_another_name_is_refused(afar: tuple[str, Path], host: str) -> None:
    heard = asked(afar[0], "/login", afar[1], Host=host)
    assert (heard.status, heard.text) == (400, "unknown host\n")


def test_another_origin_is_refused(afar: tuple[str, Path]) -> None:
    url, authority = afar
    for origin in (
        "https://evil.example",
        url.replace("https", "http"),
        "null",
        f"https://{NAME}",
    ):
        heard = asked(url, "/login", authority, "POST", Origin=origin)
        assert (heard.status, "foreign_origin" in heard.text) == (403, True), origin
    assert "foreign_origin" not in asked(url, "/login", authority, "POST", Origin=url).text


def test_connections_that_say_nothing_hold_up_nobody(afar: tuple[str, Path]) -> None:
    place = urlsplit(afar[0])
    silent = [socket.create_connection((place.hostname, place.port)) for _ in range(20)]
    try:
        assert asked(afar[0], "/login", afar[1]).status == 200
    finally:
        for line in silent:
            line.close()


# Told in advance, and kept


def finding(pages: Pages) -> Finding:
    inspection = Inspection(
        pages.node.folder, reader_at, pages.world.clock, running=True, live=True
    )
    return next(one for one in inspection.findings() if one.part == "Local network")


def test_the_end_of_the_certificate_is_told_in_advance(pages: Pages) -> None:
    assert (finding(pages).how, finding(pages).text) == ("bad", LanCertificateMissing.sentence)
    keeper_of(pages)
    assert finding(pages).how == "good"
    pages.world.pass_time(days=DAYS - 30)
    assert finding(pages).how == "warn"
    pages.world.pass_time(days=30)
    assert (finding(pages).how, finding(pages).facts) == ("bad", {"until": "2027-05-04"})


def test_a_point_for_itself_alone_has_nothing_to_tell(tmp_path: Path) -> None:
    world = World(tmp_path)
    node = world.enrolled()
    inspection = Inspection(tmp_path, reader_at, world.clock, running=True, live=True)
    assert "Local network" not in [one.part for one in inspection.findings()]
    node.close()


def test_the_key_is_in_no_bundle(pages: Pages) -> None:
    keeper_of(pages)
    folder = pages.node.folder
    secret = (folder / "lan" / KEY_FILE).read_text().splitlines()[1]
    packed = bundle(folder, pages.node.config, [finding(pages)], [], START)
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        held = b"".join(archive.read(name) for name in archive.namelist())
    assert b"127.0.0.2" in held
    assert secret.encode() not in held
    assert b"PRIVATE KEY" not in held


def test_only_an_address_is_listened_on(tmp_path: Path) -> None:
    assert LanConfig(host="::").host == "::"
    (tmp_path / "node.toml").write_text('[lan]\nhost = "counter.internal"\n', encoding="utf-8")
    with pytest.raises(WrongSetting):
        load(tmp_path)


def test_asked_and_taken_on_the_command_line(tmp_path: Path) -> None:
    world = World(tmp_path / "node")
    world.enrolled().close()
    request, answer, trust = (tmp_path / name for name in ("request", "answer", "trust.pem"))
    command = [sys.executable, "-m", "yika_node", "--data", str(world.folder), "lan"]
    environment = {**os.environ, "LANG": "en_US.UTF-8", "YIKA_PASSWORD": PASSWORD}

    def run(*words: str) -> str:
        return subprocess.run(
            [*command, *words], capture_output=True, text=True, check=True, env=environment
        ).stdout

    run("request", "--operator", OPERATOR, "--name", ADDRESS, str(request))
    answer.write_bytes(
        granted(world.headquarters, request.read_bytes(), datetime.now(UTC).replace(microsecond=0))
    )
    assert f"The certificate for {ADDRESS} is good until" in run(
        "take", str(answer), "--trust", str(trust)
    )
    assert x509.load_pem_x509_certificate(trust.read_bytes()).subject is not None
