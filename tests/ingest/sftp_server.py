"""A small SFTP server on the loopback over a folder, with one account: what an inbox elsewhere is to us."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import paramiko  # type: ignore[import-untyped]


class _Login(paramiko.ServerInterface):  # type: ignore[misc]
    def __init__(self, password: str) -> None:
        self.password = password

    def check_auth_password(self, username: str, password: str) -> int:
        right = (username, password) == ("oficina", self.password)
        return int(paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return int(paramiko.OPEN_SUCCEEDED)

    def get_allowed_auths(self, username: str) -> str:
        return "password"


class _AnyName(paramiko.SFTPServer):  # type: ignore[misc]
    """As other programs' servers: a name is bytes."""

    def _process(self, kind: int, number: int, message: Any) -> None:
        message.get_text = lambda: message.get_string().decode("utf-8", "surrogateescape")
        super()._process(kind, number, message)


def _interface(root: Path) -> Any:
    class Files(paramiko.SFTPServerInterface):  # type: ignore[misc]
        def _path(self, path: str) -> Path:
            return root / os.fsdecode(path).lstrip("/")

        def list_folder(self, path: str) -> Any:
            found = []
            for child in sorted(self._path(path).iterdir()):
                facts = paramiko.SFTPAttributes.from_stat(child.lstat())
                facts.filename = os.fsencode(child.name)
                found.append(facts)
            return found

        def stat(self, path: str) -> Any:
            try:
                return paramiko.SFTPAttributes.from_stat(os.stat(self._path(path)))  # noqa: PTH116
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno or 0)

        def lstat(self, path: str) -> Any:
            try:
                return paramiko.SFTPAttributes.from_stat(os.lstat(self._path(path)))
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno or 0)

        def open(self, path: str, flags: int, attr: Any) -> Any:
            handle = paramiko.SFTPHandle(flags)
            handle.readfile = self._path(path).open("rb")
            return handle

    return Files


@contextmanager
def sftp(root: Path, password: str, *more: paramiko.PKey) -> Iterator[tuple[int, paramiko.PKey]]:
    """The port of a server over `root` and its host key (it may have more); its account is `oficina`."""
    listener = socket.create_server(("127.0.0.1", 0))
    key = paramiko.RSAKey.generate(2048)
    transports: list[paramiko.Transport] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                transport = paramiko.Transport(listener.accept()[0])
                for each in (key, *more):
                    transport.add_server_key(each)
                transport.set_subsystem_handler("sftp", _AnyName, _interface(root))
                transports.append(transport)
                with suppress(paramiko.SSHException, EOFError, OSError):  # who hangs up ends no server
                    transport.start_server(server=_Login(password))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1], key
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for transport in transports:
        transport.close()
