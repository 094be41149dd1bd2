"""Enrolment: the first start, with a one-time token from headquarters.

The keys and the first operator's slot are on the disk before anything is posted.  When the answer
is lost, the same operator enrols again: the same keys ask again, and headquarters gives the same
answer.  What comes back goes back to the root document whose digest the token names.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import field
from pathlib import Path
from typing import Final

from yika_common.clock import Clock, to_timestamp
from yika_common.errors import Phrase
from yika_common.infra.files import replace_file
from yika_common.signing.errors import FileMalformed
from yika_common.signing.signed_file import SignedFile, read_many
from yika_common.signing.trust import ROOT_TYPE, TrustRoot
from yika_common.sync.enrolment import EnrolmentToken, make_request
from yika_common.sync.messages import CERTIFICATE_TYPE, MANIFEST_TYPE
from yika_common.values import dataclass
from yika_node.db.journal import Founding, Journal
from yika_node.errors import AlreadyEnrolled
from yika_node.services.adoption import Adoption
from yika_node.services.courier import ITEM_PATH, UplinkTo
from yika_node.services.errors import CertificateForAnother
from yika_node.services.staff_desk import StaffDesk
from yika_node.services.standing import Membership, Standing, membership
from yika_node.services.views import Operator
from yika_node.uplink import AnswerTooLarge, HeadquartersRefused, LinkDown, Uplink, hanging_up
from yika_node.vault import Vault

ENROL_PATH: Final = "/api/v1/enrol"
CERTIFICATE_FILE: Final = "certificate.yika"
ROOT_FILE: Final = "root.json"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Gives an empty data folder its name."""

    folder: Path
    journal: Journal
    standing: Standing
    vault: Vault
    staff: StaffDesk
    adoption: Adoption
    uplinks: UplinkTo
    clock: Clock
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def enrolled(self) -> bool:
        """Whether the node has a name."""
        return self.standing.enrolled

    def check_open(self) -> None:
        """Refuse whoever has a name already.

        Raises:
            AlreadyEnrolled: the node is registered.
        """
        if self.standing.enrolled:
            raise AlreadyEnrolled(node=self.standing.membership.node)

    def enrol(
        self,
        token: str,
        operator: str,
        password: str,
        *,
        believe: Callable[[TrustRoot], None] | None = None,
    ) -> Operator:
        """Register with headquarters; the operator is the first supervisor, and signed in.

        ``believe`` looks at the root document that the token names before anything is built on
        it, and raises where the token's own signature does not go back to it.

        Raises:
            AlreadyEnrolled, TokenMalformed: nothing was changed.
            NodeRestored: it was registered before, and what it recorded is gone.
            PasswordTooShort, OperatorNameUnusable: nothing was changed.
            WrongPassword: an earlier attempt made keys for another name or password.
            LinkDown, HeadquartersRefused: enrol again with the same name and password.
            RootUnknown, CertificateForAnother, SignatureInvalid and their like: nothing is
                trusted; enrol again with a good token.

        Whoever pressed twice waits for the first attempt to end: there is one pair of keys.  After
        an attempt that failed the keys are locked.
        """
        with self._turn:
            self.check_open()
            read = EnrolmentToken.from_text(token)
            name = self.staff.checked_name(operator)
            try:
                return self._enrol(read, name, password, believe)
            except BaseException:
                self.staff.sign_out(name)
                raise

    def _enrol(
        self,
        read: EnrolmentToken,
        name: str,
        password: str,
        believe: Callable[[TrustRoot], None] | None,
    ) -> Operator:
        if self.vault.exists():
            self.vault.unlock(name, password)
        else:
            self.vault.create(name, password)
        with hanging_up(self.uplinks(read.url)) as uplink:
            return self._ask(uplink, read, name, password, believe)

    def _ask(
        self,
        uplink: Uplink,
        read: EnrolmentToken,
        name: str,
        password: str,
        believe: Callable[[TrustRoot], None] | None,
    ) -> Operator:
        request = make_request(
            read,
            self.vault.signing_key(),
            self.vault.seal_key().public,
            to_timestamp(self.clock()),
        )
        answer = tuple(read_many(uplink.post(ENROL_PATH, request.to_bytes())))
        found = self._admitted(read, answer)
        if believe is not None:
            believe(found.root)
        self._found(found)
        admitted = self.staff.sign_in(name, password)
        manifest = _one(answer, MANIFEST_TYPE)
        try:
            missing = self.adoption.missing(manifest)
            fetched = {item.sha256: uplink.get(ITEM_PATH + item.sha256) for item in missing}
        except (LinkDown, HeadquartersRefused, AnswerTooLarge):
            # The node has its name; the next exchange brings the rest.
            return admitted
        self.adoption.adopt(manifest, fetched)
        return admitted

    def _admitted(self, token: EnrolmentToken, answer: Sequence[SignedFile]) -> Membership:
        root_file = _one(answer, ROOT_TYPE)
        root = TrustRoot.parse(root_file.payload)
        token.check_root(root)
        found = membership(_one(answer, CERTIFICATE_TYPE).to_bytes(), root.payload, token.url)
        ours = (token.node, self.vault.signing_key().public, self.vault.seal_key().public)
        certificate = found.certificate
        if (certificate.node, certificate.key, certificate.seal_key) != ours:
            raise CertificateForAnother
        return found

    def _found(self, found: Membership) -> None:
        # Copies for auditors; the database holds what the program reads.  They come first, so
        # that a full disk leaves a node that can be enrolled again.
        replace_file(self.folder / CERTIFICATE_FILE, found.certificate_file)
        replace_file(self.folder / ROOT_FILE, found.root.payload)
        founding = Founding(
            found.identity(), found.certificate_file, found.root.payload, found.headquarters
        )
        self.journal.found(founding, self.clock())
        self.standing.take_up(found)


def _one(answer: Sequence[SignedFile], payload_type: str) -> SignedFile:
    for file in answer:
        if file.payload_type == payload_type:
            return file
    raise FileMalformed(why=Phrase("a part of headquarters' answer is missing"))
