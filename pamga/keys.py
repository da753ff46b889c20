"""What a key must be to be one: form and strength, checked where the environment is read, before anything is done with it.

Only the standard library: Superset's environment, which holds none of the pipeline's packages, reads this too.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

SHORTEST, FEWEST_DIFFERENT = 32, 8
PLACEHOLDER = re.compile(r"<|>|\$\{")
ABOUT_ITSELF = re.compile(
    r"chang|cambi|ejemplo|example|secret|contrase|passw|clave|llave|reempla|replace|placeholder|your[-_ ]", re.I
)
FILE_SUFFIX = "_FILE"


class UnusableKey(ValueError):
    """A key or the file that should hold it cannot be used; the message names the variable and the next step, never the value."""


def weakness(text: str) -> str | None:
    """Why a secret would be guessed; None when it may serve."""
    if len(text) < SHORTEST:
        return f"it has {len(text)} characters and needs at least {SHORTEST}"
    if len(set(text)) < FEWEST_DIFFERENT:
        return f"it is made of {len(set(text))} different characters"
    if any(text == (text[:period] * len(text))[: len(text)] for period in range(1, len(text) // 2 + 1)):
        return "it repeats one piece"
    steps = [abs(ord(after) - ord(before)) for before, after in itertools.pairwise(text)]
    if (
        sum(step <= 1 for step in steps) > len(steps) * 3 / 4
    ):  # of hex digits by chance a sixth, and half once in 100,000 keys
        return "it counts along the alphabet"
    if PLACEHOLDER.search(text) or (ABOUT_ITSELF.search(text) and not _is_drawn(text)):
        return "it is a placeholder or a phrase about itself"
    return None


def _is_drawn(text: str) -> bool:
    """Digits stand among its letters as chance puts them (people put them together): a word of five letters in it is chance too, once in
    100,000 keys of base64."""
    turns = sum(a.isalnum() and b.isalnum() and a.isdigit() != b.isdigit() for a, b in itertools.pairwise(text))
    return turns > len(text) / 8


def key_bytes(text: str) -> bytes | None:
    """The 256 bits of a key written as 64 hex digits; None when it is not that."""
    return bytes.fromhex(text) if re.fullmatch(r"[0-9a-fA-F]{64}", text) else None


def require_strong(variable: str, text: str, make: str) -> None:
    """Raises UnusableKey when the text of a variable is too weak; `make` is the command that makes a good one."""
    why = weakness(text)
    if why:
        raise UnusableKey(f"{variable} is too weak: {why}. Next: make one with `{make}`.")


def require_hex_key(variable: str, text: str) -> None:
    """Raises UnusableKey when the text is not 64 hex digits, or guessable ones."""
    if key_bytes(text) is None:
        raise UnusableKey(f"{variable} is not 64 hex digits. Next: make one with `openssl rand -hex 32`.")
    require_strong(variable, text, "openssl rand -hex 32")


def kept_key(path: Path) -> str:
    """The key in a file of the embedded default; what an editor puts before and after it is none of it. Raises UnusableKey."""
    try:
        return path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UnusableKey(f"The key in {path} cannot be read: {said}. Next: put it back from your copy.") from None


def from_files(variables: Iterable[str], environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What the files named by `<variable>_FILE` hold, for those of these variables that are given that way.

    A container's secrets are files: unlike the environment they show neither in `docker inspect` nor to a child process. One
    newline at the end is an editor's, not the secret's. An empty file is a secret that is not given.
    Raises UnusableKey when both ways are used at once or a file cannot be read.
    """
    found = {}
    for variable in variables:
        path = environment.get(variable + FILE_SUFFIX)
        if not path:
            continue
        try:
            text = Path(path).read_text(encoding="utf-8-sig")  # some editors begin a file with a mark
        except (OSError, UnicodeDecodeError) as error:
            said = error.strerror if isinstance(error, OSError) else "it is no text"
            raise UnusableKey(
                f"{variable}{FILE_SUFFIX} names {path}, which cannot be read: {said}. Next: make it with docker/make_secrets.py."
            ) from None
        text = text.removesuffix("\n").removesuffix("\r")
        if text and environment.get(variable):
            raise UnusableKey(f"Both {variable} and {variable}{FILE_SUFFIX} are set. Next: keep one of them.")
        if text:
            found[variable] = text
    return found
