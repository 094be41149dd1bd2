"""What exactly is signed: the DSSE pre-authentication encoding.

Source: Dead Simple Signing Envelope, protocol.md, version 1.  The type is signed together with the
bytes, so no signed content can be presented as something else; lengths make the encoding
unambiguous; nobody needs a canonical form of the content.
"""


def pae(payload_type: str, payload: bytes) -> bytes:
    """``DSSEv1 <length> <type> <length> <payload>``, lengths in bytes as ASCII decimals."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
