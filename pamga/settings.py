"""Every setting, typed, with its default. All come from the environment, prefix PAMGA_.

Any of them may be given as a file instead: PAMGA_HMAC_KEY_FILE=/run/secrets/hmac_key.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from pamga.addresses import (
    scheme_of,
    why_no_database,
    why_no_mailboxes,
    why_no_path,
    why_no_web_address,
    without_secrets,
)
from pamga.clock import today_in_the_city
from pamga.environment import PREFIX, Environment
from pamga.layout import Layout
from pamga.plan import plan

INBOX_SCHEMES = ("s3", "sftp", "https", "http", "file")
_FOLDER, _BUCKET = "the path of a folder", "s3://bucket/folder"
PLACES: dict[str, dict[str | None, str]] = {
    "backup": {None: _FOLDER, "s3": _BUCKET, "file": "file:///folder"},
    "published_copy": {"s3": _BUCKET},
    "lineage": {None: "the path of a file", "https": "https://server", "http": "http://server"},
}
"""What each may be, by its scheme."""


class Settings(BaseSettings):
    """Settings of the pipeline. `.env` is not read: what runs is what the environment says."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="ignore", hide_input_in_errors=True, allow_inf_nan=False, validate_default=False
    )

    data: Path = Field(Path("data"), description="Root of inbox, lake, vault, receipts, runs, releases.")
    inbox: str | None = Field(
        None, repr=False, description="Folder or fsspec URL of dropped files; default <data>/inbox."
    )
    inbox_host_key: str | None = Field(
        None,
        description="By what the server of an sftp:// inbox is known: its key's fingerprint (SHA256:…) or a file of known hosts.",
    )
    hoy: date | None = Field(
        None, description="'Today' at the door and in the calendar; default today where the city is."
    )
    hmac_key: SecretStr | None = Field(
        None, description="Key of the pseudonyms; made on first use in the embedded default."
    )
    hmac_key_next: SecretStr | None = Field(None, description="The new key while `pamga rotate-key` runs.")
    vault_key: SecretStr | None = Field(
        None, description="AES key (64 hex digits) of the vault; made on first use likewise."
    )
    require_keys: bool = Field(False, description="Refuse to make keys: production sets it and gives both keys.")
    registry_url: str | None = Field(
        None, repr=False, description="SQLAlchemy URL of the operational registry; default SQLite in <data>."
    )
    airflow_database_url: str | None = Field(
        None,
        repr=False,
        description="SQLAlchemy URL of Airflow's metadata for backup and restore; default Airflow's own setting, which tasks do not see.",
    )
    memory_limit: str = Field("3GB", description="DuckDB memory limit.")
    threads: int = Field(2, ge=1, le=1024, description="DuckDB threads.")
    engine: Literal["duckdb", "spark"] = Field(
        "duckdb", description="What computes dbt's models: DuckDB in this process, or Spark."
    )
    spark_master: str | None = Field(
        None,
        repr=False,
        description="URL of the Spark cluster (spark://host:7077); default: this machine, with PAMGA_THREADS threads.",
    )
    spark_python: Path = Field(Path(".venv-spark/bin/python"), description="Python of Spark's environment.")
    require_approval: bool = Field(
        False, description="A person of the Secretariado approves each candidate in Airflow."
    )
    approval_hours: float = Field(
        72, gt=0, le=8784, description="How long an approval is waited for before the default (reject)."
    )
    addresses: Path | None = Field(
        None, description="YAML file with the offices' e-mail addresses; default reminders/addresses.yaml (examples)."
    )
    alert_email: str | None = Field(None, description="Who is told by e-mail when a task fails.")
    alert_command: str | None = Field(
        None,
        repr=False,
        description="Command that gets a failure notice on standard input when it could not be mailed.",
    )
    receive_cron: str = Field(
        "*/5 7-20 * * 1-5", description="When the DAG recibir_entregas looks at the inbox (the city's time)."
    )
    superset_python: Path = Field(Path(".venv-superset/bin/python"), description="Python of Superset's environment.")
    backup: str | None = Field(
        None, repr=False, description="Folder or s3://bucket/folder for the backup of what cannot be made again."
    )
    backup_key: SecretStr | None = Field(
        None,
        description="AES key (64 hex digits) with which the backup is sealed; without it anybody who gets it reads it.",
    )
    backup_keys: bool | None = Field(
        None, description="Whether the folder of keys goes into the backup; default: where the backup is sealed."
    )
    backup_keep_days: int = Field(
        35, ge=0, le=36_500, description="How long snapshots of the backup are kept; the newest one always."
    )
    lineage: str | None = Field(None, repr=False, description="URL or file for OpenLineage events of what dbt builds.")
    published_copy: str | None = Field(
        None, repr=False, description="s3://bucket/folder to which the releases are copied."
    )
    keep_runs: int = Field(10, gt=0, le=1_000_000, description="How many of the newest runs mantenimiento keeps.")
    keep_logs_days: int = Field(
        180, gt=0, le=36_500, description="How long mantenimiento keeps the logs of Airflow's tasks."
    )
    keep_runs_gb: float = Field(
        20, gt=0, le=1e9, description="How large the kept runs may be together; the oldest go first."
    )
    license_url: str = Field("http://creativecommons.org/licenses/by/4.0/", description="Licence of the open data.")
    license_name: str = Field("Creative Commons Atribución 4.0 Internacional", description="Its name, as published.")
    base_url: str = Field("http://127.0.0.1:8090/", description="Address under which the releases are served.")
    dashboards_url: str = Field(
        "http://127.0.0.1:8088/", description="Address of the dashboards, to which the pages link; empty: they do not."
    )
    cache_seconds: int = Field(
        300,
        ge=0,
        le=86_400,
        description="How long a copy of a release's file may be used before it is asked about again: a takedown reaches every cache within it.",
    )
    publisher: str = Field(f"Municipio de {plan().municipio_y_estado}", description="Publisher of the catalogue.")
    contact_email: str = Field(
        f"datosabiertos@{plan().corto}.example", description="Contact of the catalogue and of notices."
    )
    max_file_mb: int = Field(500, gt=0, le=1_000_000, description="A dropped file larger than this is refused.")
    max_unzipped_mb: int = Field(
        2000, gt=0, le=1_000_000, description="A workbook that unpacks to more than this is refused."
    )
    max_rows: int = Field(3_000_000, gt=0, le=1_000_000_000, description="A file with more rows than this is refused.")
    max_columns: int = Field(500, gt=0, le=100_000, description="A file with more columns than this is refused.")
    read_apart: bool = Field(
        True, description="Read each dropped file in a process of its own, within the three limits below."
    )
    file_memory_mb: int = Field(
        4096, gt=0, le=1_000_000, description="A dropped file whose reading takes more memory is refused."
    )
    file_cpu_seconds: float = Field(
        600, gt=0, le=86_400, description="A dropped file whose reading takes more processor time is refused."
    )
    file_seconds: float = Field(
        900, gt=0, le=86_400, description="A dropped file whose reading takes longer in all is refused."
    )
    settle_seconds: float = Field(
        2.0, ge=0, le=86_400, description="A file changed less than this ago is still being written."
    )
    clock_days: int = Field(
        200,
        gt=0,
        le=36_500,
        description="Nothing is received, published or taken out of the vault on a day that is more than so many after anything was last received: the clock is wrong.",
    )
    vault_retention_years: int = Field(5, gt=0, le=100, description="How long originals are kept in the vault.")

    @field_validator("data", mode="before")
    @classmethod
    def _a_folder(cls, given: Any) -> Any:
        """An address would silently become a folder of that name below the current one, and nothing that folder itself."""
        problem = why_no_path(str(given))
        if problem:
            raise ValueError(problem)
        scheme = scheme_of(str(given))
        if scheme is not None:
            raise ValueError(
                f"{without_secrets(str(given))} is an address, and the data must lie in a folder of a POSIX file system "
                "(this machine's, or a shared one such as NFS 4 or CephFS: locks, links and renames must hold). Give the path of a folder. "
                "S3 serves for PAMGA_INBOX, PAMGA_BACKUP and PAMGA_PUBLISHED_COPY"
            )
        return given

    @field_validator("inbox", mode="after")
    @classmethod
    def _a_place_that_is_reached(cls, given: str | None) -> str | None:
        """A mistyped address would silently be an empty folder of that name."""
        problem = why_no_path(given) if given else None
        if problem:
            raise ValueError(problem)
        scheme = scheme_of(given or "")
        if (
            given
            and scheme is not None
            and ("://" not in given or scheme not in INBOX_SCHEMES or (scheme != "file" and not urlsplit(given).netloc))
        ):
            raise ValueError(
                f"{without_secrets(given)} is neither a folder nor an address that an inbox may have. "
                f"Give a folder, or {', '.join(f'{each}://…' for each in INBOX_SCHEMES)}"
            )
        return given

    @field_validator("hoy", mode="before")
    @classmethod
    def _a_day(cls, given: Any) -> Any:
        """A number would be taken for seconds since 1970."""
        if isinstance(given, str):
            try:
                return date.fromisoformat(given)
            except ValueError:
                raise ValueError("it is no day of the calendar. Write it as 2026-10-20") from None
        return given

    @field_validator("memory_limit")
    @classmethod
    def _an_amount_of_memory(cls, given: str) -> str:
        """As DuckDB and Java both understand it."""
        amount = re.fullmatch(r"(\d+(?:\.\d+)?) ?[KMGT]i?B", given, re.I)
        if amount is None or float(amount[1]) == 0:
            raise ValueError("it is no amount of memory. Write it as 3GB or 500MB")
        return given

    @field_validator("registry_url", "airflow_database_url")
    @classmethod
    def _a_database(cls, given: Any) -> Any:
        return _accepted(given, why_no_database)

    @field_validator("base_url", "dashboards_url", "license_url")
    @classmethod
    def _an_address_of_the_web(cls, given: Any) -> Any:
        return _accepted(given, why_no_web_address)

    @field_validator("contact_email", "alert_email")
    @classmethod
    def _mailboxes(cls, given: Any) -> Any:
        return _accepted(given, why_no_mailboxes)

    @field_validator("receive_cron")
    @classmethod
    def _a_schedule(cls, given: str) -> str:
        """A wrong one would show only as a DAG that is not there."""
        from croniter import croniter  # type: ignore[import-untyped]

        if not croniter.is_valid(given):
            raise ValueError(
                "it is no schedule. Write minute, hour, day, month and weekday, as */5 7-20 * * 1-5 (every five minutes of the office's hours)"
            )
        return given

    @field_validator("addresses", "spark_python", "superset_python", mode="before")
    @classmethod
    def _a_file(cls, given: Any) -> Any:
        if given is not None and scheme_of(str(given)) is not None:
            raise ValueError(f"{without_secrets(str(given))} is an address. Give the path of a file")
        return _accepted(given, lambda path: why_no_path(str(path)))

    @field_validator("backup", "lineage", "published_copy")
    @classmethod
    def _a_place_to_write(cls, given: Any, info: ValidationInfo) -> Any:
        """Told when it is read, not on the night on which it is first used."""
        kinds = PLACES[str(info.field_name)]
        if not given:
            return given
        scheme = scheme_of(given)
        if scheme not in kinds or (scheme not in (None, "file") and not urlsplit(given).netloc):
            raise ValueError(f"{without_secrets(given)} is none that it may be. Give {' or '.join(kinds.values())}")
        return _accepted(given, why_no_path) if scheme is None else given

    @cached_property
    def layout(self) -> Layout:
        return Layout(self.data.resolve())

    @property
    def inbox_url(self) -> str:
        return self.inbox or str(self.layout.inbox)

    @property
    def today(self) -> date:
        """Today where the city is, or PAMGA_HOY (rules.md: 'today' exists only at the door and in the calendar)."""
        return self.hoy or today_in_the_city()

    def of_one_day(self) -> Settings:
        """These settings for one act that tells people something: it stays the same day though midnight passes meanwhile."""
        return self.model_copy(update={"hoy": self.today})

    @property
    def registry_sqlalchemy_url(self) -> str:
        return self.registry_url or f"sqlite:///{self.layout.registry}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What the caller says wins, then what the environment says; nothing else is read."""
        return init_settings, Environment(settings_cls)


def _accepted(given: Any, problem_of: Callable[[Any], str | None]) -> Any:
    """What was given, where nothing is wrong with it. Raises ValueError."""
    problem = problem_of(given) if given else None
    if problem:
        raise ValueError(problem)
    return given
