"""Errors with an audience: each says the cause and the next step, and carries the exit code of the command."""

from __future__ import annotations


class PamgaError(Exception):
    """Something is broken (exit 3). `next_step` tells an engineer what to do about it."""

    exit_code = 3

    def __init__(self, cause: str, next_step: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.cause} {self.next_step}".strip()


class UsageError(PamgaError):
    """The command was called wrongly or a setting is unusable (exit 2)."""

    exit_code = 2


class NothingDelivered(PamgaError):
    """The lake holds nothing that stands: there is nothing to build, as on the first day."""


class GateStopped(PamgaError):
    """The gate said no; the old release stands (exit 1)."""

    exit_code = 1
