"""The one place where randomness enters the program."""

import secrets
from collections.abc import Callable

RandomSource = Callable[[int], bytes]
"""Returns that many unpredictable bytes; tests pass one that repeats itself."""

system_random: RandomSource = secrets.token_bytes
