"""Photographs of a complaint: what is taken in, what is kept of it, and what is refused."""

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from backup_builders import keeper
from card_builders import repeatable_random
from node_pages import Clerk, Pages, hidden, pages_in
from node_world import OPERATOR, PASSWORD, World, contents
from yika_common.journal.complaint_bodies import PHOTO_MAX
from yika_common.journal.record import decode_line
from yika_node.db import complaint_queries
from yika_node.services import photo_making, photographs
from yika_node.services.photographs import (
    EACH_MAX,
    Photo,
    Photographs,
    PhotographUnusable,
    check_picture,
    made_anew,
)
from yika_node.services.safekeeping import put_back

SECRET = b"39.9042N 116.4074E"


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as made:
        yield made


@pytest.fixture
def place(pages: Pages) -> tuple[Clerk, str]:
    """A clerk, and the page of a complaint."""
    clerk = pages.clerk()
    path = f"/accounts/{clerk.open_account()}/complaint"
    written = clerk.post(path, {"about": "meter", "words": "表不走"}, on=path)
    return clerk, written.location


def picture(kind: str = "JPEG", size: tuple[int, int] = (2000, 1000), shade: int = 90) -> bytes:
    """A picture that tells where it was taken."""
    made = Image.new("RGB", size, (shade, 120, 30))
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif[0x0112] = 6
    kept = io.BytesIO()
    more = {"comment": SECRET} if kind == "JPEG" else {}
    made.save(kept, kind, exif=exif, **more)
    return kept.getvalue()


def send(clerk: Clerk, place: str, content: bytes, name: str = "p.jpg") -> TestResponse:
    return upload(clerk, place, f"{place}/photographs", "picture", content, name)


def upload(clerk: Clerk, on: str, to: str, field: str, content: bytes, name: str) -> TestResponse:
    """Send a form with a file as a browser writes it, whose type is a lie."""
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in hidden(clerk.get(on)).items()
    ]
    told = f'name="{field}"; filename="{name}"\r\nContent-Type: image/svg+xml'
    parts.append(f"--x\r\nContent-Disposition: form-data; {told}\r\n\r\n".encode())
    return clerk.client.post(
        to,
        data=b"".join((*parts, content, b"\r\n--x--\r\n")),
        content_type="multipart/form-data; boundary=x",
        headers={"Origin": "http://localhost", "Accept-Language": "en"},
    )


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG whose header says so."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )


def test_a_photograph_is_kept_sealed_shown_recorded_and_in_the_file(
    pages: Pages, place: tuple[Clerk, str]
) -> None:
    clerk, page = place
    assert send(clerk, page, picture(), "../../etc/passwd").status_code == 303
    shown = clerk.get(f"{page}/photographs/1")
    assert (shown.status_code, shown.mimetype) == (200, "image/jpeg")
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Content-Disposition"].startswith("inline; filename=")
    assert "passwd" not in shown.headers["Content-Disposition"]
    assert f'src="{page}/photographs/1"' in clerk.get(page).text
    digest = hashlib.sha256(shown.data).hexdigest()
    tip = pages.node.queries.tip(1)
    assert tip is not None
    record = pages.node.queries.record(1, tip.seq)
    assert record is not None
    assert decode_line(record.line).body.kind == "photo"
    assert digest.encode() in record.line
    sealed = complaint_queries.photograph(pages.node.store, digest)
    assert sealed is not None
    assert shown.data[:64] not in sealed
    file = zipfile.ZipFile(io.BytesIO(clerk.get(page + "/pack.zip").data))
    (name,) = [one for one in file.namelist() if one.startswith("photographs/")]
    assert hashlib.sha256(file.read(name)).hexdigest() == digest
    (html,) = [one for one in file.namelist() if one.endswith(".html")]
    assert f'src="{name}"' in file.read(html).decode()
    assert digest.encode() in file.read("records.jsonl")
    assert any(f"{tip.seq}-{tip.seq}.segment" in one for one in file.namelist())


def test_of_a_picture_nothing_is_kept_but_what_can_be_seen() -> None:
    for kind in ("JPEG", "PNG"):
        sent = picture(kind)
        assert SECRET in sent, "the control: it was there"
        kept = made_anew(sent + b"<script>alert(1)</script>PK\x03\x04")
        assert SECRET not in kept
        assert b"script" not in kept
        opened = Image.open(io.BytesIO(kept))
        assert opened.format == "JPEG"
        # Upright, as the camera said, and no larger than is needed.
        assert opened.size == (640, 1280)
        assert not opened.getexif()
        assert len(kept) <= PHOTO_MAX


def taken_in(sent: bytes) -> bytes:
    check_picture(sent)
    return made_anew(sent)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GIF89a" + bytes(100),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7" + bytes(100),
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\x00",
        b"\xff\xd8\xff" * 50,
        picture()[:400],
        picture()[: len(picture()) // 2],
        picture("PNG")[:-200],
        png(60_000, 60_000),
        png(0, 5),
        png(7000, 7000),
        bytes(photographs.SENT_MAX + 1),
    ],
    ids=range(14),
)
def test_what_is_no_picture_or_a_hostile_one_is_refused(sent: bytes) -> None:
    with pytest.raises(PhotographUnusable):
        taken_in(sent)


def test_a_header_of_many_pixels_is_refused_before_anything_decodes_it() -> None:
    with pytest.raises(PhotographUnusable):
        check_picture(png(60_000, 60_000))
    check_picture(png(7000, 7000))


def test_the_page_says_what_is_wrong_and_keeps_nothing(
    pages: Pages, place: tuple[Clerk, str]
) -> None:
    clerk, page = place
    refused = send(clerk, page, b"GIF89a" + bytes(100))
    assert refused.status_code in (409, 422)
    assert "no JPEG or PNG picture" in refused.text
    assert complaint_queries.photographs_kept(pages.node.store) == 0
    assert clerk.get(f"{page}/photographs/1").status_code == 404
    assert send(clerk, page, bytes(9 << 20)).status_code == 413


def test_a_picture_of_megabytes_goes_here_and_nowhere_else(place: tuple[Clerk, str]) -> None:
    clerk, page = place
    large = picture() + bytes(3 << 20)
    assert send(clerk, page, large).status_code == 303
    sent = upload(clerk, "/accounts/import", "/accounts/import", "file", large, "x.csv")
    assert sent.status_code == 413


def test_a_complaint_has_so_many_photographs_and_each_once(
    pages: Pages, place: tuple[Clerk, str]
) -> None:
    clerk, page = place
    for shade in (*range(0, EACH_MAX * 20, 20), 0):
        last = send(clerk, page, picture(size=(40, 20), shade=shade))
    assert last.status_code == 409
    assert "No more photographs" in last.text
    assert complaint_queries.photographs_kept(pages.node.store) == EACH_MAX
    assert "Add a photograph" not in clerk.get(page).text


def test_photographs_outlast_that_every_projection_is_made_anew(
    pages: Pages, place: tuple[Clerk, str]
) -> None:
    clerk, page = place
    send(clerk, page, picture())
    send(clerk, page, picture())
    before = contents(pages.node.store.path)
    assert len(before["complaint_photo"]) == 1
    shown = clerk.get(f"{page}/photographs/1").data
    pages.node.journal.rebuild()
    assert contents(pages.node.store.path) == before
    assert clerk.get(f"{page}/photographs/1").data == shown


def test_a_restored_backup_shows_the_photographs(
    pages: Pages, place: tuple[Clerk, str], tmp_path: Path
) -> None:
    clerk, page = place
    send(clerk, page, picture())
    shown = clerk.get(f"{page}/photographs/1").data
    good = keeper(pages.world).keep().good
    assert good is not None
    backup = pages.world.folder / "backups" / good.file
    put_back(backup, tmp_path / "other", OPERATOR, PASSWORD, repeatable_random(6))
    other = World(tmp_path / "other")
    other.now, other.headquarters = pages.world.now, pages.world.headquarters
    node = other.build()
    node.staff.sign_in(OPERATOR, PASSWORD)
    again = Photographs(
        node.journal, node.store, node.standing, node.keyring, node.clock, repeatable_random(7)
    )
    epoch, seq = page.rsplit("/", 2)[1:]
    (row,) = complaint_queries.photos(node.store, int(epoch), int(seq))
    assert again.content(Photo(1, row.epoch, row.seq, row.digest, row.size)) == shown
    node.close()


def test_bytes_that_were_changed_are_not_shown(pages: Pages, place: tuple[Clerk, str]) -> None:
    clerk, page = place
    send(clerk, page, picture())
    pages.node.journal.note("UPDATE photograph SET sealed = zeroblob(100)", ())
    assert clerk.get(f"{page}/photographs/1").status_code == 409


def test_both_processes_have_the_same_bounds() -> None:
    assert photo_making.SENT_MAX == photographs.SENT_MAX
    assert photo_making.PIXELS_MAX == photographs.PIXELS_MAX
    assert photo_making.KEPT_MAX == PHOTO_MAX
