"""What is found in an inbox, here or elsewhere: what counts as a dropped file, and what a place elsewhere must be able to tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from pamga.errors import PamgaError
from pamga.layout import EXAMPLE_MARKER

_OF_A_SYSTEM = (
    "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r", "$recycle.bin", "system volume information",
    "lost+found", "@eadir", "#recycle",
)  # fmt: skip
"""What Windows, a Macintosh, a disk of its own or a network store leaves in a shared folder."""
_IGNORED_NAMES = (*_OF_A_SYSTEM, EXAMPLE_MARKER.lower(), "leeme.txt", "readme.txt")
_IGNORED_STARTS = (".", "~$")
_IGNORED_ENDS = (".tmp", ".part", ".partial", ".crdownload", ".download", ".filepart", "~")
RECEIPTS_FOLDER = "acuses"
"""Inside an office's folder: where its receipts come back by the way that its files went in (docs/production.md). Never a delivery."""
DEEPEST = 4
"""Folders below the inbox that are looked into."""
MOST_FILES = 100_000
SECONDS = 60.0
"""How long one answer of a server is waited for."""
SECONDS_OF_A_FILE = 900.0
"""How long bringing one file may take in all."""
_BLOCK = 1 << 20

STEPS = (".", "..", "")
"""No names but steps of a path, or nothing between two slashes: in an object's key they are letters like others."""
NO_PATH = "La clave del objeto no es una ruta: lleva «..», «.» o dos diagonales seguidas. Déjelo en la carpeta de su dependencia."
A_LINK = "Es un enlace a otro archivo. Deje el archivo mismo."
A_FOLDER = "Es una carpeta, no un archivo. Deje los archivos mismos en la carpeta de su dependencia."
NO_FILE = "No es un archivo común."
CLOSED_FOLDER = (
    "No hay permiso para abrir la carpeta. Pida a sistemas que lo permita; lo que hay en ella se recibe entonces."
)
FOLDERS = (A_FOLDER, CLOSED_FOLDER)
"""What is a folder is no delivery with a wrong name."""
CLOSED_FILE = "No hay permiso para leer el archivo. Pida a sistemas que lo permita, o déjelo de nuevo."


@dataclass(frozen=True)
class Found:
    """A file as a server told it, by its path below the inbox with '/' between the parts."""

    path: str
    size: int
    mtime_ns: int
    """0 where the server does not tell."""
    fault: str | None = None
    """Why it is no file to be read, in Spanish."""


class OtherBytes(OSError):
    """The server sent something else than it had told (fewer or more bytes, from elsewhere, too slowly): that file waits."""


class Place(Protocol):
    """An inbox elsewhere."""

    def exists(self, path: str = "") -> bool:
        """Whether there is such a place, or such a file in it."""

    def files(self) -> Iterator[Found]:
        """Everything that a person dropped there."""

    def look(self, path: str) -> Found:
        """One file as it is now. Raises FileNotFoundError."""

    def bring(self, path: str, target: Path, size: int) -> None:
        """One file of this size to this machine. Raises OtherBytes when it is not what was told."""


def closed_inbox(inbox: str) -> PamgaError:
    """Nobody of the departments can mend that."""
    return PamgaError(f"There is no right to open the inbox {inbox}.", "Let this account read it, and receive again.")


def is_ignored(name: str) -> bool:
    """Not dropped by a person: a system's own file, one that is still being written."""
    low = name.lower()
    return name not in STEPS and (
        low in _IGNORED_NAMES or low.startswith(_IGNORED_STARTS) or low.endswith(_IGNORED_ENDS)
    )


def is_receipts(path: str) -> bool:
    """An office's receipts, or what lies in them."""
    return path.split("/")[1:2] == [RECEIPTS_FOLDER]


def is_dropped(path: str) -> bool:
    """A path below the inbox names what a person dropped."""
    return not is_receipts(path) and not any(is_ignored(part) for part in path.split("/"))


def bounded(found: Iterable[Found]) -> Iterator[Found]:
    """What is found, one after the other. Raises PamgaError beyond MOST_FILES."""
    for number, each in enumerate(found):
        if number >= MOST_FILES:
            raise PamgaError(f"It holds more than {MOST_FILES} files.", "Move what was received long ago elsewhere.")
        yield each


def write_exactly(read: Callable[[int], bytes], target: BinaryIO, size: int, too_late: Callable[[], bool]) -> None:
    """Write `size` bytes, not one more. Raises OtherBytes for another number of them, or when it takes too long."""
    written = 0
    while block := read(min(_BLOCK, size - written + 1)):
        written += len(block)
        if written > size:
            raise OtherBytes(f"it is longer than the {size} bytes that the server told")
        if too_late():
            raise OtherBytes(f"after {SECONDS_OF_A_FILE:.0f} s only {written} of {size} bytes had come")
        target.write(block)
    if written < size:
        raise OtherBytes(f"{written} of {size} bytes came")
