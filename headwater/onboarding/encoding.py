"""Which encoding a text file is in."""

import codecs
from pathlib import Path

import charset_normalizer
from charset_normalizer.constant import TOO_SMALL_SEQUENCE

from lakehouse.intake.compression import opened

BLOCK = 1 << 20
MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
ONE_BYTE, MORE_BYTES = (
    ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254"],
    ["shift_jis", "gb18030", "big5", "euc_kr"],
)
NAMES = {
    "cp1252": "windows-1252",
    "cp1250": "windows-1250",
    "cp1251": "windows-1251",
    "cp1253": "windows-1253",
    "cp1254": "windows-1254",
}


def encoding_of(path: Path) -> tuple[str, bool]:
    """The file's encoding, and whether that is a guess: UTF-8 when all of it is, else the likeliest
    of the old ones.

    `windows-1252` stands for ISO-8859-1 too, as browsers have it (encoding.spec.whatwg.org): every
    letter is the same.
    """
    with opened(path, "latin-1") as text:  # for its unpacking alone
        file = text.buffer
        block = file.read(BLOCK)
        for mark, name in MARKS.items():
            if block.startswith(mark):
                return name, False
        decoder = codecs.getincrementaldecoder("utf-8")()
        while block:
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return _likeliest(block), True
            block = file.read(BLOCK)
    return "utf-8", False


def _likeliest(block: bytes) -> str:
    """By charset-normalizer among those in use; the ones of several bytes only where there is
    enough to tell them by, as it says itself.
    """
    foreign = sum(byte > 127 for byte in block)
    matches = charset_normalizer.from_bytes(
        block, cp_isolation=[*ONE_BYTE, *(MORE_BYTES if foreign >= TOO_SMALL_SEQUENCE else [])]
    )
    best = matches.best()
    if best is None or "cp1252" in best.could_be_from_charset:
        return "windows-1252"
    return NAMES.get(best.encoding, best.encoding)
