"""Makes the photograph that is kept of a picture that was sent; a process of its own.

It reads the picture from its standard input and writes a JPEG to its standard output: upright, at
most :data:`SIDE` pixels wide and high, and with nothing of the original but what can be seen.  So
neither the place where it was taken nor a file that hides behind the picture is kept.  Whatever a
hostile picture does to the decoder, it does here: without keys, with so much memory and time and
no more.  Its parent takes any end but a good one for a refusal.
"""

import io
import resource
import sys
import warnings
from typing import Final

from PIL import Image, ImageOps

SIDE: Final = 1280
"""Pixels; enough to read a meter's display and a receipt."""
PIXELS_MAX: Final = 50_000_000
SENT_MAX: Final = 8 << 20
"""Bytes of a picture that is sent."""
KEPT_MAX: Final = 256 << 10
"""Bytes of a photograph that is kept."""
MEMORY_MAX: Final = 512 << 20
SECONDS_MAX: Final = 20
_QUALITIES: Final = (75, 60, 45, 30)
_WHITE: Final = (255, 255, 255)


def made(picture: bytes) -> bytes:
    """The photograph; what can't be decoded, or made small enough, raises something."""
    Image.MAX_IMAGE_PIXELS = PIXELS_MAX
    with Image.open(io.BytesIO(picture), formats=("JPEG", "PNG")) as opened:
        # A JPEG is decoded at a fraction of its size, where that is enough.
        opened.draft("RGB", (SIDE, SIDE))
        upright = ImageOps.exif_transpose(opened).convert("RGBA")
    upright.thumbnail((SIDE, SIDE))
    # A new picture: nothing that the old one carried along is in it.
    plain = Image.new("RGB", upright.size, _WHITE)
    plain.paste(upright, mask=upright.getchannel("A"))
    for quality in _QUALITIES:
        kept = io.BytesIO()
        plain.save(kept, "JPEG", quality=quality)
        if kept.tell() <= KEPT_MAX:
            return kept.getvalue()
    raise ValueError("no photograph of this size is that large")


def main() -> None:
    """From standard input to standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_MAX, SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    sys.stdout.buffer.write(made(sys.stdin.buffer.read(SENT_MAX)))


if __name__ == "__main__":
    main()
