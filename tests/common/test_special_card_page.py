"""docs/special-cards.md says what the code does, and openssl's vectors are the code's bytes."""

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from card_builders import VECTORS
from memory_builders import numbered_card
from yika_common.cards.ciphers import cmac
from yika_common.cards.memory.head import numbered
from yika_common.cards.special import contact as special
from yika_common.cards.special import face, memory
from yika_common.cards.special.face import CardType, approval_proof
from yika_common.cards.special.keys import derive_managing_keys, pin_keys
from yika_common.cards.special.memory import special_code
from yika_common.cards.special.order import SpecialOrder
from yika_common.readers.port import MemoryKind
from yika_common.services import Service
from yika_common.signing.keys import SigningKey
from yika_common.sync import voucher
from yika_common.sync.enrolment import EnrolmentToken
from yika_common.sync.voucher import Voucher, open_voucher, seal_voucher

PAGE = (Path(__file__).parents[2] / "docs" / "special-cards.md").read_text()
VECTOR = json.loads((VECTORS / "special_cards.json").read_text())
MANAGING, SYSTEM = VECTOR["managing"], VECTOR["system"]
ROW = re.compile(
    r"^(?:\| )?(\S[^|]*?)(?: \| | {2,})(\S+)(?: \| | {2,})(\S.*?)(?: \|)?$", re.MULTILINE
)
TABLES = {
    "layout: face": (face, "offset  size  field"),
    "memory: special": (memory, "offset  size  content"),
    "memory: cell": (memory, "offset  size  content"),
    "layout: voucher": (voucher, "offset  size  field"),
}


def unhex(text: str) -> bytes:
    return bytes.fromhex(text)


def rows_of(text: str) -> list[tuple[str, str, str]]:
    """Offset, size and words of each row, however it is typeset."""
    found = []
    for offset, size, words in ROW.findall(text):
        if offset not in ("offset", "---", "======") and not offset.startswith(("=", "-")):
            found.append((offset.strip(), size, re.sub(r"[`\s]+", " ", words).strip()))
    return found


def published(name: str) -> list[tuple[str, str, str]]:
    return rows_of(PAGE.split(f"<!-- {name} -->")[1].split("\n\n")[0])


@pytest.mark.parametrize("name", TABLES)
def test_the_page_and_the_module_have_the_same_table(name: str) -> None:
    module, heading = TABLES[name]
    assert module.__doc__ is not None
    tables = [
        rows_of(part.split("\n\n")[0].split("\n", 2)[2])
        for part in module.__doc__.split(heading)[1:]
    ]
    assert len(published(name)) >= 4
    assert published(name) in tables


def test_every_command_is_on_the_page() -> None:
    for ins in face.Ins:
        assert f"{ins:02X} {ins.name.replace('_', ' ')}" in PAGE
    assert f"`{face.AID.hex(' ').upper()}`" in PAGE


def test_the_vectors_are_what_the_script_makes() -> None:
    script = ["sh", str(VECTORS / "special_cards.sh")]
    made = subprocess.run(script, capture_output=True, check=True, text=True)
    assert json.loads(made.stdout) == VECTOR


def the_order(kind: CardType) -> SpecialOrder:
    managing = kind is CardType.MANAGING
    told = MANAGING if managing else SYSTEM
    return SpecialOrder(
        number=told["number"],
        type=kind,
        key_version=1,
        issuer=unhex("C0C1C2C3C4C5C6C7"),
        valid_from=1_770_000_000 if managing else 0,
        valid_until=1_800_000_000,
        holder="陈伟" if managing else "",
        salt=bytes(16) if managing else unhex(SYSTEM["salt"]),
        host_key=unhex(MANAGING["manage"] if managing else SYSTEM["host"]),
        approval_key=unhex(MANAGING["approve"]) if managing else b"",
        content=b"" if managing else b"sealed",
    )


def test_keys_proof_and_faces_are_openssls() -> None:
    keys = derive_managing_keys(unhex(VECTOR["card_master"]), MANAGING["number"], 1)
    assert keys.manage == unhex(MANAGING["manage"])
    assert keys.approve == unhex(MANAGING["approve"])
    told = MANAGING["approval"]
    proof = approval_proof(
        keys.approve, MANAGING["number"], told["counter"], unhex(told["digest"])
    )
    assert proof == unhex(told["proof"])
    serial = unhex("A0A1A2A3A4A5A6A7")
    for kind, vector in ((CardType.MANAGING, MANAGING), (CardType.SYSTEM, SYSTEM)):
        assert the_order(kind).face(serial).encode() == unhex(vector["face"])
        assert face.open_face(unhex(vector["face"])) == the_order(kind).face(serial)
    both = pin_keys("1", unhex(SYSTEM["salt"]), lambda *_: unhex(SYSTEM["stretched"]))
    assert (both.host, both.box) == (unhex(SYSTEM["host"]), unhex(SYSTEM["box"]))


def written(kind: CardType, chip_kind: MemoryKind) -> bytes:
    """The main memory of a chip with the vectors' serial, written as that card."""
    serial = unhex("A0A1A2A3A4A5A6A7")
    card = numbered_card(chip_kind)
    content = card.store.content
    main = bytearray(content.main)
    main[8:21] = numbered(serial)
    card.store.commit(replace(content, main=bytes(main)))
    stretched = unhex(MANAGING["memory"]["stretched"])
    special.issue(
        card.contact(),
        lambda size: unhex(MANAGING["memory"]["secret"])[:size],
        the_order(kind),
        "271828",
        lambda *_: stretched,
    )
    return card.store.content.main


@pytest.mark.parametrize("chip_kind", [*MemoryKind])
def test_a_memory_card_has_openssls_bytes(chip_kind: MemoryKind) -> None:
    told = MANAGING["memory"]
    main = written(CardType.MANAGING, chip_kind)
    assert main[8:21] == unhex(told["numbered"])
    assert main[31:105] == unhex(told["head"])
    assert main[105:113] == unhex(told["mac"])
    assert main[27] == 0x56
    # The vector's cell was used seven times; a new card's has not been.
    assert main[115:119] == bytes(4)
    assert main[119:159] == unhex(told["cell"])[4:]
    main = written(CardType.SYSTEM, chip_kind)
    assert main[31:73] == unhex(SYSTEM["memory"]["head"])
    assert main[73:81] == unhex(SYSTEM["memory"]["mac"])


def test_the_code_and_the_cell_are_openssls() -> None:
    told, serial = MANAGING["memory"], unhex("A0A1A2A3A4A5A6A7")
    manage = unhex(MANAGING["manage"])
    assert special_code(manage, MANAGING["number"], serial, 3) == unhex(told["code"])
    key = cmac(manage, b"yika/pin" + unhex(told["stretched"]))
    wrapped = aes_key_wrap(key, unhex(MANAGING["approve"]))
    assert unhex(told["cell"]) == (7).to_bytes(4, "big") + unhex(told["secret"]) + wrapped
    number = MANAGING["number"].encode()
    mac = cmac(manage, b"yika/roll" + number + serial + unhex(told["cell"]))[:8]
    assert mac == unhex(told["cell_mac"])


def test_the_voucher_is_openssls() -> None:
    token = EnrolmentToken(
        url="http://hq.test:8600", node="N0002", secret="5e" * 16, root="7a" * 32
    )
    wanted = Voucher(token, (Service.GAS, Service.BULK_WATER))
    signer = SigningKey.from_seed(b"\x01" * 32)
    sealed = seal_voucher(wanted, SYSTEM["number"], 1_800_000_000, signer, unhex(SYSTEM["box"]))
    assert sealed[:-16] == unhex(SYSTEM["sealed_without_tag"])
    opened = open_voucher(sealed, SYSTEM["number"], 1_800_000_000, unhex(SYSTEM["box"]))
    assert opened.voucher == wanted
    assert opened.signed == unhex(SYSTEM["words"]) + unhex(SYSTEM["voucher"])
    assert opened.signature == unhex(SYSTEM["signature"])


def test_the_page_knows_how_long_an_address_an_sle4442_holds() -> None:
    most = int(re.findall(r"at most (\d+) characters", PAGE)[0])
    room = MemoryKind.SLE4442.facts.size - memory.CONTENT_AT
    assert room - (60 + voucher.SIGNATURE_SIZE + 16) == most
