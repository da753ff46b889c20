"""How good is the recognition of what looks personal, on texts that nobody wrote for it.

    python bench/recognition.py --conll esp.train --meddocan corpus/test/brat

`esp.train` is the Spanish part of CoNLL-2002 (one word a line, its tag last), `brat` a folder of MEDDOCAN (a text and its
annotations a document). Neither is part of this repository; docs/privacy.md keeps the figures.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from pamga.suspects import ADDRESS, EMAIL, NAME, PHONE, looks_personal

SENTENCES, DOCUMENTS = 6_000, 120
ANNOTATED = {
    "NOMBRE_SUJETO_ASISTENCIA": NAME,
    "NOMBRE_PERSONAL_SANITARIO": NAME,
    "CALLE": ADDRESS,
    "CORREO_ELECTRONICO": EMAIL,
    "NUMERO_TELEFONO": PHONE,
}


def sentences(path: Path) -> list[list[tuple[str, str]]]:
    """Sentences of (word, tag)."""
    found: list[list[tuple[str, str]]] = [[]]
    for line in path.read_text(encoding="latin-1").splitlines():
        if parts := line.split():
            found[-1].append((parts[0], parts[-1]))
        elif found[-1]:
            found.append([])
    return [sentence for sentence in found if sentence]


def conll(path: Path) -> str:
    """Sentences with a full name (two words and more) against sentences without a person."""
    counts: Counter[str] = Counter()
    for sentence in sentences(path)[:SENTENCES]:
        tags = [tag for _, tag in sentence]
        if "I-PER" in tags or "B-PER" not in tags:
            marked = NAME in looks_personal(" ".join(word for word, _ in sentence))
            counts[f"{'named' if 'I-PER' in tags else 'nobody'} {'marked' if marked else 'left'}"] += 1
    named, nobody = (counts[f"{who} marked"] + counts[f"{who} left"] for who in ("named", "nobody"))
    hit, wrong = counts["named marked"], counts["nobody marked"]
    return f"CoNLL-2002: recall {hit / named:.2f} of {named}, precision {hit / (hit + wrong):.2f}, {100 * wrong / nobody:.1f} % of {nobody} marked"


def meddocan(folder: Path) -> str:
    """Lines with an annotation, by its kind, and lines without any."""
    total: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for path in sorted(folder.glob("*.ann"))[:DOCUMENTS]:
        lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("T")]
        spans = [(*fields[1].split(" ")[:2], fields[2]) for fields in lines]
        position = 0
        for line in path.with_suffix(".txt").read_text(encoding="utf-8").split("\n"):
            here = [(kind, text) for kind, start, text in spans if position <= int(start) <= position + len(line)]
            position += len(line) + 1
            found = looks_personal(line)
            for kind, text in here:
                if kind in ANNOTATED and (ANNOTATED[kind] != NAME or " " in text):
                    total[kind] += 1
                    hit[kind] += ANNOTATED[kind] in found
            if line.strip() and not here:
                total["lines"] += 1
                wrong.update(found)
    recall = ", ".join(f"{kind} {hit[kind] / total[kind]:.2f} of {total[kind]}" for kind in ANNOTATED if total[kind])
    return f"MEDDOCAN: recall {recall}; of {total['lines']} lines without personal data marked: {dict(wrong)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conll", type=Path)
    parser.add_argument("--meddocan", type=Path)
    arguments = parser.parse_args()
    if arguments.conll:
        print(conll(arguments.conll))
    if arguments.meddocan:
        print(meddocan(arguments.meddocan))


if __name__ == "__main__":
    main()
