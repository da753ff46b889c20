"""What changed between two releases, for programs, on a page and in the feeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from pamga.documents.candidate import Column, Dataset
from pamga.documents.changes import ChangedDataset, ChangedMethod, Changes, DeliveryCause, Differs, Restatement, Row
from pamga.documents.lock import Code, Lock, LockedVersion
from pamga.engine import connect
from pamga.errors import UsageError
from pamga.settings import Settings
from publish.changes import Side, changed_deliveries, compare, judged
from publish.feeds import described_causes, described_changes, described_standing
from publish.release import difference, publish, rollback
from tests.documents import made
from tests.publish.scene import BASE_URL, delivery
from tests.publish.surfaces import disagreements, in_changes

ATOM = {"a": "http://www.w3.org/2005/Atom"}
MakeRun = Callable[..., str]
CORRECTION = {
    "release": "2026T3-r02",
    "finished": 85,
    "agreements": [("A-1", "Bacheo", "2026-05-03"), ("A-2", "Alumbrado", None), ("A-4", "Agua", None)],
    "deliveries": [
        delivery("acuerdos", "2026T2", 2),
        delivery("acuerdos", "2026T3"),
        delivery("eventos_mbh", "2026T3", 3),
    ],
}


@pytest.fixture
def corrected(published: Settings, candidate: MakeRun) -> Settings:
    """Two releases, the second with a corrected delivery of agreements."""
    candidate(**CORRECTION)
    publish(published)
    return published


def said(settings: Settings) -> Changes:
    """What the current release says that changed."""
    return Changes.read(settings.layout.current / "cambios.json")


def counts(change: ChangedDataset) -> tuple[int, int, int]:
    return change.agregadas, change.modificadas, change.eliminadas


def test_rows_by_key(corrected: Settings) -> None:
    changes = said(corrected)
    change = changes.dataset("seguimiento_acuerdos")
    assert counts(change) == (1, 1, 1)
    assert [row.stored() for row in change.detalle] == [
        {"tipo": "modificada", "llave": {"acuerdo_id": "A-1"}, "cambios": {"fecha_finalizacion": {"antes": "2026-05-02", "despues": "2026-05-03"}}},
        {"tipo": "eliminada", "llave": {"acuerdo_id": "A-3"}},
        {"tipo": "agregada", "llave": {"acuerdo_id": "A-4"}},
    ]  # fmt: skip
    same = {c.conjunto for c in changes.conjuntos if c.estado == "sin_cambios"}
    assert same == {"colonias", "indicadores", "observaciones", "otras_lecturas", "palabras_del_plan", "sin_filas"}


def test_a_restated_value_names_the_delivery_that_caused_it(corrected: Settings) -> None:
    (restated,) = said(corrected).indicadores.reexpresados
    assert (restated.indicador, restated.ejercicio, restated.trimestre) == ("MBH-2", 2026, "2026T2")
    assert restated.cambios["valor"] == Differs(antes=70.0, despues=85.0)
    # not the events, which are no source of MBH-2, nor the agreements of a later quarter
    assert [
        (c.tipo, c.export, c.trimestre, c.version_anterior, c.version)
        for c in restated.causas
        if isinstance(c, DeliveryCause)
    ] == [("entrega", "acuerdos", "2026T2", 1, 2)]
    assert described_changes(restated) == ["Valor: antes 70 %, ahora 85 %.", "Numerador: antes 70, ahora 85."]
    (sentence,) = described_causes(restated)
    assert sentence == (
        "Se corrigió la entrega «acuerdos» de abril a junio de 2026 (presupuesto_participativo/acuerdos_2026T2.csv, "
        "versión 2 en lugar de la 1, recibida el 10 de octubre de 2026)."
    )
    page = (corrected.layout.current / "cambios.html").read_text()
    assert sentence in page
    assert sentence in (corrected.layout.current / "indicadores" / "MBH-2.html").read_text()


FIRST = (("CAJ-1", "no_validado", 70.0, 70.0, "incumplida"), ("CAJ-2", "sin_revisar", 70.0, 90.0, "cumplida_con_retraso"),
         ("DA-1", "validado", 90.0, 90.0, "cumplida"))  # fmt: skip
THEN = (("CAJ-1", "validado_con_observaciones", 85.0, 60.0, "cumplida"), ("CAJ-2", "sin_revisar", 79.98, 79.99, "incumplida"),
        ("DA-1", "no_validado", 79.6, 95.0, "cumplida_con_retraso"))  # fmt: skip


@pytest.mark.slow
def test_a_changed_figure_shows_the_value_that_was_judged_and_what_the_secretariado_said(
    settings: Settings, candidate: MakeRun
) -> None:
    publish(settings, candidate(verdicts=FIRST))
    publish(settings, candidate(release="2026T3-r02", verdicts=THEN, finished=71))
    rows = list(in_changes(settings.layout.releases))
    # JSON, its page, the indicator's page and the feed; two quarters and MBH-2's
    assert len(rows) == 4 * (len(THEN) * 2 + 1)
    assert disagreements(rows) == []
    changed = {(r.indicador, r.trimestre): r for r in said(settings).indicadores.reexpresados}
    assert described_changes(changed["CAJ-1", "2026T2"]) == [
        "Valor en la fecha de vencimiento: antes 70 %, ahora 85 %.", "Estado: antes Incumplida, ahora Cumplida.",
        "Numerador en la fecha de vencimiento: antes 70, ahora 85.", "Hoy: antes 70 %, ahora 60 %.",
        "Numerador de hoy: antes 70, ahora 60.",
    ]  # fmt: skip
    assert described_standing(changed["CAJ-1", "2026T2"]) == [
        "Queda: Cumplida, 85 % al 31 de mayo de 2026.", "Meta: al menos 80 %.", "Al 30 de junio de 2026 (hoy): 60 %.",
        "Validado con observaciones del Secretariado (abril a junio de 2026).",
    ]  # fmt: skip
    assert described_standing(changed["CAJ-2", "2026T3"])[-1] == "El Secretariado aún no lo revisa."


def test_a_release_from_before_the_judged_value_had_a_column_is_compared_by_its_values() -> None:
    row: Row = {
        "fecha_corte": "2026-06-30",
        "vence": "2026-05-31",
        "valor": 90.0,
        "valor_al_vencimiento": 70.0,
        "numerador": 9,
        "denominador": 10,
    }
    assert judged(row)["valor_juzgado"] == 70.0
    assert "numerador_juzgado" not in judged(row)
    assert judged({**row, "vence": "2026-12-31"})["numerador_juzgado"] == 9
    changed = {"valor_al_vencimiento": Differs(antes=70.0, despues=80.0)}
    old = made(Restatement, vencida=True, cambios=changed, causas=[])
    assert described_changes(old) == ["Valor en la fecha de vencimiento: antes 70 %, ahora 80 %."]
    assert described_standing(old) == []


def test_a_change_of_method_is_said(published: Settings, candidate: MakeRun) -> None:
    candidate(release="2026T3-r02", finished=71, code="b" * 64)
    publish(published)
    changes = said(published)
    (restated,) = changes.indicadores.reexpresados
    assert [cause.tipo for cause in restated.causas] == ["metodo"]
    assert changes.metodo == ChangedMethod(codigo_antes="a" * 64, codigo_despues="b" * 64)
    assert "Cambió el método" in (published.layout.current / "cambios.html").read_text()


def test_another_page_is_no_other_method(tmp_path: Path) -> None:
    sides = [side(tmp_path, f"2026T1-r0{n}", "select 1 k", ["k"], {"k": "INTEGER"}) for n in (1, 2, 3)]
    for number, one in enumerate(sides):
        code = Code(sha256=f"s{number}", figures="f" if number < 2 else "otro")
        sides[number] = replace(one, lock=one.lock.model_copy(update={"code": code}))
    settings = Settings(data=tmp_path)
    assert compare(settings, sides[0], sides[1]).metodo is None
    assert compare(settings, sides[1], sides[2]).metodo == ChangedMethod(codigo_antes="s1", codigo_despues="s2")
    before = sides[0].lock.model_copy(update={"code": Code(sha256="s0")})  # from before the two were told apart
    sides[0] = replace(sides[0], lock=before)
    assert compare(settings, sides[0], sides[1]).metodo == ChangedMethod(codigo_antes="s0", codigo_despues="s1")


def test_a_version_that_was_named_by_another_hash_is_no_change(tmp_path: Path) -> None:
    """Locks of before say plain hashes, later ones keyed ones; and a rotation makes the pseudonyms, not the delivery, anew."""
    version = made(LockedVersion, export="acuerdos", trimestre="2026T1", dependencia="pp", version=1)

    def locked(**said: str | None) -> Lock:
        return made(Lock, deliveries=[version.model_copy(update=said)], code={"sha256": "a"})

    plain, one, other = locked(sha256="a", rows_sha256="b"), locked(rows_hmac="c"), locked(rows_hmac="d")
    assert changed_deliveries(plain, one) == changed_deliveries(one, one) == []
    assert changed_deliveries(locked(rows_hmac="c", hmac_key_id="1"), locked(rows_hmac="d", hmac_key_id="2")) == []
    assert [delivery.version for delivery in changed_deliveries(one, other)] == [1]


def test_between_any_two_releases(corrected: Settings, candidate: MakeRun) -> None:
    candidate(release="2026T3-r03", finished=90)
    publish(corrected)
    changes = difference(corrected, "2026T3-r01", "2026T3-r03")
    assert changes.indicadores.reexpresados[0].cambios["valor"] == Differs(antes=70.0, despues=90.0)
    back = difference(corrected, "2026T3-r03", "2026T3-r01")
    assert back.indicadores.reexpresados[0].cambios["valor"] == Differs(antes=90.0, despues=70.0)
    assert difference(corrected, "2026T3-r01", "2026T3-r01").entregas == []
    with pytest.raises(UsageError, match="does not exist"):
        difference(corrected, "2026T3-r01", "2099T1-r01")


def side(folder: Path, release: str, select: str, key: list[str], types: dict[str, str]) -> Side:
    """A side with one dataset `t`, written from a query."""
    (folder / release / "data").mkdir(parents=True)
    with connect(Settings(data=folder)) as connection:
        connection.execute(f"copy ({select}) to '{folder / release / 'data' / 't.parquet'}' (format parquet)")
        rows = connection.execute(f"select count(*) from ({select})").fetchone()
    columns = [made(Column, name=name, type=kind) for name, kind in types.items()]
    dataset = made(Dataset, name="t", title="T", primary_key=key, rows=rows[0] if rows else 0, columns=columns)
    lock = made(Lock, deliveries=[], code={"sha256": "a"})
    return Side(release, "2026-10-20", folder / release, [dataset], {"data/t.parquet": release}, lock)


@pytest.mark.parametrize(
    ("before", "after", "key", "expected"),
    [
        ("select null::integer k, 1 v", "select null::integer k, 2 v", ["k"], (0, 1, 0)),  # null equals null
        ("select 1 k, null::integer v", "select 1 k, 2 v", ["k"], (0, 1, 0)),
        ("select 1 k, 2 v", "select 1 k, 2 v", ["k"], (0, 0, 0)),
        (
            "select 1 k, unnest([1, 1, 2]) v",
            "select 1 k, unnest([1, 2, 3, 3]) v",
            ["k"],
            (2, 0, 1),
        ),  # not a key after all
        ("select 1 k, unnest([1, 1, 2]) v", "select 1 k, unnest([1, 2, 3, 3]) v", [], (2, 0, 1)),
        ("select 1 k, 2 v where false", "select 1 k, 2 v", ["k"], (1, 0, 0)),
    ],
)
def test_counts_of_rows(
    tmp_path: Path, before: str, after: str, key: list[str], expected: tuple[int, int, int]
) -> None:
    types = {"k": "INTEGER", "v": "INTEGER"}
    first, second = side(tmp_path, "2026T1-r01", before, key, types), side(tmp_path, "2026T1-r02", after, key, types)
    (change,) = compare(Settings(data=tmp_path), first, second).conjuntos
    assert counts(change) == expected
    assert change.rows_differ is any(expected)


def test_columns_that_come_go_or_change_their_type(tmp_path: Path) -> None:
    first = side(
        tmp_path, "2026T1-r01", "select 1 k, 'a' v, 3 w", ["k"], {"k": "INTEGER", "v": "VARCHAR", "w": "INTEGER"}
    )
    second = side(
        tmp_path, "2026T1-r02", "select 1 k, 5 v, 3 x", ["k"], {"k": "INTEGER", "v": "INTEGER", "x": "INTEGER"}
    )
    (change,) = compare(Settings(data=tmp_path), first, second).conjuntos
    assert (change.columnas_agregadas, change.columnas_eliminadas) == (["v", "x"], ["v", "w"])
    assert change.rows_differ


def test_a_dataset_that_is_no_longer_published(tmp_path: Path) -> None:
    first = side(tmp_path, "2026T1-r01", "select 1 k", ["k"], {"k": "INTEGER"})
    second = Side("2026T1-r02", "2026-10-20", tmp_path, [], {}, first.lock)
    (change,) = compare(Settings(data=tmp_path), first, second).conjuntos
    assert (change.estado, change.eliminadas) == ("retirado", 1)


def entries(settings: Settings, name: str) -> list[tuple[str, str]]:
    feed = Xml.parse(settings.layout.releases / name).getroot()  # noqa: S314 - our own file
    assert feed.tag == "{http://www.w3.org/2005/Atom}feed"
    assert feed.findtext("a:author/a:name", None, ATOM)
    for element in (feed, *feed.findall("a:entry", ATOM)):  # what RFC 4287 asks of a feed and of an entry
        assert element.findtext("a:id", "", ATOM).startswith(BASE_URL)
        assert element.findtext("a:title", "", ATOM)
        assert datetime.fromisoformat(element.findtext("a:updated", "", ATOM)).tzinfo
        assert element.find("a:link[@rel='alternate'][@href]", ATOM) is not None
    identities = [e.findtext("a:id", None, ATOM) for e in feed.findall("a:entry", ATOM)]
    assert len(set(identities)) == len(identities)
    return [(e.findtext("a:title", "", ATOM), e.findtext("a:summary", "", ATOM)) for e in feed.findall("a:entry", ATOM)]


def test_feeds(corrected: Settings) -> None:
    titles = [title for title, _ in entries(corrected, "publicaciones.xml")]
    assert titles == [f"Publicación {r} (provisional) · datos de ejemplo" for r in ("2026T3-r02", "2026T3-r01")]
    ((title, summary),) = entries(corrected, "reexpresiones.xml")
    assert title == "MBH-2 2026, abril a junio de 2026: cambió lo publicado"
    assert "antes 70 %, ahora 85 %" in summary
    assert "Se corrigió la entrega «acuerdos»" in summary
    rollback(corrected, reason="Se publicó por error")
    assert entries(corrected, "publicaciones.xml")[0] == (
        "Se volvió a la publicación 2026T3-r01",
        "Se retiró de «vigente» la publicación 2026T3-r02. Motivo: Se publicó por error",
    )


@pytest.mark.slow
def test_what_was_withdrawn_from_a_text_is_not_quoted(settings: Settings, candidate: Callable[..., str]) -> None:
    """A correction that takes a name out would publish it once more if the changes said what stood there before."""
    publish(
        settings,
        candidate(observation="La pidió Zenaida Quiroz", agreements=[("A-1", "Fuga con Zenaida Quiroz", None)]),
    )
    hidden = {"observation": None, "agreements": [("A-1", "[dato personal oculto]", None)]}
    publish(settings, candidate(release="2026T3-r02", finished=90, **hidden))
    folder = settings.layout.current
    (observation,), (agreement,) = (
        said(settings).dataset(name).detalle for name in ("observaciones", "seguimiento_acuerdos")
    )
    assert observation.cambios["observacion"] == Differs(antes="…", despues=None)
    assert observation.cambios["observacion_reservado"] == Differs(antes=None, despues="sin_autorizacion")
    assert agreement.cambios["tema"] == Differs(antes="…", despues="[dato personal oculto]")
    assert not [p for p in folder.rglob("*") if p.is_file() and b"Zenaida" in p.read_bytes()]
