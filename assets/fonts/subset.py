#!/usr/bin/env python3
"""Cuts the two interface fonts out of the full Noto Sans SC.

The full family weighs 10 MB a weight; the window needs the characters of simplified Chinese as offices write
it, Latin text, punctuation and the shapes that an interface uses. Run it with a folder that holds the unpacked
npm package `@expo-google-fonts/noto-sans-sc`:

    pip install fonttools==4.68.0
    npm pack @expo-google-fonts/noto-sans-sc@0.4.3
    tar xzf expo-google-fonts-noto-sans-sc-0.4.3.tgz
    python3 subset.py package

With `--collect FILE…` it first adds to `extra_chars.txt` the characters of those files (UTF-8 text) that GB 2312
level 1 and the ranges below do not hold.
"""

import argparse
import pathlib
import unicodedata

from fontTools import subset
from fontTools.ttLib import TTFont

HERE = pathlib.Path(__file__).resolve().parent
EXTRA = HERE / "extra_chars.txt"

# Wanted beside the Han characters, in both weights, where the source has them (first and last code point).
RANGES = [
    (0x0020, 0x007E),  # ASCII
    (0x00A0, 0x00FF),  # Latin-1
    (0x0100, 0x017F),  # Latin Extended-A: pinyin ā ē ī ō ū, names in other Latin scripts
    (0x01CD, 0x01DC),  # pinyin ǎ ǐ ǒ ǔ ǖ ǘ ǚ ǜ
    (0x2010, 0x2027),  # dashes, quotation marks, dagger, bullet, ellipsis
    (0x2030, 0x205E),  # per mille, primes, angle quotation marks, reference mark ※
    (0x2070, 0x208E),  # superscripts and subscripts
    (0x20A0, 0x20BF),  # currency
    (0x2100, 0x214F),  # ℃ № ℡ ™
    (0x2150, 0x218F),  # fractions, Roman numerals
    (0x2190, 0x21FF),  # arrows
    (0x2200, 0x22FF),  # ± ≈ ≠ ≤ ≥ − × ∞
    (0x2300, 0x23FF),  # technical signs: ⌘ ⌥ ⏎
    (0x2460, 0x2473),  # ① … ⑳
    (0x2474, 0x249B),  # ⑴ … ⒛
    (0x2500, 0x257F),  # box drawing
    (0x2580, 0x259F),  # blocks
    (0x25A0, 0x25FF),  # ■ □ ▲ △ ▶ ▼ ◀ ◆ ◇ ○ ●
    (0x2600, 0x26FF),  # ★ ☆ ☀ ⚠
    (0x2700, 0x27BF),  # ✓ ✕ ✗
    (0x3000, 0x303F),  # CJK punctuation
    (0x3105, 0x312D),  # bopomofo
    (0x3200, 0x32FF),  # ㈠ … ㊣
    (0x3300, 0x33FF),  # ㎡ ㎞
    (0xFE10, 0xFE19),  # presentation forms
    (0xFE30, 0xFE4F),  # CJK compatibility forms
    (0xFF01, 0xFFEF),  # full-width and half-width forms
]

# Name of the weight here -> its file in the npm package, and the levels of GB 2312 it holds.
WEIGHTS = {
    "Regular": ("400Regular/NotoSansSC_400Regular.ttf", (1, 2)),
    "SemiBold": ("600SemiBold/NotoSansSC_600SemiBold.ttf", (1,)),
}

# Kerning alone: the digits have one width already, and vertical forms and variants of other regions are not used.
FEATURES = ["kern"]


def gb2312(level: int) -> set[str]:
    """The Han characters of one level: rows 16 to 55 (3,755) or 56 to 87 (3,008)."""
    rows = range(16, 56) if level == 1 else range(56, 88)
    found = set()
    for row in rows:
        for cell in range(1, 95):
            try:
                found.add(bytes((row + 0xA0, cell + 0xA0)).decode("gb2312"))
            except UnicodeDecodeError:
                pass  # the five unassigned cells at the end of level 1
    return found


def signs() -> set[str]:
    return {chr(code) for first, last in RANGES for code in range(first, last + 1)}


def extra() -> set[str]:
    if not EXTRA.exists():
        return set()
    lines = EXTRA.read_text(encoding="utf-8").splitlines()
    return {char for line in lines if not line.startswith("#") for char in line}


def collect(paths: list[pathlib.Path]) -> None:
    """Keeps the set of unusual characters in some files, sorted, so that nothing of their text remains."""
    seen = {char for path in paths for char in path.read_text(encoding="utf-8-sig", errors="strict")}
    printable = {char for char in seen if unicodedata.category(char)[0] not in "CZ"}
    rare = sorted((printable | extra()) - gb2312(1) - signs())
    lines = ["".join(rare[start : start + 50]) for start in range(0, len(rare), 50)]
    head = "# Characters that both weights hold beyond GB 2312 level 1 and the ranges of subset.py, by code point."
    EXTRA.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    print(f"{EXTRA.name}: {len(rare)} characters, {len(set(rare) - gb2312(2))} of them outside GB 2312")


def cut(package: pathlib.Path, weight: str) -> None:
    source, levels = WEIGHTS[weight]
    han = set().union(*(gb2312(level) for level in levels))
    wanted = han | signs() | extra()

    options = subset.Options()
    options.hinting = False
    options.layout_features = FEATURES
    options.layout_scripts = ["DFLT", "hani", "latn"]
    options.glyph_names = False
    options.name_IDs = ["*"]
    options.name_languages = [0x409]
    options.notdef_outline = True
    options.recalc_timestamp = False
    options.drop_tables += ["vhea", "vmtx", "VORG", "DSIG", "GSUB", "BASE", "meta", "STAT"]

    font = TTFont(package / source, recalcTimestamp=False)
    known = {chr(code) for code in font.getBestCmap()}
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[ord(char) for char in wanted & known])
    subsetter.subset(font)
    target = HERE / f"NotoSansSC-{weight}.ttf"
    subset.save_font(font, str(target), options)

    cut_font = TTFont(target)
    cmap, advances = cut_font.getBestCmap(), cut_font["hmtx"]
    digits = {advances[cmap[ord(digit)]][0] for digit in "0123456789"}
    print(f"{target.name}: {target.stat().st_size:,} bytes, {len(cmap):,} characters")
    print(f"  {len(han - known)} of {len(han):,} wanted Han characters are not in the source")
    print(f"  digits: advance {sorted(digits)} of {cut_font['head'].unitsPerEm} units per em")
    absent = "".join(sorted((extra() | set("●■▲◆○□△◇▶◀▼▽✓✔✕✖✗★☆⚠→←↑↓①⑳℃㎡")) - known))
    print(f"  asked for by name but not in the source: {absent or 'none'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=pathlib.Path, help="the unpacked npm package")
    parser.add_argument("--collect", type=pathlib.Path, nargs="*", default=[], help="texts to take characters from")
    arguments = parser.parse_args()
    if arguments.collect:
        collect(arguments.collect)
    for weight in WEIGHTS:
        cut(arguments.package, weight)


if __name__ == "__main__":
    main()
