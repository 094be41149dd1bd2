"""Feeds bytes to emupos's printer and keeps the receipts that it prints; runs in emupos's Python.

``emupos_child.py WIDTH FOLDER [FAULT...] < bytes`` writes ``N.png`` and ``N.txt`` for each receipt
and tells the rest as JSON on standard output.

emupos draws one byte as one cell and has no Chinese characters.  Where FS & is on, the two bytes
of a character (GB 18030) are drawn here instead, into their two cells, as a printer sold in China
does; all else (commands, positions, widths, codes, pictures) is emupos's own.
"""

import json
import sys
from pathlib import Path
from typing import Any

from emupos.config import FontCell, PrinterProfile
from emupos.printer.escpos import model
from emupos.printer.escpos.render import scale
from emupos.printer.escpos.tokenizer import Command
from emupos.printer.printer import Printer, PrinterFault
from PIL import Image, ImageDraw, ImageFont

FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
_own_text = model.PrintModel._print_text
_own_process = model.PrintModel.process


class _Chinese:
    on = False


def _process(self: Any, token: Any) -> Any:
    if isinstance(token, Command) and token.name in ("FS &", "FS .", "ESC @"):
        _Chinese.on = token.name == "FS &"
    return _own_process(self, token)


def _text(self: Any, data: bytes) -> None:
    if not _Chinese.on:
        _own_text(self, data)
        return
    for char in data.decode("gb18030"):
        if char.isascii():
            _own_text(self, char.encode())
        else:
            _character(self, char)


def _character(self: Any, char: str) -> None:
    style = self.settings.style
    cell = Image.new("1", (24, 24), 255)
    font = ImageFont.truetype(FONT, 22, index=2)
    ImageDraw.Draw(cell).text((1, 21), char, fill=0, font=font, anchor="ls")
    image = scale(cell, style.width, style.height)
    if self.receipt.position + image.width > self._print_area.width:
        self._print_line(self.settings.line_spacing)
    self.receipt.add_to_line(image, char)


def main(width: int, folder: Path, faults: list[str]) -> None:
    model.PrintModel._print_text = _text
    model.PrintModel.process = _process
    profile = PrinterProfile(
        type="printer",
        name="tests",
        dpi=203,
        width_dots=width,
        font_a=FontCell(width=12, height=24),
        font_b=FontCell(width=9, height=17),
        code_pages={0: "PC437"},
        default_code_page=0,
        drawer_sensor_open_level="high",
    )
    printer = Printer("p", profile, sensor_open_level="high", job_idle_timeout_ms=2000)
    for fault in faults:
        printer.set_fault(PrinterFault(fault), True, 0.0)
    printer.open_connection("c", 0.0)
    out = printer.receive("c", sys.stdin.buffer.read(), 0.0)
    out += printer.close_connection("c", 1.0)
    for number, receipt in enumerate(out.receipts):
        (folder / f"{number}.png").write_bytes(receipt.png)
        (folder / f"{number}.txt").write_text(receipt.text, encoding="utf-8")
    told = {
        "receipts": len(out.receipts),
        "answers": b"".join(write.data for write in out.writes).hex(),
        "unknown": [e.data for e in out.events if e.type.name == "PRINTER_COMMAND_UNKNOWN"],
        "drawer": printer.state().drawer,
    }
    print(json.dumps(told))


main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
