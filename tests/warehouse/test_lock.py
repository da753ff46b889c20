"""What a run reads, and whether the newest release holds it already."""

from __future__ import annotations

import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pamga.documents.deliveries import Manifest
from pamga.documents.lock import Code, Lock
from pamga.documents.log import ChangedManifest, ClosingAttempt, LakeSecret, Publication, Rotation, Takedown
from pamga.errors import PamgaError, UsageError
from pamga.lake_secret import OBJECT, lake_secret
from pamga.log import publications
from pamga.quarter import Quarter
from pamga.settings import Settings
from pamga.standing import reading
from pamga.storage import sha256_bytes, sha256_file, write_atomically
from tests.documents import landed, made, stored
from warehouse import fingerprint
from warehouse.closing import ClosedBy, closed_by
from warehouse.fingerprint import code_fingerprint
from warehouse.lake import verify_lock
from warehouse.lock import LOCK_NAME, already_published, closings_to_try, make_lock

CLOSED = Quarter.parse("2026T3")


def deliver(
    settings: Settings,
    version: int,
    trimestre: str = "2026T3",
    received: str = "2026-10-10",
    export: str = "acuerdos",
    dependencia: str = "presupuesto_participativo",
) -> Path:
    """A committed version of one delivery, as the landing writes it."""
    content = f"{version:064d}"
    said = {"sha256": content, "rows_sha256": content, "received_on": received, "example": False}
    return landed(settings, export, trimestre, dependencia, version, **said)


def publish(settings: Settings, lock: Lock) -> None:
    """What a publication leaves of its lock."""
    entry = made(
        Publication,
        release=lock.release,
        orden=len(publications(settings.layout)) + 1,
        cierre=lock.closing,
        digest=lock.digest,
    )
    for path, document in (
        (settings.layout.release(lock.release) / LOCK_NAME, lock),
        (settings.layout.log / "publications" / f"{lock.release}.json", entry),
    ):
        write_atomically(path, document.content())


def test_nothing_in_a_lock_can_be_tried_out(tmp_path: Path) -> None:
    """Locks are published: a short file, known but for who asked for a repair or for an answer, could be written with each until its
    hash fits. So no hash of a lock is that of an object of the lake or of an original, of whatever export: a title that was masked, or a
    column that nobody knew, can be tried out as well."""
    settings, plain = Settings(data=tmp_path), set()
    for number, export in enumerate(("acuerdos", "encuestas_satisfaccion", "eventos_mbh"), start=1):
        deliver(settings, number, export=export)
    publish(settings, make_lock(settings))
    deliver(settings, 4)
    lock = make_lock(settings)
    for path in settings.layout.lake.rglob("*"):
        if path.is_file():
            plain.add(sha256_file(path))
            if path.name == "manifest.json":
                manifest = Manifest.read(path)
                plain |= {manifest.sha256, str(manifest.rows_sha256)}
    said = set(re.findall(r"[0-9a-f]{64}", lock.content().decode())) - {lock.code.sha256, lock.code.figures}
    assert len(said) >= 6 and not said & plain
    assert LakeSecret.read(settings.layout.lake / OBJECT).secreto not in lock.content().decode()
    assert make_lock(settings).digest == lock.digest
    (settings.layout.lake / OBJECT).unlink()
    assert make_lock(settings).digest != lock.digest, "the name of a run can be tried out"


def test_two_at_once_make_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: lake_secret(tmp_path), range(8)))) == 1


def test_a_lock_holds_after_its_pseudonyms_were_made_again(tmp_path: Path) -> None:
    """An old release can be proved after the key was rotated, and rows that nobody made again are still found out."""
    settings = Settings(data=tmp_path)
    folder = deliver(settings, 1, export="asistencia_talleres")
    _fill(folder, b"one key")
    lock, before = make_lock(settings), sha256_file(folder / "manifest.json")
    verify_lock(settings.layout.lake, lock)
    _fill(folder, b"another")
    with pytest.raises(PamgaError, match="with the locked bytes"):
        verify_lock(settings.layout.lake, lock)
    changed = ChangedManifest(
        path=(folder / "manifest.json").relative_to(settings.layout.lake).as_posix(),
        before=before,
        after=sha256_file(folder / "manifest.json"),
    )
    entry = Rotation(fecha="2026-11-01", hmac_key_id="k", kept=[], manifests=[changed])
    write_atomically(settings.layout.log / "rotations" / "k.json", entry.content())
    verify_lock(settings.layout.lake, lock)
    (folder / "rows.parquet").write_bytes(b"of nobody")
    with pytest.raises(PamgaError, match="with the locked bytes"):
        verify_lock(settings.layout.lake, lock)


def _fill(folder: Path, rows: bytes) -> None:
    """Rows of a version, and its manifest that says them."""
    (folder / "rows.parquet").write_bytes(rows)
    manifest = Manifest.read(folder / "manifest.json")
    hashes = {"rows_sha256": sha256_bytes(rows), "rejects_sha256": None}
    write_atomically(folder / "manifest.json", manifest.model_copy(update=hashes).content())


def test_a_closing_release_holds_what_a_provisional_one_would(tmp_path: Path) -> None:
    """Otherwise the next run with nothing new would replace the closing release by a provisional one."""
    settings = Settings(data=tmp_path)
    deliver(settings, 1)
    publish(settings, make_lock(settings, CLOSED, ClosedBy("Ana Ruiz", {"documentos": "No hubo."})))
    assert already_published(settings, make_lock(settings)) == "2026T3-r01"
    assert (
        already_published(settings, make_lock(settings, CLOSED, ClosedBy("Ana Ruiz", {"documentos": "No hubo."})))
        == "2026T3-r01"
    )
    deliver(settings, 2)
    assert already_published(settings, make_lock(settings)) is None


def test_a_provisional_release_is_not_yet_the_closing_one(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    deliver(settings, 1)
    assert already_published(settings, make_lock(settings)) is None
    publish(settings, make_lock(settings))
    assert already_published(settings, make_lock(settings)) == "2026T3-r01"
    assert already_published(settings, make_lock(settings, CLOSED)) is None


def test_a_closing_release_speaks_of_its_quarter_although_a_later_one_has_begun(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    deliver(settings, 1)
    deliver(settings, 1, "2026T4", "2026-11-06")
    provisional = make_lock(settings)
    assert (provisional.release, provisional.trimestre, provisional.received_until) == (
        "2026T4-r01",
        "2026T4",
        "2026-11-06",
    )
    publish(settings, provisional)
    closing = make_lock(settings, CLOSED)
    assert (closing.release, closing.trimestre, closing.closed) == ("2026T3-r01", "2026T3", ["2026T3"])
    assert {d.trimestre for d in closing.deliveries} == {"2026T3"}
    assert {v.trimestre for v in closing.versions} == {"2026T3"}
    publish(settings, closing)

    assert [p.release for p in publications(settings.layout)] == ["2026T4-r01", "2026T3-r01"]
    again = make_lock(settings)
    assert already_published(settings, again) == "2026T4-r01"  # nothing was delivered since
    assert (again.release, again.previous, again.closed) == ("2026T4-r02", "2026T3-r01", ["2026T3"])
    deliver(settings, 2, "2026T4", "2026-11-20")
    assert already_published(settings, make_lock(settings)) is None
    assert make_lock(settings, CLOSED).digest == closing.digest  # what is delivered for a later quarter changes nothing


def test_who_closed_is_kept_for_what_was_missing_alone(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    deliver(settings, 1)
    by = closed_by("  Ana Ruiz ", ["acuerdos=Ya llegó.", "documentos/imju=No hubo documentos."])
    kept = make_lock(settings, CLOSED, by).closing_by
    assert kept is not None
    assert kept.persona == "Ana Ruiz"
    assert [(m.export, m.dependencia, m.motivo) for m in kept.motivos] == [
        ("documentos", "imju", "No hubo documentos.")
    ]
    assert make_lock(settings, CLOSED, closed_by("Ana Ruiz", ["acuerdos=Ya llegó."])).closing_by is None
    assert make_lock(settings, CLOSED).closing_by is None
    assert make_lock(settings).missing == []


@pytest.mark.parametrize(
    ("persona", "motivos"),
    [("Ana Ruiz", []), ("", ["acuerdos=No hubo."]), ("Ana", ["acuerdos="]), ("Ana", ["tianguis=No hubo."]), ("Ana", ["sólo porque sí"])],
)  # fmt: skip
def test_a_closing_in_spite_of_something_needs_a_name_and_a_reason_for_a_file_that_is_owed(
    persona: str, motivos: list[str]
) -> None:
    with pytest.raises(UsageError):
        closed_by(persona, motivos)


def hold(settings: Settings, lock: Lock, number: int = 1) -> None:
    """What the gate leaves of a closing that it held."""
    path = settings.layout.log / "closings" / f"{lock.closing}{'' if number == 1 else f'-{number}'}.json"
    entry = made(
        ClosingAttempt, trimestre=lock.closing, run=lock.run, digest=lock.digest, decision="detener", faltan=lock.missing,
        cierre_por=lock.closing_by, detienen=["x"], fecha="2026-10-16",
    )  # fmt: skip
    write_atomically(path, entry.content())


def test_a_held_closing_is_tried_again_when_what_held_it_arrives(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    deliver(settings, 1)
    assert closings_to_try(settings) == []
    hold(settings, make_lock(settings, CLOSED, ClosedBy("Ana Ruiz", {"documentos/imju": "No hubo."})))
    for number, file in enumerate(make_lock(settings, CLOSED).missing, start=1):
        assert closings_to_try(settings) == []
        if (file.export, file.dependencia) != ("documentos", "imju"):
            deliver(settings, 1, received=f"2026-10-{number + 9}", export=file.export, dependencia=file.dependencia)
    assert closings_to_try(settings) == [CLOSED]  # but for the one that a reason was given for

    hold(settings, make_lock(settings, CLOSED, ClosedBy("Ana Ruiz", {"documentos/imju": "No hubo."})), 2)
    assert closings_to_try(settings) == []  # held by something else: not before something new comes
    deliver(settings, 2)
    assert closings_to_try(settings) == [CLOSED]
    publish(settings, make_lock(settings, CLOSED))
    assert closings_to_try(settings) == []


def take_down(settings: Settings, number: int, tipo: str, nombre: str, **more: object) -> None:
    """What a takedown leaves in the log."""
    path = settings.layout.log / "takedowns" / f"{number:04d}.json"
    record = {"numero": number, "tipo": tipo, "nombre": nombre, "fecha": "2026-10-20", "publicaciones": {}, **more}
    write_atomically(path, stored(Takedown, record))


def test_a_dataset_that_is_taken_down_is_something_new_to_build(tmp_path: Path) -> None:
    """The same deliveries then make another release, without it; lifting that makes another one again."""
    settings = Settings(data=tmp_path)
    deliver(settings, 1)
    before = make_lock(settings)
    publish(settings, before)
    assert before.withdrawn == [] and already_published(settings, make_lock(settings)) == "2026T3-r01"

    take_down(settings, 1, "conjunto", "comentarios_ciudadanos")
    without = make_lock(settings)
    assert without.withdrawn == ["comentarios_ciudadanos"] and without.digest != before.digest
    assert already_published(settings, without) is None
    publish(settings, without)
    assert already_published(settings, make_lock(settings)) == "2026T3-r02"

    take_down(settings, 2, "levantar", "comentarios_ciudadanos")
    again = make_lock(settings)
    assert (again.withdrawn, again.digest) == ([], before.digest)
    assert already_published(settings, again) is None


def test_a_release_that_is_taken_down_is_not_made_again_by_itself(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    deliver(settings, 1)
    publish(settings, make_lock(settings))
    take_down(settings, 1, "publicacion", "2026T3-r01")
    assert already_published(settings, make_lock(settings)) == "2026T3-r01"
    deliver(settings, 2)
    assert already_published(settings, make_lock(settings)) is None


# --- The commit of the code -----------------------------------------------------------------------------------------------


def test_the_image_says_its_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMGA_COMMIT", "0123456789abcdef" * 2 + "01234567")
    assert code_fingerprint().commit == "0123456789abcdef" * 2 + "01234567"


@pytest.mark.parametrize("given", ["main", "v1.2", "$(git rev-parse HEAD)", "abc123"])
def test_what_names_no_commit_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("PAMGA_COMMIT", given)
    with pytest.raises(PamgaError, match="names no commit"):
        code_fingerprint()


def without_git(folder: Path, kind: str) -> str:
    """A PATH on which git is missing, is no program, fails, or hangs at another repository."""
    if kind != "missing":
        git = folder / "git"
        git.write_text(
            {"no program": "nothing", "fails": "#!/bin/sh\nexit 128", "says nothing": "#!/bin/sh\nexit 0"}[kind]
        )
        git.chmod(0o644 if kind == "no program" else 0o755)
    return str(folder)


@pytest.mark.parametrize("kind", ["missing", "no program", "fails", "says nothing"])
def test_without_git_there_is_no_commit_and_no_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    monkeypatch.delenv("PAMGA_COMMIT", raising=False)
    with_git = code_fingerprint()
    monkeypatch.setenv("PATH", without_git(tmp_path, kind))
    assert code_fingerprint() == Code(sha256=with_git.sha256, figures=with_git.figures)


def test_code_inside_somebody_elses_repository_has_no_commit_of_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PAMGA_COMMIT", raising=False)
    code = tmp_path / "theirs" / "vendor" / "pamga"
    code.mkdir(parents=True)
    for command in (
        ["init", "-q"],
        ["-c", "user.name=x", "-c", "user.email=x@example", "commit", "-q", "--allow-empty", "-m", "x"],
    ):
        subprocess.run(["git", "-C", str(tmp_path / "theirs"), *command], check=True)
    monkeypatch.setattr(fingerprint, "__file__", str(code / "warehouse" / "fingerprint.py"))
    assert code_fingerprint().commit is None


def test_after_a_restore_a_withdrawn_release_is_not_made_again_from_what_comes_anew(tmp_path: Path) -> None:
    """The same rows under other days and numbers say the same; a correction does not."""
    settings = Settings(data=tmp_path)
    deliver(settings, 1)
    deliver(settings, 2)
    withdrawn = make_lock(settings)
    publish(settings, withdrawn)
    take_down(settings, 1, "publicacion", withdrawn.release, lectura=reading(withdrawn))
    folder = settings.layout.version("acuerdos", "2026T3", "presupuesto_participativo", 1)
    shutil.rmtree(folder)
    manifest = Manifest.read(folder.with_name("version=0002") / "manifest.json")
    shutil.rmtree(folder.with_name("version=0002"))
    anew = manifest.model_copy(update={"version": 1, "received_on": "2026-11-02"})
    write_atomically(folder / "manifest.json", anew.content())
    assert make_lock(settings).digest != withdrawn.digest
    assert already_published(settings, make_lock(settings)) == withdrawn.release
    deliver(settings, 3)
    assert already_published(settings, make_lock(settings)) is None


def test_a_name_that_a_takedown_knows_is_not_given_again(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    deliver(settings, 1)
    assert make_lock(settings).release == "2026T3-r01" and "lost" not in make_lock(settings).stored()
    taken: dict[str, dict[str, str]] = {"retirados": {}, "sustituidos": {}}
    take_down(settings, 1, "conjunto", "acuerdos", publicaciones={"2026T3-r01": taken, "2026T3-r04": taken})
    lock = make_lock(settings)
    assert (lock.release, lock.lost) == ("2026T3-r05", ["2026T3-r01", "2026T3-r04"])
    publish(settings, lock)
    assert make_lock(settings).release == "2026T3-r06"
