"""The objects of `lake/_log`: immutable, one a fact (docs/interfaces.md)."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pamga.documents.base import Document, Number, Part


class ReadVersion(Part):
    """A version of a delivery that a release read."""

    dependencia: str
    export: str
    trimestre: str
    version: int
    rows_hmac: str | None = Field(None, description="as in the lock")
    sha256: str | None = Field(None, description="of the original; only older entries say it")


class PublishedDataset(Part):
    """A dataset in the release that published it."""

    conjunto: str
    columnas: list[str] = Field(default_factory=list)
    filas: int = 0
    cambio: bool = Field(False, description="whether its rows differ from those of the release before")


class Publication(Document):
    """A release was published."""

    WHERE: ClassVar[str] = "lake/_log/publications/<release>.json"

    release: str
    orden: int = Field(
        0,
        description="counts publications; names do not: the closing release of a quarter may follow one of a later quarter",
    )
    fecha: str = Field(description="day of the flip where the city is")
    corte: str | None = Field(None, description="the day as of which its newest quarter is judged")
    cierre: str | None = Field(None, description="the quarter that it closes")
    run: str
    digest: str
    code: str | None = Field(None, description="sha256 over the sources that built it")
    sumas: str | None = Field(
        None,
        description="sha256 of the release's `sumas_sha256.txt`, which names every other file: a release changed together with its sums is found",
    )
    deliveries: list[ReadVersion] = Field(default_factory=list)
    datasets: list[PublishedDataset] = Field(default_factory=list)


class NamedVersion(Part):
    """A version of a delivery."""

    export: str
    trimestre: str
    dependencia: str
    version: int


class Rollback(Document):
    """The pointer went back. It follows from the log: the newest rollback's `a` while its `ultima` is still the newest publication,
    else the newest publication; a killed publish or rollback is completed to that by the next `pamga publish`."""

    WHERE: ClassVar[str] = "lake/_log/rollbacks/<n>.json"

    de: str
    a: str
    persona: str
    motivo: str
    fecha: str
    ultima: str = Field(description="the newest publication at that moment")
    entregas: list[NamedVersion] = Field(
        default_factory=list, description="the deliveries that were wrong, each also in `apartadas/`"
    )


class LedgerValue(Part):
    """A published value of an indicator."""

    indicador: str
    ejercicio: int
    trimestre: str
    numerador: Number | None
    denominador: Number | None
    valor: Number | None
    valor_al_vencimiento: Number | None
    estado: str
    provisional: bool


class Ledger(Document):
    """What a release says of the indicators: only values that are new or differ from what the ledger said before."""

    WHERE: ClassVar[str] = "lake/_log/ledger/<release>.json"

    release: str
    fecha: str
    valores: list[LedgerValue]


class LoggedCheck(Part):
    """What came out of one check."""

    id: str
    dataset: str
    dimension: str
    severity: str
    outcome: str
    value: Number | None
    threshold: str


class LoggedChecks(Document):
    """What the gate found in a run. Checking again with the same outcome changes nothing; another outcome (a person closes the quarter)
    is a further object `<run>-2.json`."""

    WHERE: ClassVar[str] = "lake/_log/checks/<run>.json"

    run: str
    release: str
    fecha: str = Field(description="the day of the first check")
    decision: str
    closing: str | None = None
    checks: list[LoggedCheck]


class PeopleCell(Part):
    """A cell of a table about people."""

    renglon: str
    columna: str
    nombre: str | None
    personas: int
    suprimido: bool
    desde: int | None = Field(
        None,
        description="of a cell that protects others: what whoever knows the rule by which it was chosen can say of it; and `hasta`",
    )
    hasta: int | None = None


class PeopleVersion(Part):
    """A table and exercise as a release showed it, the people of hidden cells included."""

    tabla: str
    ejercicio: int
    conoce_la_regla: bool
    cifras: dict[str, int]
    celdas: list[PeopleCell]


class People(Document):
    """The tables about people and the exercises that a release showed for the first time or anew. Never published; a hash
    of it is (inputs.lock). Written just before the publication object; one whose release the log does not name was never public and no build
    reads it (docs/small-cells.md)."""

    WHERE: ClassVar[str] = "lake/_log/people/<release>.json"

    release: str
    sal: str = Field(description="a value that only the lake knows, since a hash of this object is public")
    versiones: list[PeopleVersion]


class ShownPeople(Part):
    """Which release showed what a candidate shows of a table and exercise."""

    tabla: str
    ejercicio: int
    release: str


class PeopleOfRun(People):
    """What a candidate shows of the tables about people; publishing keeps it in the log."""

    WHERE: ClassVar[str] = "runs/<run>/people.json"

    mostradas: list[ShownPeople] = Field(default_factory=list)
    avisos: dict[str, str] = Field(
        default_factory=dict,
        description="table -> what a reader must be told of figures that stay as they were published",
    )


class Figure(Part):
    """A figure of a candidate."""

    indicador: str
    ejercicio: int
    trimestre: str
    valor: Number | None
    valor_al_vencimiento: Number | None
    estado: str

    @property
    def said(self) -> str:
        """`<indicador> <ejercicio>, 2026T3 (81.2 %, incumplida)`."""
        value = "sin dato" if self.valor is None else f"{self.valor:.6g} %"
        return f"{self.indicador} {self.ejercicio}, {self.trimestre} ({value}, {self.estado.replace('_', ' ')})"


class Answer(Document):
    """The Secretariado's answer about a candidate; a second answer is `<run>-2.json`."""

    WHERE: ClassVar[str] = "lake/_log/approvals/<run>.json"
    APPROVE: ClassVar[str] = "aprobar"
    REJECT: ClassVar[str] = "rechazar"
    NOBODY: ClassVar[str] = "sin respuesta"

    run: str
    release: str
    decision: str = Field(description="`aprobar` or `rechazar`")
    persona: str = Field(description="the name given with the account that signed in: `Ana Ruiz (cuenta aruiz)`")
    motivo: str
    fecha: str
    cifras: list[Figure] = Field(
        default_factory=list,
        description="of a rejection: the figures of the candidate that the public did not read; the next candidate that carries one shows who rejected it",
    )

    @property
    def approves(self) -> bool:
        return self.decision == self.APPROVE

    @property
    def rejected_by_a_person(self) -> bool:
        """Whether somebody said no; an answer that never came says nothing about the figures."""
        return self.decision == self.REJECT and self.persona != self.NOBODY


class Acknowledgement(Document):
    """Who has seen what a warning found. Not read by a build."""

    WHERE: ClassVar[str] = "lake/_log/acknowledged/<n>.json"

    verificacion: str
    huella: str = Field(description="sha256 of what the check found, so that it warns again when that changes")
    persona: str
    motivo: str
    fecha: str


class MissingFile(Part):
    """A file that an office owes and that is not there."""

    export: str
    dependencia: str
    archivo: str = Field(description="the file and the office, in words")


class ReasonGiven(MissingFile):
    """Why a quarter is closed without a file."""

    motivo: str


class ClosedBy(Part):
    """Who closes a quarter although something is missing."""

    persona: str
    motivos: list[ReasonGiven]


class ClosingAttempt(Document):
    """An attempt at closing a quarter that came out otherwise than the one before. Not read by a build. A quarter whose newest attempt is
    `detener` and that no standing release closes is told to the public as not closed, and is tried again when nothing that is owed lacks
    any more (or, where something else held it, with every new delivery for it)."""

    WHERE: ClassVar[str] = "lake/_log/closings/<trimestre>.json, <trimestre>-2.json…"
    HELD: ClassVar[str] = "detener"

    trimestre: str
    run: str
    digest: str
    decision: str
    faltan: list[MissingFile]
    cierre_por: ClosedBy | None = None
    detienen: list[str] = Field(default_factory=list, description="the checks that stopped it")
    fecha: str

    @property
    def held(self) -> bool:
        return self.decision == self.HELD

    @property
    def without_reason(self) -> list[str]:
        """The missing files, in words, for which nobody gave a reason."""
        said = {(m.export, m.dependencia) for m in (self.cierre_por.motivos if self.cierre_por else ())}
        return [file.archivo for file in self.faltan if (file.export, file.dependencia) not in said]


class Decision(Document):
    """A person's word about one version: the last one counts. The same rows in other bytes are set aside with it; a version that was
    restored or let in is not."""

    WHERE: ClassVar[str] = "lake/_log/apartadas/<n>.json"

    accion: str = Field(description="`apartar` or `readmitir`")
    export: str
    trimestre: str
    dependencia: str
    version: int
    origen: str = Field(description="`reversion` or `persona`")
    persona: str
    motivo: str
    ultima: str | None = Field(None, description="the newest publication at that moment")
    fecha: str


class ReceiptDay(Document):
    """A person's word about the day on which a version was received, which a wrong clock had written otherwise; the last one counts. Its
    manifest stays as it landed. What the file comes to on that day is judged again, and lands as a version of its own where it differs."""

    WHERE: ClassVar[str] = "lake/_log/receipt_days/<n>.json"

    export: str
    trimestre: str
    dependencia: str
    version: int
    decia: str = Field(description="the day that stood")
    recibido: str = Field(description="the day that is right")
    dejado: str = Field(description="the day on which it was dropped")
    persona: str
    motivo: str
    fecha: str


class TakenFiles(Part):
    """What a takedown removed from one release and what it wrote anew, with the hashes that stood."""

    retirados: dict[str, str]
    sustituidos: dict[str, str]


class Takedown(Document):
    """A release or a dataset was taken down, or a dataset may be published again. Written first, it is the decision: everything reads it
    through `pamga.takedowns`. A release whose takedown is not done does not verify. A dataset that is down is in the lock (`withdrawn`),
    whose digest it changes, and in no candidate; a release that is down is in no lineage."""

    WHERE: ClassVar[str] = "lake/_log/takedowns/<n>.json"

    numero: int
    tipo: str = Field(description="`publicacion`, `conjunto` or `levantar`")
    nombre: str
    fecha: str
    persona: str
    motivo: str
    corrida: str | None = None
    lectura: str | None = Field(
        None,
        description="of a release: what it read (`pamga.standing.reading`), so that it is not made again where its log was lost",
    )
    publicaciones: dict[str, TakenFiles] = Field(default_factory=dict)


class TakedownDone(Document):
    """A takedown was carried out; written last."""

    WHERE: ClassVar[str] = "lake/_log/takedowns_done/<n>.json"

    numero: int
    despues: dict[str, dict[str, str]] = Field(description="release -> path -> what the rewritten file hashes to")


class Seal(Document):
    """What the lake held at a publication: every object (manifests, refusals, contracts, log) that is new or differs since the seal before.
    Nothing is published while the lake is not as it was sealed; `pamga audit` says what is not."""

    WHERE: ClassVar[str] = "lake/_log/seals/<release>.json"

    format: int = 1
    release: str
    orden: int
    anterior: str | None = Field(description="sha256 of the seal before")
    objetos: dict[str, str] = Field(description="path -> sha256")


class KeptPseudonyms(Part):
    """A version that keeps its old key, because its original had left the vault."""

    name: str
    hmac_key_id: str


class ChangedManifest(Part):
    """A manifest that a rotation changed."""

    path: str
    before: str
    after: str


class RehashedVersion(Part):
    """A version that gets new pseudonyms."""

    export: str
    trimestre: str
    dependencia: str
    version: int
    rows_sha256: str
    before: str = Field(description="hash of the manifest as it is")
    after: str = Field(description="and as it will be")

    @property
    def name(self) -> str:
        return f"{self.dependencia}/{self.export}_{self.trimestre} v{self.version}"

    @property
    def staged(self) -> str:
        """The file in which its new rows wait."""
        return f"{self.export}-{self.trimestre}-{self.dependencia}-{self.version:04d}.parquet"


class RotationPlan(Document):
    """A rotation of the pseudonyms' key is under way: nothing is built and no export with pseudonyms is received until it is finished."""

    WHERE: ClassVar[str] = "lake/_rotation.json"

    format: int = 1
    fecha: str
    hmac_key_id: str
    versions: list[RehashedVersion]
    kept: list[KeptPseudonyms]
    due: bool = Field(
        False,
        description="nothing of it is prepared: a restore brought back pseudonyms of a key that was rotated away, and they are made again first",
    )


class Rotation(Document):
    """The pseudonyms' key was rotated."""

    WHERE: ClassVar[str] = "lake/_log/rotations/<key id>.json"

    fecha: str
    hmac_key_id: str
    kept: list[KeptPseudonyms]
    manifests: list[ChangedManifest]


class LakeSecret(Document):
    """The key of the hashes by which releases name the objects of this lake (docs/privacy.md). Never published."""

    WHERE: ClassVar[str] = "lake/_log/secret/0001.json"

    format: int = 1
    secreto: str = Field(description="64 hex digits")


class Reminder(Document):
    """A message went out. Not read by a build."""

    WHERE: ClassVar[str] = "lake/_log/reminders/<id>.json"

    id: str
    clase: str
    dependencia: str
    destinatarios: list[str]
    asunto: str
    fecha: str
