"""What an inspection finds of the pages for other machines: how long their certificate is good."""

from datetime import datetime
from pathlib import Path

from yika_common.errors import N_
from yika_node.services.findings import Finding, good, warn
from yika_node.services.lan_certificate import LanKeeper


def local_network(folder: Path, host: str, now: datetime) -> Finding:
    """The certificate and its key.

    Raises:
        LanCertificateMissing, LanKeyUnfit, LanCertificateEarly, LanCertificateOver: it is not
            good now.
    """
    certificate = LanKeeper(folder).held(host)
    certificate.check(now)
    text = N_("Other machines get the pages at %(host)s; the certificate is good until %(until)s.")
    facts = {"host": host, "until": f"{certificate.until:%Y-%m-%d}"}
    if certificate.ends_soon(now):
        advice = N_(
            "Ask headquarters for the next one: “yika-node lan request”. The counter itself goes "
            "on without it."
        )
        return warn(N_("Local network"), text, advice, **facts)
    return good(N_("Local network"), text, **facts)
