"""Who may work at a node by headquarters' word, sealed to it.

A signed file of the ``registry`` role, type ``application/vnd.yika.persons.v1``, whose payload is
an HPKE box (:mod:`yika_common.signing.sealing`) with ``info`` of
``"yika/persons/1" 00 node 00 epoch``.  Inside is one line of JSON with everybody who may work at
that node, and whoever might once and may no longer: so the node can say so.

A list is good until ``until``; headquarters seals it anew in time, so that a node which stays
away from it lets nobody in for ever.  Until ``grace`` the node warns.  Then only those persons
may work whose entry has an end of its own that has not come.
"""

from collections.abc import Iterable
from typing import Final

from yika_common.cards.identifiers import NODE_ID_SIZE
from yika_common.errors import Phrase
from yika_common.journal.staff_bodies import STAFF_NUMBER_MAX
from yika_common.signing.fields import Document, documents, identifier, number, text
from yika_common.signing.keys import SigningKey
from yika_common.signing.sealing import SealKey, seal
from yika_common.signing.signed_file import SignedFile, sign
from yika_common.signing.trust import TrustRoot
from yika_common.sync.errors import MessageForAnother
from yika_common.sync.messages import Certificate
from yika_common.values import dataclass

PERSONS_TYPE = "application/vnd.yika.persons.v1"
LEVELS: Final = ("CLERK", "SUPERVISOR", "AUDITOR", "MANAGER", "TECHNICIAN")
"""As journals name them."""
PERSONS_MAX = 2000
NAME_MAX = 32

_LIST_MAX = 1 << 20
_U32 = (1 << 32) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPerson(Document):
    """A person who may work at this node, or may no longer."""

    staff_number: str = text("sn", least=1, most=STAFF_NUMBER_MAX)
    """The staff number: no other person of the utility has it."""
    name: str = text("by", least=1, most=NAME_MAX)
    level: str = text("lv", among=LEVELS)
    """The most that this person may do here."""
    until: int = number("u", most=_U32, default=0)
    """The last second of this person's time; 0: as long as the list is good."""
    revoked: int = number("x", most=1, default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonList(Document):
    """All of it for one node and epoch; times in seconds since 1970 by headquarters' clock."""

    kind: str = text("t", among=("persons",), default="persons")
    node: str = identifier("for", NODE_ID_SIZE)
    epoch: int = number("ep", least=1, most=_U32)
    issued: int = number("at", most=_U32)
    until: int = number("u", most=_U32)
    """The last second at which the list is good."""
    grace: int = number("g", most=_U32)
    """The last second at which it lets in whose own time it does not tell."""
    persons: tuple[ListedPerson, ...] = documents("ps", ListedPerson, most=PERSONS_MAX)

    def __post_init__(self) -> None:
        """Besides each field's own shape: times in their order, no number twice."""
        Document.__post_init__(self)
        if not self.issued <= self.until <= self.grace:
            raise ValueError(Phrase("a list is issued, then good, then late"))
        if len({person.staff_number for person in self.persons}) < len(self.persons):
            raise ValueError(Phrase("a list has two persons with one number"))


def seal_persons(
    persons: PersonList, certificate: Certificate, keys: Iterable[SigningKey]
) -> SignedFile:
    """The list sealed to the certified node and signed by the ``registry`` role.

    Raises:
        ValueError: the list is for another node or epoch than the certificate.
        KeyUnusable: the certificate's key for sealing is none.
    """
    if (persons.node, persons.epoch) != (certificate.node, certificate.epoch):
        raise ValueError("a list of persons is sealed to the node it is for")
    info = _info(persons.node, persons.epoch)
    return sign(PERSONS_TYPE, seal(persons.to_bytes(), certificate.seal_key, info), keys)


def open_persons(
    file: SignedFile, root: TrustRoot, key: SealKey, *, node: str, epoch: int
) -> PersonList:
    """The list, once the ``registry`` role's signature holds and our key opens it.

    Raises:
        WrongKind, SignatureInvalid, TooFewSignatures, FileMalformed, FileTooLarge: not genuine.
        SealBroken: sealed to another node, epoch or key.
        MessageForAnother: it names another node or epoch inside.
    """
    box = root.check("registry", file, payload_type=PERSONS_TYPE)
    persons = PersonList.parse(key.open(box, _info(node, epoch)), limit=_LIST_MAX)
    if (persons.node, persons.epoch) != (node, epoch):
        raise MessageForAnother(node=persons.node)
    return persons


def _info(node: str, epoch: int) -> bytes:
    return b"yika/persons/1\0" + node.encode() + b"\0%d" % epoch
