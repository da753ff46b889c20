"""How often the text of a delivery is understood: our rules for encodings against charset-normalizer, unguided and with the same choice.

    python bench/text_encodings.py [--files 400]

Texts are drawn from the Spanish words of the contracts and names of colonias and people, written in the encodings that offices' programs
write. Right means that the text comes back letter for letter. docs/decisions/encoding.md keeps the figures.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections.abc import Callable
from pathlib import Path

from charset_normalizer import from_bytes

from ingest.readers.encoding import decode_text

ROOT = Path(__file__).resolve().parent.parent
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252", "cp850", "mac_roman")
NAMES = ["Muñoz", "Peña", "Núñez", "Ibáñez", "Güemes", "Zúñiga", "Brañas", "Iñárritu", "Jesús", "María", "José", "Ángel", "Íñigo", "Óscar", "Úrsula", "Begoña", "Ávila", "Piña", "Cañón", "Añil"]  # fmt: skip


def words() -> list[str]:
    """Words of the contracts, as people wrote them."""
    text = " ".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "ingest" / "contracts").glob("*.yaml")))
    return sorted(set(re.findall(r"[a-záéíóúüñ]{3,}", text, flags=re.I)))


def drawn(random_: random.Random, vocabulary: list[str], rows: int) -> str:
    """A file of names, colonias and sentences; now and then one with a single high letter."""
    lines = ["nombre;colonia;descripcion"]
    for _ in range(rows):
        name = " ".join(random_.choices(NAMES, k=2))
        lines.append(f"{name};{random_.choice(vocabulary).upper()};{' '.join(random_.choices(vocabulary, k=6))}")
    return "\r\n".join(lines)


def ours(content: bytes) -> str:
    return decode_text(content).utf8.decode().removeprefix("\ufeff")


def unguided(content: bytes) -> str:
    best = from_bytes(content).best()
    return str(best).removeprefix("\ufeff") if best else ""


def guided(content: bytes) -> str:
    best = from_bytes(content, cp_isolation=["utf_8", "utf_16", "cp1252", "cp850", "mac_roman"]).best()
    return str(best).removeprefix("\ufeff") if best else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=400)
    files, random_, vocabulary = parser.parse_args().files, random.Random(20261128), words()  # noqa: S311 - drawn texts
    drawn_files = []
    for number in range(files):
        encoding = ENCODINGS[number % len(ENCODINGS)]
        text = drawn(random_, vocabulary, random_.choice((1, 3, 20, 200)))
        drawn_files.append((text, text.encode(encoding)))
    readers: dict[str, Callable[[bytes], str]] = {
        "our rules": ours, "charset-normalizer": unguided, "charset-normalizer, same choice": guided,
    }  # fmt: skip
    for name, reader in readers.items():
        start = time.process_time()
        right = sum(reader(content) == text for text, content in drawn_files)
        print(f"{name}: {right} of {files} right, {time.process_time() - start:.1f} s")


if __name__ == "__main__":
    main()
