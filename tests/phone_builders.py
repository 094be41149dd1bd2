"""Headquarters at the telephone: what it answers to what is read to it."""

from yika_common.signing.phone_code import Question, code_of, phone_key, read_digits
from yika_node.bootstrap import Node
from yika_node.services.phone_desk import Asked, PhoneDesk
from yika_node.web.phone_pages import phone_desk_of

PERSONAL = bytes.fromhex("aa" * 32)
"""As the little headquarters gives it to its node."""


def desk_of(node: Node) -> PhoneDesk:
    """A node's desk for headquarters' answers."""
    return phone_desk_of(node)


def said_by_headquarters(question: Question, challenge: str) -> str:
    """The code for what somebody says on the telephone."""
    return code_of(phone_key(PERSONAL), question, read_digits(challenge, 12))


def answer_to(asked: Asked) -> str:
    """The code for exactly what the page shows."""
    return said_by_headquarters(asked.question, asked.challenge)


def other_code(code: str) -> str:
    """A code that could be shown, and is another."""
    from yika_common.signing.phone_code import damm

    number = f"{(int(code[:-1]) + 1) % 10**8:08}"
    return f"{number}{damm(number)}"
