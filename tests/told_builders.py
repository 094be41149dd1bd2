"""Two vending points at headquarters, one of which opened an account, and what both are told."""

from central_builders import HandClock, Pen, enrol, publish_water
from yika_central.bootstrap import Headquarters
from yika_common.services import PROFILES
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.customers import (
    CUSTOMERS_ITEM,
    AccountSheet,
    item_name,
    open_customers,
    part_of,
)
from yika_common.sync.messages import Manifest

ACCOUNT, OTHER = "N0001-000017", "N0001-000025"
CARD = "860000000001"
METERS = ("000000000001", "000000000002", "000000000003", "000000000004")
MORE = ("000000000005", "000000000006", "000000000007", "000000000008")


def told_town(headquarters: Headquarters, clock: HandClock) -> tuple[Pen, Pen]:
    """Two vending points of one area; the first has opened an account."""
    publish_water(headquarters)
    headquarters.stock.take_in_new("A01", PROFILES[4] * 2, 2)
    first, second = enrol(headquarters, clock), enrol(headquarters, clock, "N0002", seed=2)
    first.open_account(ACCOUNT, METERS, card=CARD)
    deliver(first)
    return first, second


def deliver(pen: Pen) -> Manifest | None:
    """Send what is new, or a sign of life; the node then holds the manifest that came."""
    sent = pen.ack_count and getattr(pen, "sent", 0)
    manifest = pen.send(pen.cut(sent + 1)).manifest
    pen.sent = pen.seq  # type: ignore[attr-defined]
    if manifest is not None:
        pen.held = manifest.version
        pen.manifest = manifest
    return manifest


def told(hq: Headquarters, pen: Pen, account: str = ACCOUNT) -> AccountSheet | None:
    """The sheet of the account in the newest manifest that the node holds."""
    name = item_name("A01", part_of(account))
    for item in pen.manifest.items:
        if item.name == name:
            file = read_signed_file(hq.registry.item(bytes.fromhex(item.sha256)))
            opened = open_customers(file, hq.keys.root, pen.kem, item=name, node=pen.node, epoch=1)
            found = [sheet for sheet in opened.sheets if sheet.account == account]
            return found[0] if found else None
    return None


def versions(pen: Pen) -> dict[str, int]:
    return {
        item.name: item.version
        for item in pen.manifest.items
        if item.name.startswith(CUSTOMERS_ITEM)
    }
