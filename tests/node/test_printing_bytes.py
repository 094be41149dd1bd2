"""The bytes for a receipt printer, against python-escpos, which knows the commands as well."""

import io
from pathlib import Path

import pytest
import segno
from escpos.printer import Dummy
from PIL import Image

from yika_node.printing import commands
from yika_node.printing.codes import drawn
from yika_node.printing.encoding import encoded
from yika_node.printing.paper import Align, Code, Line, Logo, Paper, Rule
from yika_node.printing.pictures import FontMissing, LogoUnusable, _found_font, logo_dots
from yika_node.printing.profiles import PROFILES, WIDTHS, Profile, profile_of

TEXT = Profile()
PICTURE = Profile(chinese=False, codes=False)
RECEIPT = Paper(
    "receipt",
    (
        Line("市供电公司", align=Align.CENTRE, bold=True, big=True),
        Rule(),
        Line("电费", "￥120.00"),
        Line("Paid", "￥120.00", bold=True),
        Code("YIKA:ABC234"),
    ),
)


def oracle() -> Dummy:
    """python-escpos's printer; a byte goes where it is told, nothing is translated."""
    return Dummy()


def test_cut_drawer_and_initialisation_are_those_of_the_oracle() -> None:
    printer = oracle()
    printer.hw("INIT")
    printer.cut(mode="PART")
    printer.cashdraw(2)
    kick = printer.output[-len(commands.DRAWER) :]
    assert printer.output[: -len(kick)] == commands.INITIALISE + commands.CUT
    assert commands.DRAWER[:3] == kick[:3]


def test_a_drawer_is_opened_without_any_paper() -> None:
    sent = encoded(Paper("", (), drawer=True), Profile(chinese=False))
    assert sent == commands.INITIALISE + commands.DRAWER


@pytest.mark.parametrize("dots", [1, 3, 8])
@pytest.mark.parametrize("text", ["YIKA:ABC", "A" * 1500])
def test_a_qr_code_is_ordered_as_the_oracle_orders_it(text: str, dots: int) -> None:
    printer = oracle()
    printer.qr(text, ec=1, size=dots, native=True)
    assert commands.qr_code(text.encode(), dots, "m") == printer.output


def test_a_picture_is_sent_as_the_oracle_sends_it(tmp_path: Path) -> None:
    image = Image.effect_mandelbrot((384, 300), (-2, -1.5, 1, 1.5), 50).convert("1")
    printer = oracle()
    printer.image(image, impl="bitImageRaster", fragment_height=commands.BAND)
    rows = image.point(lambda dot: 255 - dot).tobytes()
    assert commands.picture(rows, 48) == printer.output


@pytest.mark.parametrize("align", list(Align))
def test_looks_are_those_of_the_oracle(align: Align) -> None:
    printer = oracle()
    printer.set_with_default(align=align.name.lower().replace("centre", "center"), bold=True)
    printer.set(double_width=True, double_height=True)
    assert commands.align(align) in printer.output
    assert commands.bold(on=True) in printer.output
    printer = oracle()
    printer.set(custom_size=True, width=2, height=2)
    assert commands.big(on=True) in printer.output


def test_a_receipt_in_text_mode_is_byte_for_byte_what_was_published() -> None:
    """By hand from the command tables; 电费 is B5 E7 B7 D1 in GB 18030."""
    code = drawn("YIKA:ABC234", TEXT.dots)
    assert code is not None
    assert encoded(RECEIPT, TEXT) == b"".join(
        (
            b"\x1b@\x1c&",
            b"\x1ba\x01\x1bE\x01\x1d!\x11",
            bytes.fromhex("CAD0B9A9B5E7B9ABCBBE") + b"\n",
            b"\x1d!\x00\x1bE\x00\x1ba\x00",
            b"-" * 48 + b"\n",
            bytes.fromhex("B5E7B7D1") + b" " * 36 + bytes.fromhex("A3A4") + b"120.00\n",
            b"\x1bE\x01Paid" + b" " * 36 + bytes.fromhex("A3A4") + b"120.00\n\x1bE\x00",
            b"\x1ba\x01" + commands.qr_code(b"YIKA:ABC234", code.dots, "m") + b"\x1ba\x00",
            b"\x1bd\x06\x1dV\x01",
        )
    )


def test_what_the_printer_has_no_character_for_is_drawn_and_the_rest_is_text() -> None:
    common, rare = Line("王小明"), Line("王㐂明")
    assert b"\x1dv0" not in encoded(Paper("", (common,)), TEXT)
    sent = encoded(Paper("", (common, rare, common)), TEXT)
    assert sent.count(b"\x1dv0") == 1
    assert sent.count("王小明".encode("gb18030")) == 2


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("mm", WIDTHS)
def test_every_profile_prints_on_every_width(name: str, mm: int) -> None:
    profile = profile_of(name, mm, cuts=True, logo=None)
    sent = encoded(RECEIPT, profile)
    assert (b"\x1dv0" in sent) is (name != "gb18030")
    assert ("电费".encode("gb18030") in sent) is (name != "raster")
    assert sent.endswith(commands.CUT)


def test_a_picture_is_as_wide_as_the_paper() -> None:
    for mm, width in ((58, 48), (80, 72)):
        sent = encoded(RECEIPT, Profile(mm, chinese=False, codes=False))
        assert sent.count(b"\x1dv0\0" + bytes((width, 0))) == sent.count(b"\x1dv0\0")


def test_a_receipt_as_text_is_a_tenth_of_one_as_a_picture() -> None:
    assert len(encoded(RECEIPT, TEXT)) * 10 < len(encoded(RECEIPT, PICTURE))


def test_a_code_is_as_large_as_fits_and_readable() -> None:
    for length in (10, 300, 1200, 2500, 3500):
        code = drawn("A" * length, 384)
        assert code is not None
        assert 2 <= code.dots <= 6
        assert (len(code.modules) + 8) * code.dots <= 384
        matrix = segno.make_qr("A" * length, error=code.correction, boost_error=False).matrix
        assert [[int(dot) for dot in row] for row in code.modules] == [list(row) for row in matrix]
    assert drawn("A" * 9000, 384) is None
    assert drawn("", 384) is None


def logo(path: Path, size: tuple[int, int] = (600, 300)) -> Path:
    picture = Image.new("RGBA", size, (0, 0, 0, 0))
    picture.paste((0, 0, 0, 255), (0, 0, size[0] // 2, size[1]))
    picture.save(path, "PNG")
    return path


def test_a_logo_is_made_to_fit_and_what_is_transparent_stays_white(tmp_path: Path) -> None:
    dots = logo_dots(logo(tmp_path / "logo.png"), 384)
    seen = Image.frombytes("1", (dots.width * 8, len(dots.rows) // dots.width), dots.rows)
    assert seen.width == 384
    assert seen.height <= 200
    assert seen.getpixel((60, 60))
    assert not seen.getpixel((320, 60))
    profile = Profile(58, logo=tmp_path / "logo.png")
    assert b"\x1dv0" in encoded(Paper("", (Logo(),)), profile)
    assert b"\x1dv0" not in encoded(Paper("", (Logo(),)), Profile(58))


@pytest.mark.parametrize("fault", ["missing", "text", "cut", "huge", "long", "jpeg"])
def test_a_bad_logo_is_refused_with_its_reason(tmp_path: Path, fault: str) -> None:
    path = tmp_path / "logo.png"
    if fault == "text":
        path.write_bytes(b"no picture")
    elif fault == "cut":
        whole = io.BytesIO()
        Image.effect_noise((200, 200), 90).save(whole, "PNG")
        path.write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    elif fault == "huge":
        path.write_bytes(bytes(600 << 10))
    elif fault == "long":
        Image.new("1", (8, 5000)).save(path)
    elif fault == "jpeg":
        Image.new("L", (9, 9)).save(path, "JPEG")
    with pytest.raises(LogoUnusable):
        logo_dots(path, 384)


def test_without_a_chinese_font_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("yika_node.printing.pictures.FONTS", (("/nowhere.ttc", 0),))
    with pytest.raises(FontMissing, match="fonts-noto-cjk"):
        encoded(RECEIPT, PICTURE)
    latin = Paper("", (Line("Receipt N0042-1-000007"),))
    assert b"\x1dv0" in encoded(latin, PICTURE)
    _found_font.cache_clear()
