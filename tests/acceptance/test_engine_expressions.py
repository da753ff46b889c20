"""Our macros and dbt's mean the same on DuckDB and on Spark, over values that nobody would think of."""

from __future__ import annotations

import random
import subprocess
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dbt.cli.main import dbtRunner

from pamga.settings import Settings
from warehouse.dbt_runner import PROJECT, _let_go_of_warehouse
from warehouse.spark.session import ROOT, python

ROWS = 4000
LETTERS = "aeiouñÑáéíóúÁÉÍÓÚüÜçÇâêîôûãõÅåÆøłŁşŞğİıőžŽčßẞæœĄąĘę ḾḿấẾXYZ;-_ '\"\\%"
BLANKS = (" ", "\u00a0", "\u3000", "\t", "\u2007", "-", "_", "  ", "\u200b")
NUMBERS = (
    0.0,
    1.005,
    2.675,
    79.95,
    79.995,
    99.9999999,
    0.0000005,
    1e-9,
    12.35,
    1.15,
    8.95,
    -101.7,
    1e11 / 3,
    170187.005,
)
DAYS = (
    date(2024, 2, 29),
    date(2025, 1, 31),
    date(1969, 12, 31),
    date(1900, 3, 1),
    date(1582, 10, 10),
    date(2099, 12, 31),
    date(1, 1, 1),
)
COLUMNS = {
    "fila": pa.int64(), "numero": pa.float64(), "otro": pa.float64(), "texto": pa.string(), "lista": pa.string(), "dia": pa.date32(),
    "hasta": pa.date32(), "entero": pa.int64(), "importe": pa.decimal128(20, 6),
}  # fmt: skip
EXPRESSIONS = {
    **{f"decimal_{places}": f"a_decimal('numero', {places})" for places in range(1, 7)},
    **{f"redondeado_{places}": f"redondeado('numero', {places})" for places in range(6)},
    "valor": "texto_de_valor('numero', \"'porcentaje'\")",
    "acentos": "sin_acentos('texto')",
    "blancos": "sin_blancos_alrededor('texto')",
    "plegado": "plegado('texto')",
    "contiene": "lista_contiene('lista', 'texto')",
    "elementos": "elementos_de_lista('lista')",
    "punto": "punto('numero', 'otro')",
    "un_mes": "'cast(' ~ dbt.dateadd('month', 1, 'dia') ~ ' as date)'",
    "meses": "'cast(' ~ dbt.dateadd('month', '-coalesce(entero % 12, 3)', 'dia') ~ ' as date)'",
    "un_anio": "'cast(' ~ dbt.dateadd('year', 1, 'dia') ~ ' as date)'",
    "dias": "'cast(' ~ dbt.dateadd('day', -7, 'dia') ~ ' as date)'",
    "entre": "dbt.datediff('dia', 'hasta', 'day')",
    "semana": "semana_de('dia')",
    "palabras": "fecha_en_palabras('dia')",
    "indice": "indice_de_fecha('dia')",
    "semestre": "semestre_de('dia')",
    "trimestre": "trimestre_de_indice('entero')",
    "division": "entero_entre('entero', 4)",
    "faltan": "cuantos_faltan('entero', 'abs(entero)', \"'>'\", '80')",
    "comunes": "bits_comunes('entero', '12')",
    "porcentaje": "porcentaje('importe', 'importe + 3')",
    "importe": "dicho('importe')",
    "fecha": "dicho('dia')",
    "largo": "'length(texto)'",
    "parte": "'substring(texto, 2, 3)'",
    "posicion": "dbt.position(\"'a'\", 'texto')",
}


def value(kind: str, rng: random.Random) -> Any:
    """Empty one time in ten; else something usual or, nearly as often, something that breaks things."""
    text = "".join(rng.choice(LETTERS) for _ in range(rng.randrange(14)))
    percent = 100 * rng.randrange(500) / rng.randrange(1, 500)
    half = rng.randrange(10**6) / 10 ** rng.randrange(6) + 0.5 / 10 ** rng.randrange(7)
    drawn: dict[str, tuple[Any, Any]] = {
        "numero": (rng.choice((percent, half)), rng.choice(NUMBERS)),
        "entero": (rng.choice((1, 5, 12, 40, 80, 99, 100)), rng.choice((-8107, -7, -1, 0, 8107))),
        "importe": (
            Decimal(rng.randrange(10**8)) / 100,
            rng.choice((Decimal("0.000001"), Decimal("12345678901234.123456"))),
        ),
        "dia": (date(1950, 1, 1) + timedelta(rng.randrange(40_000)), rng.choice(DAYS)),
        "lista": (";".join([text, "a", rng.choice(LETTERS)]), ";".join([text, "", text])),
        "texto": (text, f"{rng.choice(BLANKS)}{text}e\u0301n\u0303🏛️北京{rng.choice(BLANKS)}"),
    }
    usual, unusual = drawn[{"otro": "numero", "hasta": "dia"}.get(kind, kind)]
    return rng.choices((None, usual, unusual), (1, 5, 4))[0]


@pytest.mark.servers
def test_expressions_mean_the_same_on_both_engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(7)
    columns = {
        kind: list(range(ROWS)) if kind == "fila" else [value(kind, rng) for _ in range(ROWS)] for kind in COLUMNS
    }
    (tmp_path / "values").mkdir()
    pq.write_table(pa.table(columns, schema=pa.schema(list(COLUMNS.items()))), tmp_path / "values" / "values.parquet")
    asked = ", ".join(f"{{{{ {macro} }}}} as {name}" for name, macro in EXPRESSIONS.items())
    (tmp_path / "expressions.sql").write_text(f"select fila, {asked} from valores")
    done = subprocess.run(
        [python(Settings(data=tmp_path)), ROOT / "tests" / "acceptance" / "spark_expressions.py", tmp_path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]

    with duckdb.connect() as connection:
        connection.execute(f"create view valores as select * from read_parquet('{tmp_path}/values/*.parquet')")
        connection.execute(f"create table en_duckdb as {_for_duckdb(tmp_path, monkeypatch)}")
        connection.execute(f"create table en_spark as select * from read_parquet('{tmp_path}/answers/*.parquet')")
        different = {
            name: connection.execute(
                f"select valores.*, en_duckdb.{name}, en_spark.{name} from valores inner join en_duckdb using (fila) "
                f"inner join en_spark using (fila) where cast(en_duckdb.{name} as varchar) is distinct from cast(en_spark.{name} as varchar) limit 2"
            ).fetchall()
            for name in EXPRESSIONS
        }
        assert connection.execute("select count(*) from en_spark").fetchone() == (ROWS,)
    assert {name: rows for name, rows in different.items() if rows} == {}


def _for_duckdb(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PAMGA_WAREHOUSE", str(folder / "empty.duckdb"))
    done: Any = dbtRunner().invoke(
        ["compile", "--quiet", "--target", "duckdb", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
         "--target-path", str(folder / "duckdb"), "--log-path", str(folder), "--inline", (folder / "expressions.sql").read_text()]
    )  # fmt: skip
    _let_go_of_warehouse()
    assert done.success, done.exception
    return str(done.result.results[0].node.compiled_code)
