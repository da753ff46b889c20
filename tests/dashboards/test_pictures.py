"""The dashboards as PNG and PDF: taken once a release from the running server, mailed as far as a mail carries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from operation import pictures
from pamga.settings import Settings
from pamga.storage import flip_symlink
from tests.dashboards.instance import Superset
from tests.dashboards.test_browser import colours, pixels


@pytest.fixture
def installation(tmp_path: Path) -> Settings:
    """A root with a release that is current."""
    (tmp_path / "releases" / "2026T3-r01").mkdir(parents=True)
    (tmp_path / "releases" / "current").symlink_to("2026T3-r01")
    return Settings(data=tmp_path)


def test_without_a_browser_it_says_so(installation: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMGA_CHROMIUM", "/no/such/browser")
    with pytest.raises(pictures.NoBrowserError, match="/no/such/browser"):
        pictures.take_pictures(installation)
    assert not installation.layout.pictures.exists()


def test_the_mail_carries_the_plan_first_and_names_what_it_cannot(installation: Settings) -> None:
    made = []
    for slug in pictures.public_dashboards():
        path = installation.layout.pictures / "2026T3-r01" / f"{slug}.pdf"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.truncate(5 * 1024 * 1024)
        made.append(path)
    told = pictures.message(installation, sorted(made))
    assert told.files[0].name == "tablero-del-plan.pdf"
    assert sum(path.stat().st_size for path in told.files) <= pictures.LARGEST_MAIL
    left = {path.name for path in made} - {path.name for path in told.files}
    assert left and all(name in told.html for name in left)
    assert "secretariado" in told.to[0] and "2026T3-r01" in told.subject


@pytest.mark.servers
def test_pictures_are_never_of_another_release(
    superset: Superset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release that is shown while the pictures of the one before are taken ends that, and nothing is kept under a wrong name."""
    monkeypatch.setenv("PAMGA_SUPERSET_URL", superset.url)
    monkeypatch.setattr(pictures, "public_dashboards", lambda: ["cabildo-abierto-juvenil"])
    for name in ("2026T3-r01", "2026T3-r02"):
        (tmp_path / "releases" / name).mkdir(parents=True)
    flip_symlink(tmp_path / "releases" / "current", "2026T3-r01")
    opened = pictures._open_whole

    def opened_and_flipped(page: Any, address: str) -> None:
        opened(page, address)
        flip_symlink(tmp_path / "releases" / "current", "2026T3-r02")

    monkeypatch.setattr(pictures, "_open_whole", opened_and_flipped)
    settings = Settings(data=tmp_path)
    with pytest.raises(pictures.SupersededError, match="2026T3-r02"):
        pictures.take_pictures(settings)
    assert list((settings.layout.pictures / "2026T3-r01").iterdir()) == []


@pytest.mark.servers
def test_a_picture_is_the_whole_dashboard_and_is_taken_once(
    superset: Superset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMGA_SUPERSET_URL", superset.url)
    monkeypatch.setattr(pictures, "public_dashboards", lambda: ["mi-barrio-habla", "presupuesto-participativo"])
    (tmp_path / "releases").symlink_to(superset.data / "releases")
    settings = Settings(data=tmp_path)
    printed, picture, *others = pictures.take_pictures(settings)
    drawn = colours(others[1].read_bytes())
    assert sum(count for (r, g, b), count in drawn.items() if max(r, g, b) - min(r, g, b) > 60) > 3000, (
        "nothing is drawn"
    )
    assert (printed.suffix, picture.suffix) == (".pdf", ".png")
    content = picture.read_bytes()
    width, height = pixels(content, "[w, h]")
    assert width == pictures.WIDE and height > 2 * pictures.SHEET
    seen = colours(content)
    assert sum(count for (r, g, b), count in seen.items() if b - r > 25 and b > 80) > 3000, "the maps are missing"
    assert printed.read_bytes().startswith(b"%PDF-") and len(printed.read_bytes()) > 50_000
    when = picture.stat().st_mtime_ns
    assert pictures.take_pictures(settings) == [printed, picture, *others]
    assert picture.stat().st_mtime_ns == when
