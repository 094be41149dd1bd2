"""The vending point's pages for other machines of its local network, while it serves its own.

They are the same pages over the same node, with names, cookies and rights of their own
(:data:`~yika_node.services.rights.FROM_AFAR`): a cookie of the one is worth nothing at the other.
Loaded where ``node.toml`` has a table ``[lan]``, and nowhere else.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from yika_common.clock import Clock
from yika_common.errors import YikaError
from yika_common.infra.entropy import RandomSource, system_random
from yika_common.infra.serving import in_address
from yika_common.infra.tls_door import TlsDoor
from yika_common.infra.wall_clock import system_clock
from yika_node.bootstrap import Node
from yika_node.errors import NotEnrolled
from yika_node.services.lan_certificate import LanKeeper
from yika_node.services.lan_errors import LanCertificateEarly, LanCertificateOver
from yika_node.web.app import make_node_app
from yika_node.web.entrance import DeskSessions

_log = logging.getLogger(__name__)


@contextmanager
def served_to_others(
    node: Node,
    sessions: DeskSessions,
    soon: Callable[[], None],
    *,
    ready: Callable[..., None],
    late: Callable[[YikaError], None],
    clock: Clock = system_clock,
    random: RandomSource = system_random,
) -> Iterator[None]:
    """Serve other machines as long as the block runs.

    ``ready`` is told the ``url`` by which they reach the pages.  A certificate that is not good
    at this time stops nobody at the counter: ``late`` is told, and other machines get nothing.

    Raises:
        NotEnrolled, LanCertificateMissing, LanKeyUnfit, PortTaken: nothing was started.
    """
    if not node.standing.enrolled:
        raise NotEnrolled
    wanted, keeper = node.config.lan, LanKeeper(node.folder)
    certificate = keeper.held(wanted.host)
    try:
        certificate.check(clock())
    except (LanCertificateEarly, LanCertificateOver) as problem:
        _log.warning("lan_not_served", extra={"facts": {"code": problem.code}})
        late(problem)
        yield
        return
    app = make_node_app(
        node,
        clock=clock,
        random=random,
        instance="lan",
        sessions=sessions,
        soon=soon,
        afar=certificate.names,
    )
    door = TlsDoor(app, keeper.context(), wanted.host, wanted.port)
    ready(url=f"https://{in_address(certificate.names[0])}:{door.open()}/")
    try:
        yield
    finally:
        door.close()
