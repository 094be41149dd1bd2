"""Who this node is to headquarters, and whom it trusts: certificate, root and address."""

from yika_common.signing.signed_file import read_signed_file
from yika_common.signing.trust import TrustRoot
from yika_common.sync.messages import Certificate, open_certificate
from yika_common.values import dataclass
from yika_node.db.journal import Identity
from yika_node.db.start import Enrolled
from yika_node.errors import NotEnrolled

PRACTICE_URL = "practice:here"
"""Where a practice node's headquarters is: in its own process, and never anywhere else."""


@dataclass(frozen=True, slots=True)
class Membership:
    """The certificate of the present epoch, checked back to the root that was pinned."""

    certificate: Certificate
    certificate_file: bytes
    root: TrustRoot
    headquarters: str

    @property
    def node(self) -> str:
        """The node's name."""
        return self.certificate.node

    @property
    def epoch(self) -> int:
        """The present epoch."""
        return self.certificate.epoch

    @property
    def practice(self) -> bool:
        """Nothing is real here: registered with the practice office."""
        return self.headquarters == PRACTICE_URL

    @property
    def certificate_payload(self) -> bytes:
        """The exact bytes that the journal's first hash is made of."""
        return read_signed_file(self.certificate_file).payload

    def identity(self) -> Identity:
        """Who writes the journal."""
        return Identity(self.node, self.epoch, self.certificate_payload, self.certificate.key)


def membership(certificate_file: bytes, root: bytes, headquarters: str) -> Membership:
    """The membership that a certificate gives, once its signature holds.

    Raises:
        SignatureInvalid, TooFewSignatures, FileMalformed: the certificate is not genuine.
    """
    trusted = TrustRoot.parse(root)
    certificate = open_certificate(read_signed_file(certificate_file), trusted)
    return Membership(certificate, certificate_file, trusted, headquarters)


class Standing:
    """The membership, once there is one; it is taken up while the program runs."""

    def __init__(self, row: Enrolled | None) -> None:
        self._membership = (
            None if row is None else membership(row.certificate, row.root, row.headquarters)
        )

    @property
    def enrolled(self) -> bool:
        """The node has a name."""
        return self._membership is not None

    @property
    def membership(self) -> Membership:
        """Who this node is.

        Raises:
            NotEnrolled: nobody yet.
        """
        if self._membership is None:
            raise NotEnrolled
        return self._membership

    def take_up(self, found: Membership) -> None:
        """Become that node."""
        self._membership = found
