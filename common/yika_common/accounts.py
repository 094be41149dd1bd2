"""Account numbers: made at a vending point without asking anybody, and safe to type.

=====================  =======================================================
part                   example
=====================  =======================================================
node                   ``N0042``
epoch, 2 digits        ``01``: a node that begins anew never reuses a number
sequence, 5 digits     ``00017``
check, 2 digits        ``41``
=====================  =======================================================

The check digits are those of ISO 7064 MOD 97-10, as in bank account numbers: letters count as 10
to 35.  Any single wrong character and any two neighbours swapped are noticed.
"""

_MODULUS = 97


def account_number(node: str, epoch: int, sequence: int) -> str:
    """The number of the ``sequence``-th account (from 1) that a node opens in an epoch."""
    stem = f"{node.replace('-', '')}{epoch:02}{sequence:05}"
    return f"{stem}{_MODULUS + 1 - _remainder(stem + '00'):02}"


def _remainder(text: str) -> int:
    return int("".join(str(int(character, 36)) for character in text)) % _MODULUS
