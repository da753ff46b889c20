"""Where a backup lies: a folder or an S3 bucket. Names have '/' between their parts; a file is there whole or not at all."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from pamga.addresses import local_path, scheme_of, why_no_path, without_secrets
from pamga.errors import PamgaError, UsageError
from pamga.faults import first_line
from pamga.storage import make_folder, sweep_leftovers, sync, write_atomically

AT_ONCE = 200
"""Files that one call to the bucket moves at the same time."""
_ATTEMPTS = 3
CONFLICT, PRECONDITION_FAILED = 409, 412  # of S3, for a write on a condition


class Store(Protocol):
    """A place for files."""

    name: str
    """The address, without secrets."""

    def sizes(self, folder: str) -> dict[str, int]:
        """Every file below a folder, by name, with its bytes."""

    def put(self, files: Mapping[str, Path]) -> None:
        """Bring local files there under these names, in place of what had the name."""

    def put_new(self, name: str, content: bytes) -> None:
        """Write a file that is not there yet. Raises FileExistsError when it is."""

    def get(self, files: Mapping[str, Path]) -> None:
        """Bring files here. Raises FileNotFoundError for one that is not there."""

    def read(self, name: str) -> bytes:
        """A small file's content. Raises FileNotFoundError."""

    def remove(self, names: Iterable[str]) -> None: ...

    def sweep(self) -> None:
        """Remove what a killed backup left half written; nobody else writes meanwhile."""


def open_store(address: str) -> Store:
    """The store at an address. Raises UsageError for an address of another kind."""
    scheme = scheme_of(address)
    problem = why_no_path(address)
    if problem:
        raise UsageError(f"{address!r} is no place for a backup: {problem}.", "Mend PAMGA_BACKUP.")
    if scheme is None or scheme == "file":
        return FolderStore(local_path(address))
    if scheme == "s3":
        return BucketStore(address)
    raise UsageError(
        f"{without_secrets(address)} is neither a folder nor an S3 bucket.",
        "Give a folder (a mounted one too) or s3://bucket/folder.",
    )


class FolderStore:
    """A folder of this machine, or one that is mounted."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.name = str(self.root)

    def sizes(self, folder: str) -> dict[str, int]:
        return {
            path.relative_to(self.root).as_posix(): path.stat().st_size
            for path in (self.root / folder).rglob("*")
            if path.is_file() and not path.name.startswith(".tmp-")
        }

    def put(self, files: Mapping[str, Path]) -> None:
        make_folder(self.root, 0o700)
        folders = set()
        for name, source in files.items():
            final = self.root / name
            make_folder(final.parent)
            temporary = final.parent / f".tmp-{uuid.uuid4().hex}"
            try:
                shutil.copyfile(source, temporary)
                temporary.chmod(0o600)
                sync(temporary)
                temporary.replace(final)
            finally:
                temporary.unlink(missing_ok=True)
            folders.add(final.parent)
        for folder in folders:
            sync(folder)

    def put_new(self, name: str, content: bytes) -> None:
        make_folder(self.root, 0o700)
        if (self.root / name).exists():
            raise FileExistsError(name)
        write_atomically(self.root / name, content, 0o600)  # no hard link: a mounted share may have none

    def get(self, files: Mapping[str, Path]) -> None:
        for name, target in files.items():
            shutil.copyfile(self.root / name, target)

    def read(self, name: str) -> bytes:
        return (self.root / name).read_bytes()

    def remove(self, names: Iterable[str]) -> None:
        for name in names:
            (self.root / name).unlink(missing_ok=True)

    def sweep(self) -> None:
        sweep_leftovers(self.root)


class BucketStore:
    """An S3 bucket, or a folder of one. Account and server come from the AWS_ variables or the machine's role, as botocore reads them."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address.strip())
        self.name = without_secrets(address.strip())
        if scheme_of(address) != "s3" or "://" not in address:
            raise UsageError(f"{self.name} is no S3 bucket.", "Write s3://bucket/folder.")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise UsageError(
                f"{self.name}: the address holds an account or a password, or a query.",
                "Give them in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (AWS_ENDPOINT_URL names a server of your own).",
            )
        if not parts.netloc:
            raise UsageError(f"{self.name} names no bucket.", "Write s3://bucket/folder.")
        self.root = f"{parts.netloc}{parts.path}".strip("/")
        self.bucket, _, self.prefix = self.root.partition("/")

    def sizes(self, folder: str) -> dict[str, int]:
        with self._reached():
            found = self._files().find(f"{self.root}/{folder}".rstrip("/"), detail=True)
        return {name.removeprefix(f"{self.root}/"): int(facts["size"]) for name, facts in found.items()}

    def put(self, files: Mapping[str, Path]) -> None:
        for batch in _batches(files):
            with self._reached():
                self._files().put([str(path) for path in batch.values()], [f"{self.root}/{name}" for name in batch])

    def put_new(self, name: str, content: bytes) -> None:
        self.put_if(name, content, IfNoneMatch="*")

    def put_if(self, name: str, content: bytes, **condition: str) -> None:
        """Write a file on a condition of S3 (IfMatch, IfNoneMatch) and with its headers. Raises FileExistsError where it does not hold.

        A refusal may be of our own writing: where its answer was lost the request goes out again, and finds itself.
        """
        from botocore.exceptions import ClientError

        files = self._files()
        with self._reached():
            for attempt in range(_ATTEMPTS):
                try:
                    files.call_s3("put_object", Bucket=self.bucket, Key=self._key(name), Body=content, **condition)
                    break
                except (ClientError, OSError) as error:
                    status = _status(error)
                    if status == CONFLICT and attempt + 1 < _ATTEMPTS:
                        continue  # another one wrote or removed it in that moment: the condition was not looked at
                    if status not in (CONFLICT, PRECONDITION_FAILED):
                        raise
                    files.invalidate_cache()
                    if self.tag(name) is None or self.read(name) != content:
                        raise FileExistsError(f"{self.name}/{name}") from error
                    break
        files.invalidate_cache()

    def put_as(self, name: str, path: Path, kind: str, cache: str) -> None:
        """Bring a file there with the headers that a browser gets."""
        with self._reached():
            self._files().put_file(str(path), f"{self.root}/{name}", ContentType=kind, CacheControl=cache)

    def tag(self, name: str) -> str | None:
        """What names a file's present content in a condition; None when it is not there."""
        with self._reached():
            try:
                mark = self._files().info(f"{self.root}/{name}").get("ETag")
            except FileNotFoundError:
                return None
        if not mark:
            raise PamgaError(
                f"{self.name} does not say the ETag of {name}, by which it is known whether another one wrote it meanwhile.",
                "Give a server of S3 (or a proxy before it) that tells it.",
            )
        return str(mark)

    def get(self, files: Mapping[str, Path]) -> None:
        for batch in _batches(files):
            with self._reached():
                self._files().get([f"{self.root}/{name}" for name in batch], [str(path) for path in batch.values()])

    def read(self, name: str) -> bytes:
        with self._reached():
            return bytes(self._files().cat_file(f"{self.root}/{name}"))

    def remove(self, names: Iterable[str]) -> None:
        known = [f"{self.root}/{name}" for name in names]
        if known:
            with self._reached():
                self._files().rm(known)

    def sweep(self) -> None:
        """A bucket shows an object when it is whole."""

    def _key(self, name: str) -> str:
        return f"{self.prefix}/{name}" if self.prefix else name

    def _files(self) -> Any:
        import s3fs

        return s3fs.S3FileSystem(use_listings_cache=False)

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """The bucket's refusals in one line that names it; what only is not there stays FileNotFoundError."""
        from aiohttp import ClientError as BrokenOff
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (FileNotFoundError, FileExistsError) as error:
            if "bucket does not exist" not in str(error):
                raise
            raise self._unreachable(error) from error
        except (BotoCoreError, ClientError, BrokenOff, OSError) as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> PamgaError:
        if "request time" in str(error).lower() or "RequestTimeTooSkewed" in str(error):
            return PamgaError(
                f"{self.name} refuses the time of this machine's clock: {first_line(error)}",
                "Set the clock (timedatectl set-ntp true).",
            )
        return PamgaError(
            f"{self.name} cannot be used: {first_line(error)}",
            "See to the address, the bucket and the AWS_ variables (AWS_ENDPOINT_URL for a server of your own), then do it again.",
        )


def _status(error: BaseException | None) -> int | None:
    """What the server answered, under whatever the libraries made of it."""
    while error is not None:
        answer = getattr(error, "response", None)
        if isinstance(answer, dict):
            return int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        error = error.__cause__
    return None


def _batches(files: Mapping[str, Path]) -> Iterator[dict[str, Path]]:
    names = list(files)
    for start in range(0, len(names), AT_ONCE):
        yield {name: files[name] for name in names[start : start + AT_ONCE]}
