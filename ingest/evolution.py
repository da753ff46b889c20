"""How a contract changes without changing what was delivered (docs/contracts.md).

Every version is kept with the contract under which it landed, by the contract's hash; and the shapes that a contract has had
are on record beside the contracts, so that a change that older versions could not follow is found before it is deployed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingest.contract import CONTRACTS_FOLDER, Contract, kept_contract, load_contract
from pamga.documents.deliveries import Manifest
from pamga.layout import Layout
from pamga.storage import DamagedFile, exclusive_lock, sweep_leftovers, write_once

RECORD = CONTRACTS_FOLDER / "evolution.json"
"""Export -> the shapes that its contract has had, oldest first; written by `python -m ingest.generate`."""

TAKES_OVER: dict[str, frozenset[str]] = {
    "entero": frozenset({"decimal", "texto"}),
    **{tipo: frozenset({"texto"}) for tipo in ("decimal", "fecha", "booleano", "categoria", "lista", "url", "correo")},
}
"""Types that take over every value of another one."""


def keep_contract(layout: Layout, contract: Contract) -> None:
    """Keep a contract with the lake, once, under its hash; what a killed receiver left of one goes."""
    path = layout.contract(contract.sha256)
    if path.exists() and not any(path.parent.glob(".tmp-*")):
        return
    with exclusive_lock(layout.locks / "contracts.lock"):  # so that a leftover is nobody's work
        sweep_leftovers(path.parent)
        if not path.exists():
            write_once(path, contract.content)


def contract_of(layout: Layout, manifest: Manifest) -> Contract:
    """The contract under which a version landed; the present one where it was not kept."""
    present = load_contract(manifest.export)
    sha256 = manifest.contract_sha256
    if not sha256 or sha256 == present.sha256 or not layout.contract(sha256).exists():
        return present
    kept = kept_contract(layout.contract(sha256).read_bytes())
    if kept.sha256 != sha256:
        raise DamagedFile(layout.contract(sha256), "its content is not what its name says")
    return kept


def shape(contract: Contract) -> dict[str, Any]:
    """What of a contract older versions depend on."""
    columns = {
        column.nombre: {
            "tipo": column.tipo,
            **({"valores": list(column.valores)} if column.valores else {}),
            **({"unidad": column.unidad} if column.unidad else {}),
            **{name: True for name in ("personal", "seudonimo") if getattr(column, name)},
        }
        for column in contract.columnas
    }
    return {"clave": list(contract.clave), "entrega": contract.entrega, "columnas": columns}


def record(contracts: dict[str, Contract], earlier: dict[str, list[dict[str, Any]]]) -> str:
    """The record with the present shape of each contract added where it is new."""
    document = {}
    for export in sorted({*contracts, *earlier}):
        shapes = list(earlier.get(export, []))
        if export in contracts and (not shapes or shapes[-1]["forma"] != shape(contracts[export])):
            shapes.append({"sha256": contracts[export].sha256, "forma": shape(contracts[export])})
        document[export] = shapes
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def recorded(path: Path = RECORD) -> dict[str, list[dict[str, Any]]]:
    """The shapes on record; none where there is no record yet."""
    document: dict[str, list[dict[str, Any]]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return document


def faults(contract: Contract, shapes: list[dict[str, Any]]) -> list[str]:
    """What in a contract older versions could not follow; empty when the change is one that docs/contracts.md allows."""
    found = [
        f"{contract.export}.{column.nombre} is retired and obligatory: nobody can deliver it."
        for column in contract.columnas
        if column.retirada and column.obligatoria
    ]
    owners: dict[str, str] = {}
    for column in contract.columnas:
        for name in (column.nombre, *column.antes):
            if owners.setdefault(name, column.nombre) != column.nombre:
                found.append(
                    f"{contract.export}: the name {name} was {owners[name]}'s; a name is never given to another."
                )
    for earlier in shapes:
        found += _unfollowed(contract, earlier["forma"], owners)
    return list(dict.fromkeys(found))


def _unfollowed(contract: Contract, earlier: dict[str, Any], owners: dict[str, str]) -> Iterator[str]:
    if earlier["entrega"] != contract.entrega:
        yield f"{contract.export}: `entrega` was {earlier['entrega']}; that is a new export."
    if [owners.get(name, name) for name in earlier["clave"]] != list(contract.clave):
        yield f"{contract.export}: the key was {earlier['clave']}; another key is a new export."
    for name, was in earlier["columnas"].items():
        where = f"{contract.export}.{name}"
        if name not in owners:
            yield f"{where} is gone: keep it with `retirada: true`, or list the name in `antes` of its new one."
            continue
        column = contract.column(owners[name])
        if was["tipo"] != column.tipo and column.tipo not in TAKES_OVER.get(was["tipo"], ()):
            yield f"{where} was {was['tipo']}, and {column.tipo} does not take over every value: add a column."
        gone = [value for value in was.get("valores", []) if value not in column.valores]
        if gone and column.tipo == was["tipo"]:
            yield f"{where} no longer allows {', '.join(gone)}, which older rows hold."
        if was.get("unidad") and column.unidad != was["unidad"]:
            yield f"{where} was in {was['unidad']}: another unit is another column."
        for kind in ("personal", "seudonimo"):
            if bool(was.get(kind)) != getattr(column, kind):
                yield f"{where} changed `{kind}`: what is kept of it has to be taken out of the lake (docs/contracts.md)."
