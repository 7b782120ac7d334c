#!/usr/bin/env python3
"""Writes folding.txt: what TextFolding.cs compares by (APPROVE-40), from the Unicode data of the Python that runs it.

    python3 folding.py > folding.txt

F code point, its full compatibility decomposition after case folding; nothing when it is to be ignored
P two code points and what they compose to
C code point and its canonical combining class
"""
import sys
import unicodedata


def decomposed(text):
    return unicodedata.normalize("NFKD", text)


def folded(text):
    for _ in range(3):
        text = decomposed(text.casefold())
    return text


def ignored(code):
    # Default ignorable: soft hyphen, zero width, variation selectors, bidi marks, fillers.
    return code in (0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFEFF, 0xFFA0) or any(
        low <= code <= high
        for low, high in ((0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0xFE00, 0xFE0F), (0xE0000, 0xE0FFF)))


def hexes(text):
    return " ".join(f"{ord(c):X}" for c in text)


def main():
    print(f"# Unicode {unicodedata.unidata_version}, written by folding.py")
    composed, classes = [], []
    for code in range(0x110000):
        if 0xD800 <= code <= 0xDFFF or 0xAC00 <= code <= 0xD7A3:
            continue
        if 0xE0000 <= code <= 0xE0FFF:
            continue
        char = chr(code)
        result = "" if ignored(code) else folded(char)
        if result != char:
            print(f"F {code:X} {hexes(result)}".rstrip())
        parts = unicodedata.decomposition(char)
        if parts and not parts.startswith("<") and len(parts.split()) == 2 and unicodedata.normalize("NFC", char) == char:
            composed.append(f"P {parts} {code:X}")
        if unicodedata.combining(char):
            classes.append(f"C {code:X} {unicodedata.combining(char)}")
    print("\n".join(composed + classes))


if __name__ == "__main__":
    sys.exit(main())
