"""The mail with the dashboards' pictures, through Airflow's connection to a real SMTP server."""

from __future__ import annotations

from pathlib import Path

import pytest

from operation import mail, pictures
from pamga.settings import Settings
from pamga.storage import flip_symlink
from reminders.sending import send_once
from tests.dags.conftest import MailBox
from tests.dags.people import states_of

pytestmark = pytest.mark.slow


def test_the_mail_goes_out_once_a_release_with_its_own_pictures(
    tmp_path: Path, mail_server: MailBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To a real SMTP server; also when the next release is shown by the time the mail is written."""
    monkeypatch.setenv("PAMGA_DATA", str(tmp_path))
    installation = Settings(data=tmp_path)
    made = []
    for slug in pictures.public_dashboards():
        path = installation.layout.pictures / "2026T3-r01" / f"{slug}.pdf"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"%PDF-1.4 " + slug.encode())
        made.append(path)
    (installation.layout.releases / "2026T3-r02").mkdir(parents=True)
    flip_symlink(installation.layout.releases / "current", "2026T3-r02")
    told = pictures.message(installation, made)
    for _ in range(2):
        send_once(installation, [told], mail.send)
    (received,) = mail_server.messages
    assert received["Subject"] == "Tableros de la publicación 2026T3-r01"
    assert {part.get_filename() for part in received.iter_attachments()} == {path.name for path in made}


def test_refreshing_announces_the_boards_and_pictures_need_a_browser(
    airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By hand, without a quarter, nothing breaks; without a browser the pictures are skipped and no mail goes out."""
    monkeypatch.setenv("PAMGA_DATA", str(tmp_path))
    monkeypatch.setenv("PAMGA_CHROMIUM", "/no/such/browser")
    (tmp_path / "releases" / "2026T3-r01").mkdir(parents=True)
    flip_symlink(tmp_path / "releases" / "current", "2026T3-r01")
    monkeypatch.setattr("operation.superset.refresh_dashboards", lambda settings: "done")
    assert states_of("refrescar_tableros") == {
        "aplicar_y_refrescar": "success",
        "copiar_publicaciones": "skipped",
    }
    assert states_of("fotografiar_tableros") == {
        "fotografiar": "skipped",
        "enviar_al_secretariado": "skipped",
    }
