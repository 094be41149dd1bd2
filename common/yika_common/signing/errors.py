"""What can be wrong with a signed file, a trust root or a sealed box."""

from yika_common.errors import N_, YikaError


class FileMalformed(YikaError):
    """The bytes are not a signed file, or not a document of the kind they claim to be."""

    code = "file_malformed"
    sentence = N_(
        "The file is not whole or not one of ours (%(why)s). Nothing was taken from it. "
        "Fetch or copy it again."
    )


class FileTooLarge(YikaError):
    """A file is longer than any honest file of its kind."""

    code = "file_too_large"
    sentence = N_(
        "The file is longer than the %(limit)s bytes allowed. It was not read. "
        "Check where it comes from."
    )


class SignatureInvalid(YikaError):
    """A signature that names a known key does not fit the content."""

    code = "signature_invalid"
    sentence = N_(
        "The signature of the file (%(kind)s) does not fit its content: it was damaged or "
        "changed. Nothing was taken from it. Fetch the original again."
    )


class TooFewSignatures(YikaError):
    """Fewer known keys signed than the role asks for."""

    code = "too_few_signatures"
    sentence = N_(
        "The file (%(kind)s) carries %(found)s valid signatures of the %(needed)s it needs. "
        "Nothing was taken from it. Have it signed by the people in charge."
    )


class WrongKind(YikaError):
    """A genuine file of another kind was presented."""

    code = "wrong_kind"
    sentence = N_(
        "The file is of the kind “%(found)s” where “%(expected)s” belongs. "
        "Nothing was taken from it. Choose the right file."
    )


class KeyUnusable(YikaError):
    """Bytes that should be a public key are none, or of an algorithm we do not use."""

    code = "key_unusable"
    sentence = N_(
        "A public key cannot be used (%(why)s). Nothing was taken from its document. "
        "Ask headquarters for a new one."
    )


class SealBroken(YikaError):
    """Encrypted bytes do not open: another key, another purpose, or changed on the way."""

    code = "seal_broken"
    sentence = N_(
        "The sealed content does not open with our key. Nothing was taken from it. "
        "Ask headquarters to seal it again for this installation."
    )
