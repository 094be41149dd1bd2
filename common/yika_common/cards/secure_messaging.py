"""Proof of both sides, then commands that nobody in between can make, change or replay.

Source: the EV2 dialogue in NXP's AN12196 (three passes, session keys by CMAC, every second byte
of a MAC kept), carried in ISO/IEC 7816-4 commands.

1. The card sends ``E(K, RndB)``.
2. The host sends ``E(K, RndA | RndB rotated left by a byte)``: it knows K.
3. The card sends ``E(K, TI | RndA rotated left by a byte | 12 zero bytes)``: so does the card.

E is CBC with a zero IV, by the cipher of K (AES-128, or SM4 with
SM4-CMAC for CMAC); TI is a 4-byte number of the session.  With ``A[i]`` as in the
source (byte 15 is the first one of 16)::

    x    = RndA[15..14] | RndA[13..8] xor RndB[15..10] | RndB[9..0] | RndA[7..0]
    KENC = CMAC(K, A5 5A 00 01 00 80 | x)        KMAC = CMAC(K, 5A A5 00 01 00 80 | x)

A protected command ends in the MAC of ``CLA INS P1 P2 | counter | TI | data``, its answer in the
MAC of ``SW1 SW2 | counter + 1 | TI | data``; the counter has 2 bytes, low byte first, and grows by
one with each command.  A command begins with 84 and an answer with 90, so neither passes for the
other.  A key travels as ``CBC(KENC, iv, key)``, where
``iv = E(KENC, A5 5A | TI | counter | 8 zero bytes)``.  Any error ends the session on both sides.
"""

from dataclasses import field

from yika_common.cards.ciphers import cmac, decrypt_cbc, encrypt_cbc, key_of, same, suite_of
from yika_common.values import dataclass

NONCE_SIZE = 16
TI_SIZE = 4
SESSION_MAC_SIZE = 8
CHALLENGE_SIZE = NONCE_SIZE
RESPONSE_SIZE = 2 * NONCE_SIZE
COUNTER_MAX = 0xFFFF
_CAPABILITIES = bytes(12)
_ENC_LABEL = bytes.fromhex("A55A00010080")
_MAC_LABEL = bytes.fromhex("5AA500010080")
_IV_LABEL = bytes.fromhex("A55A")


def rotated(nonce: bytes) -> bytes:
    """The nonce rotated left by one byte."""
    return nonce[1:] + nonce[:1]


def session_keys(key: bytes, rnd_a: bytes, rnd_b: bytes) -> tuple[bytes, bytes]:
    """(KENC, KMAC) of a session, 16 bytes each."""
    mixed = bytes(a ^ b for a, b in zip(rnd_a[2:8], rnd_b[:6], strict=True))
    tail = rnd_a[:2] + mixed + rnd_b[6:] + rnd_a[8:]
    suite = suite_of(key)
    return (
        key_of(suite, cmac(key, _ENC_LABEL + tail)),
        key_of(suite, cmac(key, _MAC_LABEL + tail)),
    )


def truncated(mac: bytes) -> bytes:
    """Every second byte of a CMAC, 8 bytes."""
    return mac[1::2]


def host_proof(key: bytes, rnd_a: bytes, challenge: bytes) -> tuple[bytes, bytes]:
    """The second pass: (what the host sends, RndB); ``challenge`` is the card's ``E(K, RndB)``."""
    rnd_b = decrypt_cbc(key, challenge)
    return encrypt_cbc(key, rnd_a + rotated(rnd_b)), rnd_b


def check_host_proof(key: bytes, rnd_b: bytes, proof: bytes) -> bytes | None:
    """RndA, if the host knew the key; None if it did not."""
    plain = decrypt_cbc(key, proof)
    rnd_a, returned = plain[:NONCE_SIZE], plain[NONCE_SIZE:]
    return rnd_a if same(returned, rotated(rnd_b)) else None


def card_proof(key: bytes, rnd_a: bytes, ti: bytes) -> bytes:
    """The third pass, 32 bytes."""
    return encrypt_cbc(key, ti + rotated(rnd_a) + _CAPABILITIES)


def check_card_proof(key: bytes, rnd_a: bytes, proof: bytes) -> bytes | None:
    """TI, if the card knew the key; None if it did not."""
    plain = decrypt_cbc(key, proof)
    expected = rotated(rnd_a) + _CAPABILITIES
    return plain[:TI_SIZE] if same(plain[TI_SIZE:], expected) else None


@dataclass(slots=True)
class SecureSession:
    """The state both sides keep; ``counter`` is that of the next command."""

    kenc: bytes = field(repr=False)
    kmac: bytes = field(repr=False)
    ti: bytes
    counter: int = 0

    @classmethod
    def begin(cls, key: bytes, rnd_a: bytes, rnd_b: bytes, ti: bytes) -> "SecureSession":
        """The session that a finished authentication leads to."""
        kenc, kmac = session_keys(key, rnd_a, rnd_b)
        return cls(kenc=kenc, kmac=kmac, ti=ti)

    def command_mac(self, header: bytes, data: bytes) -> bytes:
        """The MAC of a command; ``header`` is CLA INS P1 P2."""
        return self._mac(header, self.counter, data)

    def response_mac(self, status: bytes, data: bytes) -> bytes:
        """The MAC of the answer to the command of the present counter."""
        return self._mac(status, self.counter + 1, data)

    def command_is_genuine(self, header: bytes, data: bytes, mac: bytes) -> bool:
        """Whether the other side sent this command now."""
        return same(mac, self.command_mac(header, data))

    def response_is_genuine(self, status: bytes, data: bytes, mac: bytes) -> bool:
        """Whether the other side gave this answer now."""
        return same(mac, self.response_mac(status, data))

    def advance(self) -> None:
        """Count the command that was just answered."""
        self.counter += 1

    def encrypt_key(self, key: bytes) -> bytes:
        """A 16-byte key as it travels in the command of the present counter."""
        return encrypt_cbc(self.kenc, key, self._iv())

    def decrypt_key(self, secret: bytes) -> bytes:
        """The inverse of :meth:`encrypt_key`."""
        return decrypt_cbc(self.kenc, secret, self._iv())

    def _mac(self, head: bytes, counter: int, data: bytes) -> bytes:
        covered = head + counter.to_bytes(2, "little") + self.ti + data
        return truncated(cmac(self.kmac, covered))

    def _iv(self) -> bytes:
        block = _IV_LABEL + self.ti + self.counter.to_bytes(2, "little") + bytes(8)
        return encrypt_cbc(self.kenc, block)
