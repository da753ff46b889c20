"""One datum in the spellings of people who do not want a program to see it, or who copied it from a page, an address, a scan."""

from __future__ import annotations

import base64
import time

import pytest

from ingest.names import shown
from ingest.privacy.masks import HIDDEN, mask, masked
from pamga import suspects
from pamga.errors import UsageError
from pamga.readable import readable
from pamga.reasons import to_publish
from pamga.suspects import looks_personal

from .conftest import Office

PHONES = (
    "477\u200b123\u200b4567", "4\u20607\u20607\u20601\u20602\u20603\u20604\u20605\u20606\u20607", "477\u00ad123\u00ad4567",
    "４７７１２３４５６７", "٤٧٧١٢٣٤٥٦٧", "𝟒𝟕𝟕𝟏𝟐𝟑𝟒𝟓𝟔𝟕", "⁴⁷⁷¹²³⁴⁵⁶⁷", "①②③④⑤⑥⑦⑧⑨①", "4️⃣7️⃣7️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣",
    "477&nbsp;123&nbsp;4567", "&#52;&#55;&#55;1234567", "&amp;#52;&amp;#55;&amp;#55;1234567", "477%20123%204567", "477%2520123%25204567",
    "477 – 123 – 4567", "477\n123\n4567", "477:123:4567", "477;123;4567", "477 # 123 # 4567", "477 \\ 123 \\ 4567", "477·123·4567",
    base64.b64encode(b"llame al 4771234567").decode(),
)  # fmt: skip
MAILS = (
    "ana＠gmail.com", "ana﹫gmail.com", "ana&#64;gmail.com", "ana&commat;gmail.com", "ana%40gmail.com", "ana\u200b@gmail.com", "ana@gmail。com",
    "ana at gmail dot com", "ana (a) gmail . com", "correo: ana gmail com", "ana [at] gmail [dot] com", base64.b64encode(b"ana.perez@gmail.com").decode(),
)  # fmt: skip
CURPS = (
    "PEGJ\u200b850101HGTRRN09", "ＰＥＧＪ８５０１０１ＨＧＴＲＲＮ０９", "PEGJ/850101/HGTRRN/09", "PEGJ_850101_HGTRRN_09", "ΡΕGJ850101ΗGΤRRΝ09",
    "РЕGJ850101НGTRRN09", "PEGJ85&#48;1&#48;1HGTRRN09",
)  # fmt: skip
PLACES = (
    "21°07'24\"N 101°40'44\"W", "21º 07' 24.5'' N, 101º 40' 44'' O", "https://maps.app.goo.gl/AbCdEf", "https://goo.gl/maps/AbCdEf",
    "lat 21.12345 lon -101.6789", "-101.67890, 21.12345", "21,12345; -101,67890", "76F2+8X León", "https://www.google.com/maps/@21.12345,-101.6789,17z",
)  # fmt: skip
NAMES = (
    "J\u200buan P\u200bérez L\u200bópez",
    "Juan%20P%C3%A9rez%20L%C3%B3pez",
    "JuanPerezLopez",
    "Jua&#110; P&eacute;rez L&oacute;pez",
    "Ϳuan Ρérez",
)
SPELT = [
    *((text, suspects.PHONE) for text in PHONES), *((text, suspects.EMAIL) for text in MAILS), *((text, suspects.CURP) for text in CURPS),
    *((text, suspects.PLACE) for text in PLACES), *((text, suspects.NAME) for text in NAMES),
]  # fmt: skip
PLAIN = (
    "Lo mandé a Gmail. Después no contestaron", "vimos en Yahoo es decir en la red", "5 % de 100 y 20%", "AT&T; y Ayuntamiento & DIF",
    "se pagaron 1,234,567,890.00 pesos", "montos: 350; 420; 1200", "de 10:30:45 a 11:00", "WhatsApp y YouTube", "el 21.5 y el 101.2 por ciento",
    "https://pinterest.com/leon", "MiBarrioHabla", "aaaaaaaaaaaaaaaaaaaaaaaa", "abcdef01234abcdef012", "https://leon.gob.mx/acta%20de%20la%20sesi%C3%B3n.pdf",
    "de 2025+10 a 2222+33", "superficie 21,123 y 101,456",
)  # fmt: skip


@pytest.mark.parametrize(("text", "kind"), SPELT)
def test_a_spelling_is_seen_through(text: str, kind: str) -> None:
    assert kind in looks_personal(text)


@pytest.mark.parametrize("text", PLAIN)
def test_what_only_looks_like_one_is_left_alone(text: str) -> None:
    assert not looks_personal(text) & suspects.STRONG and mask(text) == text


@pytest.mark.parametrize("text", [*PHONES, *MAILS, *CURPS])
def test_what_is_published_or_given_back_knows_every_spelling(text: str) -> None:
    """A reason is refused; the value of a bad cell, a note of a receipt hide what they hold."""
    said = mask(f"Lo pidió alguien: {text}.")
    assert "oculto" in said or "oculta" in said
    assert "4567" not in readable(said) and "gmail" not in readable(said)
    with pytest.raises(UsageError):
        to_publish(f"Lo pidió alguien: {text}.")


@pytest.mark.parametrize(
    "code",
    ["PEGJ-850101-HGTRRN-09", "РEGJ850101HGTRRN09", "PRGRJN85010111H100", "https://d.mx/lista?de=ana%40x.mx", "ana(arroba)gmail.com", "INT_PEGJ 850101 HGTRRN09"],
)  # fmt: skip
def test_a_code_that_says_who_somebody_is_is_hidden_whole(code: str) -> None:
    assert masked(code, codes=True)[0] == HIDDEN


@pytest.mark.parametrize(
    "code",
    ["https://www.google.com/maps/@21.1/data=abc.mx", "https://leon.gob.mx/acta-sesión-ordinaria-1.pdf", "https://leon.gob.mx/a%20b.pdf", "VAR-Población-2020", "SEDATU-250101-ABCDEF"],
)  # fmt: skip
def test_other_codes_stay(code: str) -> None:
    assert masked(code, codes=True) == (code, {})


def test_the_name_of_a_file_holds_no_telephone_and_keeps_its_date() -> None:
    """File names are published with the deliveries behind a figure."""
    for number in ("47 71 23 45 67", "47_71_23_45_67", "v477_1234567", "477-123-4567"):
        assert shown(f"acuerdos_2026T3_{number}.csv").endswith("[teléfono oculto].csv")
    for name in (
        "acuerdos_2026T3_20261010 (1).csv",
        "acuerdos_2026T3_20261010_123456.csv",
        "acuerdos_2026-07-15_v2_30.csv",
    ):
        assert shown(name) == name


@pytest.mark.parametrize(
    "unit", ["&#52;", "%34", "%25", "&amp;", "\u200b4", "QUJD", "Juan", "PerezJuan", "٤", "21.1234 ", "maps.google"]
)
def test_reading_takes_time_in_proportion_to_the_length(unit: str) -> None:
    text = unit * (60_000 // len(unit))
    began = time.thread_time()
    looks_personal(text)
    assert time.thread_time() - began < 4


def test_a_list_of_bodies_holds_nobody_s_number(office: Office) -> None:
    receipt = office.deliver(
        "presupuesto_participativo/talleres_2026T3.csv",
        "taller_id,fecha_programada,fecha_realizada,sede,tipo_sede,colonia,dependencias_colaboradoras\n"
        "T1,01/07/2026,01/07/2026,Plaza,otro,Centro,Imju;DIF\nT2,01/07/2026,01/07/2026,Plaza,otro,Centro,DIF;llame al 477·123·4567\n",
    )
    table = {row["taller_id"]: row["dependencias_colaboradoras"] for row in office.table(receipt).to_dicts()}
    assert table["T1"] == "Imju;DIF" and table["T2"] == HIDDEN
