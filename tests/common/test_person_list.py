"""The list of persons: sealed to one point and epoch, signed, and never self-contradictory."""

from base64 import b64encode
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_builders import CountedRandom
from little_headquarters import NODE, LittleHeadquarters
from yika_common.signing.errors import SealBroken, SignatureInvalid, TooFewSignatures, WrongKind
from yika_common.signing.keys import SigningKey
from yika_common.signing.sealing import SealKey
from yika_common.signing.signed_file import SignedFile
from yika_common.sync.messages import Certificate
from yika_common.sync.person_list import (
    LEVELS,
    ListedPerson,
    PersonList,
    open_persons,
    seal_persons,
)

HEADQUARTERS = LittleHeadquarters(now=1_800_000_000)
KEY = SealKey.from_private(b"\x07" * 32)
SIGNER = SigningKey.from_seed(b"\x01" * 32).public
CERTIFICATE = Certificate(
    node=NODE,
    epoch=2,
    alg=SIGNER.alg,
    spki=b64encode(SIGNER.spki).decode(),
    kem=b64encode(KEY.public).decode(),
    areas=("A01",),
    services=(),
    issued=1_800_000_000,
)
CHEN = ListedPerson(staff_number="1001", name="陈伟", level="CLERK")

persons = st.builds(
    ListedPerson,
    staff_number=st.integers(1, 10**9).map(str),
    name=st.text("陈伟abc ", min_size=1, max_size=32),
    level=st.sampled_from(LEVELS),
    until=st.integers(0, 2**32 - 1),
    revoked=st.integers(0, 1),
)


def a_list(*listed: ListedPerson, until: int = 20, grace: int = 30) -> PersonList:
    return PersonList(node=NODE, epoch=2, issued=10, until=until, grace=grace, persons=listed)


def sealed(held: PersonList) -> SignedFile:
    return seal_persons(held, CERTIFICATE, [HEADQUARTERS.keys["registry"]])


def opened(file: SignedFile, *, epoch: int = 2, key: SealKey = KEY) -> PersonList:
    return open_persons(file, HEADQUARTERS.root, key, node=NODE, epoch=epoch)


@given(st.lists(persons, max_size=20, unique_by=lambda one: one.staff_number))
def test_a_list_comes_back_as_it_was(listed: list[ListedPerson]) -> None:
    held = a_list(*listed)
    assert PersonList.parse(held.to_bytes(), limit=1 << 20) == held


def test_it_is_opened_by_the_point_and_epoch_it_is_sealed_to_alone() -> None:
    file = sealed(a_list(CHEN))
    assert opened(file).persons == (CHEN,)
    assert "陈伟".encode() not in file.to_bytes()
    with pytest.raises(SealBroken):
        opened(file, epoch=1)
    with pytest.raises(SealBroken):
        opened(file, key=SealKey.from_private(CountedRandom()(32)))


def test_only_headquarters_can_make_one() -> None:
    forged = seal_persons(a_list(CHEN), CERTIFICATE, [SigningKey.from_seed(b"\x09" * 32)])
    with pytest.raises((SignatureInvalid, TooFewSignatures)):
        opened(forged)
    officers = seal_persons(a_list(CHEN), CERTIFICATE, [HEADQUARTERS.keys["enrol"]])
    with pytest.raises((SignatureInvalid, TooFewSignatures)):
        opened(officers)
    file = sealed(a_list(CHEN))
    renamed = replace(file, payload_type="application/vnd.yika.cards.v1")
    with pytest.raises(WrongKind):
        opened(renamed)
    with pytest.raises(ValueError, match="sealed to the node"):
        sealed(replace(a_list(CHEN), epoch=3))


def test_a_list_that_contradicts_itself_can_not_be_made() -> None:
    with pytest.raises(ValueError, match="one number"):
        a_list(CHEN, replace(CHEN, name="Lin"))
    with pytest.raises(ValueError, match="issued, then good"):
        a_list(CHEN, until=9)
    with pytest.raises(ValueError, match="issued, then good"):
        a_list(CHEN, grace=19)
    with pytest.raises(ValueError, match="lv"):
        replace(CHEN, level="KING")
    with pytest.raises(ValueError, match="sn"):
        replace(CHEN, staff_number="")
