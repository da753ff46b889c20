"""The environment, the files that it names, and what both are looked at for before anybody uses a value.

Files of variables are read in more than one way: docker's `--env-file` keeps the quotation marks that compose and systemd take off, an editor
of Windows ends lines with one character more. What one of them would understand as something else is refused, not guessed at.
"""

from __future__ import annotations

import os
import unicodedata
from typing import Any

from pydantic import SecretStr
from pydantic_settings import EnvSettingsSource

from pamga.errors import UsageError
from pamga.keys import FILE_SUFFIX, UnusableKey, from_files, require_hex_key, require_strong

PREFIX = "PAMGA_"
BLANK_SAYS_SOMETHING = frozenset({"data", "dashboards_url"})
"""Where an empty text is not the default: no folder (which is refused), and pages that link to no dashboards."""
_INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Co", "Cs", "Cn"})


class Environment(EnvSettingsSource):
    """What the environment gives for each setting, as it was meant."""

    def __call__(self) -> dict[str, Any]:
        """Raises UsageError when a text is not one that all would read alike, a key is malformed or would be guessed, or a file cannot be read."""
        given = super().__call__()
        fields = self.settings_cls.model_fields
        try:
            named = from_files(f"{PREFIX}{name.upper()}" for name in fields)
            given |= {variable.removeprefix(PREFIX).lower(): value for variable, value in named.items()}
            _require_keys(given)
        except UnusableKey as unusable:
            raise UsageError(str(unusable)) from None
        cleaned = {name: _as_meant(name, text, fields[name].annotation, given) for name, text in given.items()}
        return {name: text for name, text in cleaned.items() if text is not None}


def _as_meant(name: str, text: Any, kind: Any, given: dict[str, Any]) -> Any:
    """A setting's text without blanks around it; None where it says nothing. Raises UsageError."""
    if not isinstance(text, str):
        return text
    variable, secret = f"{PREFIX}{name.upper()}", "SecretStr" in str(kind) or kind is SecretStr
    if secret and name == "hmac_key" and given.get("hmac_key_next"):
        return text  # whatever it is, it is being rotated away
    problem = _unreadable(text, secret)
    if problem:
        where = f" ({variable}{FILE_SUFFIX})" if os.environ.get(variable + FILE_SUFFIX) else ""
        raise UsageError(f"{variable}{where} {problem}.", "Write it again without, and see what wrote it.")
    text = text.strip()
    if text or name in BLANK_SAYS_SOMETHING:
        return text
    if kind is bool:
        raise UsageError(f"{variable} is empty.", "Write true or false, or leave it out.")
    return None


def _unreadable(text: str, secret: bool) -> str | None:
    """What of a text one reader keeps and another takes off, never quoting it."""
    for character in text:
        if unicodedata.category(character) in _INVISIBLE:
            name = {
                "\r": "a carriage return (of a file saved by Windows)",
                "\n": "a line break",
                "\t": "a tabulator",
            }.get(character)
            return f"holds {name or f'a character that nobody sees (U+{ord(character):04X})'}"
    bare = text.strip()
    if secret and bare != text:
        return "begins or ends with a blank"
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'":
        return "stands in quotation marks, which some readers of such files take off and others do not"
    return None


def _require_keys(given: dict[str, Any]) -> None:
    """The pseudonyms of people are as hard to undo as their key is to guess.

    A weak key that stands already is let through while it is being rotated away (PAMGA_HMAC_KEY_NEXT).
    """
    key, following, vault = (given.get(name) for name in ("hmac_key", "hmac_key_next", "vault_key"))
    for name, text in (("HMAC_KEY_NEXT", following), ("HMAC_KEY", None if following else key)):
        if text:
            require_strong(f"{PREFIX}{name}", text, "openssl rand -hex 32")
    for name in ("vault_key", "backup_key"):
        if given.get(name):
            require_hex_key(f"{PREFIX}{name.upper()}", given[name])
    if vault and vault in {key, following}:
        raise UnusableKey("The vault's key and the pseudonyms' are the same. Next: make another vault key.")
