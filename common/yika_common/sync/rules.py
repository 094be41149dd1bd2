"""When a genuine message may be taken: versions only rise, nothing vanishes, heads agree.

Source: the client rules of The Update Framework for manifests; the witness rules of transparency
logs for acknowledgements.  A signature says who wrote a message; these rules say whether it is the
right one now.  None of them looks at a clock.
"""

import hashlib
from collections.abc import Callable

from yika_common.sync.errors import (
    AckAhead,
    AckChallenge,
    AckForked,
    AckStale,
    ItemChanged,
    ItemMismatch,
    ItemOlder,
    ItemVanished,
    ManifestForked,
    ManifestOlder,
    MessageForAnother,
)
from yika_common.sync.messages import EVERYONE, Ack, Item, Manifest


def check_manifest(new: Manifest, *, node: str, held: Manifest | None, held_digest: str) -> None:
    """Whether ``new`` may replace the manifest in force; ``held_digest`` is of its payload.

    The same manifest again is no news, not an error: compare digests first.  A node that missed
    versions cannot check the link to the one before; the rules on items hold all the same.

    Raises:
        MessageForAnother: it is for another node.
        ManifestOlder: its version is not above the one in force.
        ManifestForked: it is the next version and names another one before it.
        ItemVanished, ItemOlder, ItemChanged: an item in force is left out, goes back, or changes
            without a new version.
    """
    if new.audience not in (node, EVERYONE):
        raise MessageForAnother(node=new.audience)
    if held is None:
        return
    if new.version <= held.version or new.root_version < held.root_version:
        raise ManifestOlder(found=new.version, held=held.version)
    if new.version == held.version + 1 and new.prev != held_digest:
        raise ManifestForked(found=new.version, held=held.version)
    offered = {item.name: item for item in new.items}
    for item in held.items:
        _check_item(item, offered.get(item.name))


def _check_item(held: Item, new: Item | None) -> None:
    if new is None:
        raise ItemVanished(name=held.name)
    if new.version < held.version:
        raise ItemOlder(name=held.name, held=held.version, found=new.version)
    if new.version == held.version and new.sha256 != held.sha256:
        raise ItemChanged(name=held.name)


def check_item(item: Item, data: bytes) -> None:
    """Whether these bytes are the item's file.

    Raises:
        ItemMismatch: they are not.
    """
    if len(data) != item.length or hashlib.sha256(data).hexdigest() != item.sha256:
        raise ItemMismatch(name=item.name)


def check_ack(
    ack: Ack,
    *,
    node: str,
    epoch: int,
    challenge: str | None,
    last_count: int,
    own_head: Callable[[int], bytes | None],
) -> None:
    """Whether an acknowledgement is for us, new, and agrees with our own journal.

    ``own_head`` gives the hash after record ``seq`` (the genesis hash for 0), or None above our
    own end.  ``challenge`` is that of the exchange, or None for one that came by stick.

    Raises:
        MessageForAnother: another node's, or another epoch's.
        AckChallenge: an answer to another exchange.
        AckStale: not above the last count taken.
        AckAhead: headquarters holds more than we do: we were restored; selling must stop.
        AckForked: headquarters holds another record there: we were copied; selling must stop.
    """
    if (ack.node, ack.epoch) != (node, epoch):
        raise MessageForAnother(node=ack.node)
    if challenge is not None and ack.challenge != challenge:
        raise AckChallenge
    if ack.count <= last_count:
        raise AckStale(found=ack.count, held=last_count)
    head = own_head(ack.upto)
    if head is None:
        raise AckAhead(upto=ack.upto)
    if head.hex() != ack.head:
        raise AckForked(upto=ack.upto)
