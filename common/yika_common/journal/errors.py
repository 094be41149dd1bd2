"""What can be wrong with a record or a segment."""

from yika_common.errors import N_, YikaError


class RecordMalformed(YikaError):
    """A line is not a record."""

    code = "record_malformed"
    sentence = N_(
        "A line of the journal is not a record (%(why)s). Nothing was taken from it. "
        "Keep the file and report it to headquarters."
    )


class RecordTooLong(YikaError):
    """What should be recorded does not fit one record."""

    code = "record_too_long"
    sentence = N_(
        "The record would be %(size)s bytes long and at most %(limit)s are allowed. "
        "Nothing was recorded. Shorten the texts in it or split the act."
    )


class SegmentMalformed(YikaError):
    """A signed segment breaks its own rules."""

    code = "segment_malformed"
    sentence = N_(
        "The segment is signed but not well formed (%(why)s). It was not taken. "
        "Keep the file and report it to headquarters."
    )


class ChainBroken(YikaError):
    """The records do not lead from the hash before them to the hash after them."""

    code = "chain_broken"
    sentence = N_(
        "The records of node %(node)s from %(first)s to %(last)s do not form the chain their "
        "segment states. They were not taken. Keep the file and report it to headquarters."
    )


class SegmentForAnother(YikaError):
    """The signer's journal is not the one the segment says it continues."""

    code = "segment_for_another"
    sentence = N_(
        "The segment says it is of node %(node)s, epoch %(epoch)s, and its key belongs to "
        "another. It was not taken. Keep the file and report it to headquarters."
    )


class ExcerptMalformed(YikaError):
    """What should be the code of a receipt, or its content, is not."""

    code = "excerpt_malformed"
    sentence = N_(
        "The code of the receipt cannot be read (%(why)s). Nothing was judged. "
        "Scan the code again, or copy all of its characters."
    )


class TransportMalformed(YikaError):
    """Transport coding that does not decode."""

    code = "transport_malformed"
    sentence = N_(
        "The transfer arrived damaged (%(why)s). Nothing was taken from it. Send it again."
    )


class TransportTooLarge(YikaError):
    """Transport coding that would unfold to more than allowed."""

    code = "transport_too_large"
    sentence = N_(
        "The transfer would unfold to more than the %(limit)s bytes allowed. "
        "It was not unfolded. Send less at once."
    )
