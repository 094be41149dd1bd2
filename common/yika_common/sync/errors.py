"""What can be wrong with a message between node and headquarters."""

from yika_common.errors import N_, YikaError


class TokenMalformed(YikaError):
    """What was typed or scanned is no enrolment token."""

    code = "token_malformed"
    sentence = N_(
        "This is not an enrolment token. Nothing was set up. "
        "Copy the whole text that headquarters gave, beginning with YIKA1."
    )


class EnrolmentRefused(YikaError):
    """The request does not prove that it comes from the holder of the token."""

    code = "enrolment_refused"
    sentence = N_(
        "The enrolment of node %(node)s was refused: its token is unknown, used, expired or does "
        "not fit. Nothing was enrolled. Ask headquarters for a new token."
    )


class RootUnknown(YikaError):
    """The root document is not the one the token names."""

    code = "root_unknown"
    sentence = N_(
        "The keys that headquarters presented are not the ones the token names. "
        "Nothing was set up. Check the address in the token with headquarters."
    )


class MessageForAnother(YikaError):
    """A genuine message is addressed to another node or epoch."""

    code = "message_for_another"
    sentence = N_(
        "The message is for node %(node)s, not for this one. Nothing was taken from it. "
        "Bring the file meant for this node."
    )


class ManifestOlder(YikaError):
    """The manifest is not newer than the one in force."""

    code = "manifest_older"
    sentence = N_(
        "Headquarters' list %(found)s is not newer than list %(held)s in force. "
        "The one in force stays. Fetch the newest list."
    )


class ManifestForked(YikaError):
    """The manifest does not follow from the one in force."""

    code = "manifest_forked"
    sentence = N_(
        "Headquarters' list %(found)s does not continue list %(held)s in force. "
        "The one in force stays. Report this to headquarters."
    )


class ItemVanished(YikaError):
    """The manifest leaves out an item that the one in force has."""

    code = "item_vanished"
    sentence = N_(
        "Headquarters' new list leaves out “%(name)s”, which is in force. "
        "The list in force stays. Report this to headquarters."
    )


class ItemOlder(YikaError):
    """The manifest takes an item back to a lower version."""

    code = "item_older"
    sentence = N_(
        "Headquarters' new list would take “%(name)s” from version %(held)s back to %(found)s. "
        "The list in force stays. Report this to headquarters."
    )


class ItemChanged(YikaError):
    """The manifest gives an item other content under the same version."""

    code = "item_changed"
    sentence = N_(
        "Headquarters' new list changes “%(name)s” without raising its version. "
        "The list in force stays. Report this to headquarters."
    )


class ItemMismatch(YikaError):
    """The bytes delivered for an item are not the ones the manifest names."""

    code = "item_mismatch"
    sentence = N_(
        "“%(name)s” arrived, but its content is not the one headquarters listed. "
        "The list in force stays. Fetch it again."
    )


class AckStale(YikaError):
    """The acknowledgement is not newer than the last one taken."""

    code = "ack_stale"
    sentence = N_(
        "The acknowledgement %(found)s is not newer than %(held)s, taken before. "
        "It was passed over. Nothing needs to be done."
    )


class AckChallenge(YikaError):
    """The acknowledgement answers another exchange."""

    code = "ack_challenge"
    sentence = N_(
        "The acknowledgement answers another exchange than this one. It was passed over. "
        "Synchronise again."
    )


class AckAhead(YikaError):
    """Headquarters holds more of this journal than the node itself."""

    code = "ack_ahead"
    sentence = N_(
        "Headquarters holds records up to %(upto)s of this node, more than the node itself: its "
        "data was restored or copied. Selling must stop. Call headquarters."
    )


class AckForked(YikaError):
    """Headquarters holds other records of this journal than the node."""

    code = "ack_forked"
    sentence = N_(
        "Headquarters holds another record %(upto)s of this node than the node itself: two copies "
        "of it have been selling. Selling must stop. Call headquarters."
    )


class CertificateMissing(YikaError):
    """Nothing at hand says which key signs for a node."""

    code = "certificate_missing"
    sentence = N_(
        "No certificate of node %(node)s, epoch %(epoch)s, was given, so its signature cannot be "
        "checked. Nothing was judged. Name the file with the certificate too."
    )
