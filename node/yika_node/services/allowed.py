"""What this vending point may sell: the services that its certificate names.

Headquarters decides when it invites the vending point, with a token or on the system card.
Refunds, readings and other points' sales are not concerned.
"""

from collections.abc import Iterable

from yika_common.errors import N_, YikaError
from yika_common.services import Service
from yika_node.services.standing import Standing


class ServiceNotAllowed(YikaError):
    """The certificate does not name the service."""

    code = "service_not_allowed"
    sentence = N_(
        "This vending point may not sell %(service)s. Nothing was done. Ask headquarters to let "
        "it, or use another vending point."
    )


def service_refused(standing: Standing, services: Iterable[Service]) -> ServiceNotAllowed | None:
    """Why the first service is refused that this vending point may not sell; None: it may.

    Raises:
        NotEnrolled: nobody has said yet what may be sold.
    """
    allowed = standing.membership.certificate.services
    for service in services:
        if service not in allowed:
            return ServiceNotAllowed(service=service.value)
    return None


def check_services(standing: Standing, services: Iterable[Service]) -> None:
    """Refuse the first service that this vending point may not sell.

    Raises:
        ServiceNotAllowed: names it.
        NotEnrolled: nobody has said yet what may be sold.
    """
    refusal = service_refused(standing, services)
    if refusal is not None:
        raise refusal
