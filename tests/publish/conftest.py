"""Fixtures of publishing: runs built once a session and laid into installations of their own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pamga.settings import Settings
from publish.release import publish
from publish.server import make_app
from tests.publish.scene import BASE_URL, DAY, Scene, make_run
from tests.servers import serving


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings over an empty installation, on a fixed day."""
    return Settings(data=tmp_path / "datos", hoy=DAY, base_url=BASE_URL)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Scene], Path]:
    """Folder of the run of a scene, built once a session."""
    done: dict[str, Path] = {}

    def build(scene: Scene) -> Path:
        key = repr(scene)
        if key not in done:
            workshop = Settings(data=tmp_path_factory.mktemp("corrida"))
            done[key] = workshop.layout.run(make_run(workshop, scene))
        return done[key]

    return build


@pytest.fixture
def candidate(settings: Settings, built: Callable[[Scene], Path]) -> Callable[..., str]:
    """Lays the run of a scene with these fields into the installation, as the latest one, and returns its name."""

    def lay(**fields: Any) -> str:
        run = built(Scene(**fields))
        shutil.copytree(run, settings.layout.run(run.name))
        latest = settings.layout.runs / "latest"
        latest.unlink(missing_ok=True)
        latest.symlink_to(run.name)
        return run.name

    return lay


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory, built: Callable[[Scene], Path]) -> Callable[..., Path]:
    """Publishes scenes one after the other into an installation of their own; to be copied, not changed."""

    def release(*scenes: Scene) -> Path:
        installation = Settings(data=tmp_path_factory.mktemp("publicada") / "datos", hoy=DAY, base_url=BASE_URL)
        for scene in scenes:
            run = built(scene)
            shutil.copytree(run, installation.layout.run(run.name))
            publish(installation, run.name)
        return installation.data

    return release


@pytest.fixture(scope="session")
def first_release(released: Callable[..., Path]) -> Path:
    """An installation that has published its first release."""
    return released(Scene())


@pytest.fixture
def published(settings: Settings, first_release: Path) -> Settings:
    """Settings over an installation whose first release is up."""
    shutil.copytree(first_release, settings.data, symlinks=True)
    return settings


@pytest.fixture
def address(published: Settings) -> Iterator[str]:
    """A server over an installation with one release; a free port of the loopback."""
    with serving(make_app(published)) as served:
        yield served
