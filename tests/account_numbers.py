"""The check of an account number, as ISO 7064 words it."""


def checks(number: str) -> bool:
    """Letters count as 10 to 35; the whole, divided by 97, leaves 1."""
    return int("".join(str(int(character, 36)) for character in number)) % 97 == 1
