"""The reader itself failed; each driver names its own cases below this class."""

from yika_common.errors import YikaError


class ReaderError(YikaError):
    """The reader did not do its part; a command under way may have reached the card."""
