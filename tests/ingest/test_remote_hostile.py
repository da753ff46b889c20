"""Servers that send something else than they should: another server's address, no end, nothing, names that lead astray, a strange key.

Whatever one file does, the others of the inbox are received, and this machine reads nothing but that server.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import paramiko  # type: ignore[import-untyped]
import pytest

from ingest.dropped import list_inbox, local_copy
from ingest.receive import discover as discover_files
from ingest.receive import receive_file, receive_inbox
from ingest.remote import sftp as sftp_place
from ingest.remote import web as web_place
from ingest.remote.sftp import fingerprint
from pamga.documents.deliveries import Receipt
from pamga.errors import PamgaError
from tests.ingest.conftest import Office
from tests.ingest.sftp_server import sftp

pytestmark = pytest.mark.slow
OFFICE = "presupuesto_participativo"
GOOD = f"{OFFICE}/eventos_mbh_2026T3.csv"
HEADER = "evento_id,fecha,colonia,funcionarios_seguridad,operadores_sac\n"
ROWS = f"{HEADER}EV-1,2026-08-05,Centro,2,1\n"
DAY = formatdate(1_780_000_000, usegmt=True)
LONG = 600  # seconds that a server of these tests goes on where nobody hangs up: whoever waits for its end fails
AN_HOUR = 3600.0

MakeOffice = Callable[..., Office]
Answer = Callable[[BaseHTTPRequestHandler], None]


# ---- a web server that does as it is told ----------------------------------------------------------------------------------


def page(*links: str) -> Answer:
    return text("".join(f'<a href="{link}">x</a>' for link in links), "text/html")


def text(content: str, kind: str = "text/csv", told: int | None = None, day: str | None = DAY) -> Answer:
    """What it holds; `told`: the length that it claims instead of the real one, -1 for none."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        body = content.encode()
        request.send_response(200)
        request.send_header("Content-Type", kind)
        if told != -1:
            request.send_header("Content-Length", str(len(body) if told is None else told))
        if day:
            request.send_header("Last-Modified", day)
        request.end_headers()
        if request.command == "GET":
            with suppress(OSError):
                request.wfile.write(body)

    return answer


def to(where: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", where)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer


class Clock:
    """What time it is for whoever reads from a web server here: hours pass where a test says so, and none because a machine is busy."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    shown = Clock()
    monkeypatch.setattr(web_place, "time", shown)
    return shown


def endless(told: int, drips: Clock | None = None) -> Answer:
    """A length for who asks, and a body that goes on without one: quickly, or a byte at a time, after an hour of that clock."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        if request.command == "HEAD":
            request.send_header("Content-Length", str(told))
        request.send_header("Last-Modified", DAY)
        request.end_headers()
        if request.command == "GET":
            end = time.monotonic() + LONG
            if drips:
                drips.now += AN_HOUR  # once: who hung up is noticed late, and the next file has its own time
            with suppress(OSError):
                while time.monotonic() < end:
                    request.wfile.write(b"x" * (1 if drips else 65536))
                    time.sleep(0.01 if drips else 0)

    return answer


def headers_for_ever(request: BaseHTTPRequestHandler) -> None:
    end = time.monotonic() + LONG
    with suppress(OSError):
        request.wfile.write(b"HTTP/1.0 200 OK\r\n")
        while time.monotonic() < end:
            request.wfile.write(b"X-More: 1\r\n")
            request.wfile.flush()
            time.sleep(0.2)


@contextmanager
def web(answers: dict[str, Answer]) -> Iterator[tuple[str, list[str]]]:
    """The address of a server and the paths that it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            found = answers.get(self.path)
            if found is None:
                self.send_error(404)
            else:
                found(self)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def received(office: Office) -> dict[str, Receipt]:
    return {receipt.archivo: receipt for receipt in receive_inbox(office.settings)}


def of_the_office(**files: Answer) -> dict[str, Answer]:
    """The good file and others beside it, by a name that is a delivery's with another quarter."""
    return {
        "/buzon/": page(f"{OFFICE}/"),
        f"/buzon/{OFFICE}/": page("eventos_mbh_2026T3.csv", *files),
        f"/buzon/{GOOD}": text(ROWS),
        **{f"/buzon/{OFFICE}/{name}": answer for name, answer in files.items()},
    }


def test_no_redirect_leads_to_another_server(make_office: MakeOffice) -> None:
    with web({"/x": text(ROWS)}) as (other, asked_there):
        elsewhere = [
            "file:///etc/passwd",
            "http://169.254.169.254/latest/meta-data/",
            "//[::ffff:169.254.169.254]/x",
            "ftp://127.0.0.1/x",
            "http://[x",
            f"{other}/x",
        ]
        leads = {
            f"eventos_mbh_20{26 - number // 4}T{number % 4 + 1}.csv": to(where)
            for number, where in enumerate(elsewhere, start=3)
        }
        with web(of_the_office(**leads)) as (url, _):
            found = received(make_office("datos", inbox=f"{url}/buzon/"))
        assert found.pop(GOOD).state == "accepted"
        assert len(found) == len(elsewhere)
        for refused in found.values():
            assert refused.state == "rejected" and "otra dirección" in refused.reasons[0]
        for where in elsewhere:
            with web({"/buzon/": to(where)}) as (url, _), pytest.raises(PamgaError, match="another server"):
                list_inbox(f"{url}/buzon/")
        assert asked_there == []


def test_a_redirect_within_the_server_is_followed_and_ends(make_office: MakeOffice) -> None:
    moved = {"eventos_mbh_2026T2.csv": to("/archivo/uno.csv")}
    answers = of_the_office(**moved) | {
        "/archivo/uno.csv": text(ROWS.replace("2026-08", "2026-05")),
        "/vueltas/": to("/vueltas/"),
    }
    with web(answers) as (url, _):
        found = received(make_office("datos", inbox=f"{url}/buzon/"))
        assert {receipt.state for receipt in found.values()} == {"accepted"} and len(found) == 2
        with pytest.raises(PamgaError, match="on and on"):
            receive_inbox(make_office("otros", inbox=f"{url}/vueltas/").settings)


def test_a_body_that_is_not_what_was_told_waits_and_the_others_go_on(make_office: MakeOffice, clock: Clock) -> None:
    others = {
        "eventos_mbh_2026T2.csv": endless(10), "eventos_mbh_2026T1.csv": text(ROWS, told=len(ROWS) + 500),
        "eventos_mbh_2025T4.csv": endless(10**6, drips=clock),
    }  # fmt: skip
    with web(of_the_office(**others)) as (url, _):
        office = make_office("datos", inbox=f"{url}/buzon/")
        found = received(office)
        assert found.pop(GOOD).state == "accepted"
        assert {name.partition("/")[2]: receipt.state for name, receipt in found.items()} == dict.fromkeys(
            others, "pending"
        )
        assert {each.entry.path for each in discover_files(office.settings)} == set(found), "tried again"


def test_a_file_that_is_too_large_is_refused_by_what_is_told(make_office: MakeOffice) -> None:
    with web(of_the_office(**{"eventos_mbh_2026T2.csv": endless(2_000_001)})) as (url, asked):
        office = make_office("datos", inbox=f"{url}/buzon/", max_file_mb=2)
        found = received(office)
        assert "límite" in found[f"{OFFICE}/eventos_mbh_2026T2.csv"].reasons[0]
        assert asked.count(f"/buzon/{OFFICE}/eventos_mbh_2026T2.csv") == 1, "asked for its size, never brought"
        assert received(office) == {}, "told once"


def test_what_does_not_tell_its_size_or_its_day_is_refused_with_the_way_out(make_office: MakeOffice) -> None:
    others = {
        "eventos_mbh_2026T2.csv": text(ROWS, told=-1),
        "eventos_mbh_2026T1.csv": text(ROWS, day=None),
        "asistencia_2026T1.csv": text(ROWS, day="ayer"),
    }
    with web(of_the_office(**others)) as (url, _):
        found = received(make_office("datos", inbox=f"{url}/buzon/"))
    assert found.pop(GOOD).state == "accepted"
    assert len(found) == 3 and all("Content-Length" in receipt.reasons[0] for receipt in found.values())


def test_pages_without_an_end_are_left(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_place, "_MOST_PAGES", 20)
    monkeypatch.setattr(web_place, "_LARGEST_PAGE", 500_000)
    deep = {f"/hondo/{'a/' * depth}": page("a/", "b/", "../", "?C=N;O=D", "x.csv") for depth in range(40)}
    wide = {
        "/ancho/": page(*(f"d{number}/" for number in range(50))),
        **{f"/ancho/d{number}/": page() for number in range(50)},
    }
    with web({**deep, **wide, "/largo/": endless(10**9), "/gota/": endless(10**6, drips=clock)}) as (url, _):
        assert all(entry.path.count("/") <= 5 for entry in list_inbox(f"{url}/hondo/"))
        for folder in ("ancho", "largo", "gota"):
            with pytest.raises(PamgaError, match="no end"):
                list_inbox(f"{url}/{folder}/")


def test_an_answer_that_never_begins_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_place, "SECONDS", 2.0)
    with web({"/nunca/": headers_for_ever}) as (url, _), pytest.raises(PamgaError, match="did not begin to answer"):
        list_inbox(f"{url}/nunca/")


def test_links_that_lead_out_of_the_inbox_are_no_deliveries(make_office: MakeOffice) -> None:
    out = [
        "../secreto.csv", "/etc/passwd", "//169.254.169.254/x.csv", "file:///etc/passwd", "javascript:alert(1)", "%2e%2e/secreto.csv", "..%2fsecreto.csv",
        "a%2f..%2fb.csv", "http://[bad", "mailto:x@y", "",
    ]  # fmt: skip
    odd = ["con%20espacio.csv", "%C3%B1and%C3%BA.csv", "%F1.csv", "100%25.csv", "a%23b.csv"]
    answers = {"/buzon/": page(f"{OFFICE}/"), f"/buzon/{OFFICE}/": page(*out, *odd)}
    answers |= {f"/buzon/{OFFICE}/{name}": text(ROWS) for name in odd}
    with web(answers) as (url, asked):
        office = make_office("datos", inbox=f"{url}/buzon/")
        found = received(office)
        assert len(found) == len(odd) and {receipt.state for receipt in found.values()} == {"rejected"}
        assert all("/buzon/" in path for path in asked)
        assert not any(".." in path.lower().replace("%2e", ".") for path in asked)
        assert received(office) == {}


def test_a_file_is_not_in_two_places_at_once(make_office: MakeOffice) -> None:
    """A page that names the same file twice, in two ways of writing it, names one file."""
    with web(
        {
            "/buzon/": page(f"{OFFICE}/", f"./{OFFICE}/"),
            f"/buzon/{OFFICE}/": page("eventos_mbh_2026T3.csv", "./eventos_mbh_2026T3.csv", "eventos%5Fmbh_2026T3.csv"),
            f"/buzon/{GOOD}": text(ROWS),
        }
    ) as (url, _):
        assert [entry.path for entry in list_inbox(f"{url}/buzon/")] == [GOOD]


# ---- SFTP: who answers -----------------------------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, int, paramiko.PKey, Path]]:
    root = tmp_path / "servidor"
    (root / "buzon" / OFFICE).mkdir(parents=True)
    (root / "buzon" / GOOD).write_text(ROWS)
    with sftp(root, "clave") as (port, key):
        yield f"sftp://oficina:clave@127.0.0.1:{port}/buzon", port, key, root / "buzon"


def test_a_host_key_that_nobody_vouched_for_gets_no_password(
    make_office: MakeOffice,
    server: tuple[str, int, paramiko.PKey, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, port, key, _ = server
    monkeypatch.setenv("HOME", str(tmp_path))
    tried: list[str] = []
    monkeypatch.setattr(paramiko.SSHClient, "_auth", lambda *given: tried.append("password"))
    other = paramiko.RSAKey.generate(2048)
    wrong_file = tmp_path / "otros"
    wrong_file.write_text(f"[127.0.0.1]:{port} ssh-rsa {other.get_base64()}\n")
    strangers_file = tmp_path / "ajenos"
    strangers_file.write_text(
        f"[127.0.0.1]:{port + 1} ssh-rsa {key.get_base64()}\nsftp.example ssh-rsa {key.get_base64()}\n"
    )
    empty = tmp_path / "vacio"
    empty.write_text("")
    for vouched in (None, fingerprint(other), str(wrong_file), str(strangers_file), str(empty)):
        with pytest.raises(PamgaError) as refused:
            receive_inbox(make_office("datos", inbox=url, inbox_host_key=vouched).settings)
        said = str(refused.value)
        assert (
            fingerprint(key) in said
            and "ssh-keyscan" in said
            and "PAMGA_INBOX_HOST_KEY" in said
            and "clave" not in said
        )
    assert tried == []
    for nonsense in (str(tmp_path / "no"), "MD5:aa:bb", "SHA256:corta", str(tmp_path)):
        with pytest.raises(PamgaError, match="neither a fingerprint"):
            receive_inbox(make_office("datos", inbox=url, inbox_host_key=nonsense).settings)


def test_a_host_key_is_known_by_a_fingerprint_or_by_a_file(
    make_office: MakeOffice,
    server: tuple[str, int, paramiko.PKey, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, port, key, _ = server
    known = tmp_path / "known_hosts"
    hashed = paramiko.HostKeys.hash_host(f"[127.0.0.1]:{port}")
    known.write_text(f"# de sistemas\n\n{hashed} ssh-rsa {key.get_base64()} un comentario\n")
    home = tmp_path / "casa"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "known_hosts").write_bytes(known.read_bytes())
    monkeypatch.setenv("HOME", str(home))
    other = fingerprint(paramiko.RSAKey.generate(2048))
    for number, vouched in enumerate((fingerprint(key), f"{other}, {fingerprint(key)}=", str(known), None)):
        (receipt,) = receive_inbox(make_office(f"datos-{number}", inbox=url, inbox_host_key=vouched).settings)
        assert receipt.state == "accepted", vouched


def test_the_fingerprint_of_any_of_its_keys_vouches_for_a_server(make_office: MakeOffice, tmp_path: Path) -> None:
    (tmp_path / "servidor" / OFFICE).mkdir(parents=True)
    (tmp_path / "servidor" / GOOD).write_text(ROWS)
    second = paramiko.ECDSAKey.generate()
    with sftp(tmp_path / "servidor", "clave", second) as (port, first):
        for number, key in enumerate((first, second)):
            office = make_office(
                f"datos-{number}", inbox=f"sftp://oficina:clave@127.0.0.1:{port}/", inbox_host_key=fingerprint(key)
            )
            assert [receipt.state for receipt in receive_inbox(office.settings)] == ["accepted"]
        strange = fingerprint(paramiko.ECDSAKey.generate())
        with pytest.raises(PamgaError, match="does not vouch for"):
            receive_inbox(
                make_office("otro", inbox=f"sftp://oficina:clave@127.0.0.1:{port}/", inbox_host_key=strange).settings
            )


def test_a_line_that_breaks_between_two_keys_is_no_stranger(
    make_office: MakeOffice, server: tuple[str, int, paramiko.PKey, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever looks after the inbox must not be sent after somebody in between when the server was only slow."""
    connect, tried = paramiko.SSHClient.connect, []

    def once(*arguments: Any, **named: Any) -> Any:
        tried.append(named)
        if len(tried) > 1:
            raise paramiko.SSHException("Error reading SSH protocol banner")
        return connect(*arguments, **named)

    monkeypatch.setattr(paramiko.SSHClient, "connect", once)
    strange = fingerprint(paramiko.ECDSAKey.generate())
    with pytest.raises(PamgaError, match=r"cannot be read: .*banner"):
        receive_inbox(make_office("datos", inbox=server[0], inbox_host_key=strange).settings)
    assert len(tried) == 2


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"SSH-2.0-otro\r\n", "does not vouch for"),  # greets and leaves: it has no key of another kind
        (b"", "cannot be read"),  # leaves without a greeting
        (None, "cannot be read"),  # greets and is silent
    ],
)
def test_a_server_that_leaves_when_asked_for_another_key_has_none_and_a_silent_one_is_slow(
    make_office: MakeOffice,
    server: tuple[str, int, paramiko.PKey, Path],
    monkeypatch: pytest.MonkeyPatch,
    answer: bytes | None,
    told: str,
) -> None:
    connect, tried, held = paramiko.SSHClient.connect, list[int](), list[socket.socket]()
    if answer is None:
        monkeypatch.setattr("ingest.remote.sftp.SECONDS", 2.0)  # the others end by themselves, however busy the machine
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def later_elsewhere(client: paramiko.SSHClient, host: str, port: int, *rest: Any, **named: Any) -> Any:
            tried.append(port)
            return connect(client, host, port if len(tried) == 1 else listener.getsockname()[1], *rest, **named)

        def greet() -> None:
            with suppress(OSError):
                line = listener.accept()[0]
                line.sendall(b"SSH-2.0-otro\r\n" if answer is None else answer)
                if answer is None:
                    held.append(line)
                else:
                    line.close()

        monkeypatch.setattr(paramiko.SSHClient, "connect", later_elsewhere)
        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        strange = fingerprint(paramiko.ECDSAKey.generate())
        with pytest.raises(PamgaError, match=told):
            receive_inbox(make_office("datos", inbox=server[0], inbox_host_key=strange).settings)
        thread.join()
    for line in held:
        line.close()


def test_a_wrong_password_is_told_as_one_behind_the_second_key_too(make_office: MakeOffice, tmp_path: Path) -> None:
    (tmp_path / "servidor").mkdir()
    second = paramiko.ECDSAKey.generate()
    with sftp(tmp_path / "servidor", "clave", second) as (port, first):
        for key in (first, second):
            url = f"sftp://oficina:otra@127.0.0.1:{port}/"
            with pytest.raises(PamgaError, match="Authentication failed"):
                receive_inbox(
                    make_office(
                        fingerprint(key)[-9:-1].replace("/", "_"), inbox=url, inbox_host_key=fingerprint(key)
                    ).settings
                )


def test_links_and_folders_on_the_server_are_said_and_the_others_go_on(
    make_office: MakeOffice, server: tuple[str, int, paramiko.PKey, Path]
) -> None:
    url, _, key, root = server
    (root / OFFICE / "eventos_mbh_2026T2.csv").symlink_to("/etc/passwd")
    (root / OFFICE / "eventos_mbh_2026T1.csv").mkdir()
    (root / OFFICE / "acuses").mkdir()
    (root / OFFICE / "acuses" / "resumen.csv").write_text("x")
    (root / "vuelta").symlink_to(".")
    office = make_office("datos", inbox=url, inbox_host_key=fingerprint(key))
    found = received(office)
    assert found.pop(GOOD).state == "accepted"
    reasons = {name: receipt.reasons[0] for name, receipt in found.items()}
    assert set(reasons) == {f"{OFFICE}/eventos_mbh_2026T2.csv", f"{OFFICE}/eventos_mbh_2026T1.csv", "vuelta"}
    assert "enlace" in reasons[f"{OFFICE}/eventos_mbh_2026T2.csv"] and "enlace" in reasons["vuelta"]
    assert "carpeta" in reasons[f"{OFFICE}/eventos_mbh_2026T1.csv"]


def test_a_name_in_an_old_alphabet_keeps_no_other_file_from_being_read(
    make_office: MakeOffice, server: tuple[str, int, paramiko.PKey, Path]
) -> None:
    url, _, key, root = server
    old = os.fsdecode(b"\xf1and\xfa_2026T3.csv")
    (root / OFFICE / old).write_text(ROWS)
    office = make_office("datos", inbox=url, inbox_host_key=fingerprint(key))
    found = received(office)
    assert found.pop(GOOD).state == "accepted"
    assert [receipt.state for receipt in found.values()] == ["rejected"]
    assert received(office) == {}


def test_a_line_that_broke_is_made_again(make_office: MakeOffice, server: tuple[str, int, paramiko.PKey, Path]) -> None:
    url, _, key, root = server
    office = make_office("datos", inbox=url, inbox_host_key=fingerprint(key))
    assert len(received(office)) == 1
    for client in sftp_place._CONNECTED.values():
        client.close()
    (root / OFFICE / "eventos_mbh_2026T2.csv").write_text(ROWS.replace("2026-08", "2026-05"))
    assert [receipt.state for receipt in received(office).values()] == ["accepted"]


# ---- S3: keys that are no paths --------------------------------------------------------------------------------------------


def put(bucket: str, key: str, content: str) -> None:
    import s3fs

    files = s3fs.S3FileSystem()
    files.call_s3("put_object", Bucket=bucket.removeprefix("s3://"), Key=key, Body=content.encode())


def test_keys_that_are_no_paths_are_names_and_nothing_else(make_office: MakeOffice, bucket: str) -> None:
    odd = [
        "con espacio.csv", "../fuera.csv", "a/../../b.csv", "%2e%2e/c.csv", "//d.csv", "e?f#g.csv", "h\\i.csv", "ñandú.csv", "n\u0301.csv",
        f"{OFFICE}/../imju/acuerdos_2026T3.csv", "x" * 300 + ".csv", "j." + "k" * 300,
    ]  # fmt: skip
    for key in odd:
        put(bucket, f"buzon/{key}", ROWS)
    put(bucket, f"buzon/{GOOD}", ROWS)
    put(bucket, f"buzon/{OFFICE}/", "")  # a console's folder
    put(bucket, f"buzon/{OFFICE}/eventos_mbh_2026T2.csv", "")
    put(bucket, "buzon-de-otros/x.csv", ROWS)
    office = make_office("datos", inbox=f"{bucket}/buzon")
    found = received(office)
    assert found[GOOD].state == "accepted"
    assert "vacío" in found[f"{OFFICE}/eventos_mbh_2026T2.csv"].reasons[0]
    others = [receipt for name, receipt in found.items() if receipt.state != "accepted"]
    assert len(others) == len(odd) + 1 and {receipt.state for receipt in others} == {"rejected"}
    assert received(office) == {}
    outside = {path for path in office.settings.layout.root.parent.iterdir() if path.name in ("fuera.csv", "b.csv")}
    assert not outside


def test_names_in_two_cases_are_two_files_of_one_delivery(make_office: MakeOffice, bucket: str) -> None:
    put(bucket, f"buzon/{GOOD}", ROWS)
    put(bucket, f"buzon/{OFFICE}/EVENTOS_MBH_2026T3.CSV", f"{ROWS}EV-2,2026-08-06,Centro,2,1\n")
    office = make_office("datos", inbox=f"{bucket}/buzon")
    found = receive_inbox(office.settings)
    assert sorted(receipt.version or 0 for receipt in found) == [1, 2]
    assert receive_inbox(office.settings) == []


def test_an_object_that_goes_or_changes_between_listing_and_reading(make_office: MakeOffice, bucket: str) -> None:
    import s3fs

    put(bucket, f"buzon/{GOOD}", ROWS)
    office = make_office("datos", inbox=f"{bucket}/buzon")
    (listed,) = discover_files(office.settings)
    # as long, and within the same second more often than not
    put(bucket, f"buzon/{GOOD}", ROWS.replace("EV-1", "EV-9"))
    assert receive_file(office.settings, listed).state == "pending"
    (again,) = discover_files(office.settings)
    assert again.entry.mtime_ns != listed.entry.mtime_ns
    assert receive_file(office.settings, again).state == "accepted"
    put(bucket, f"buzon/{GOOD}", ROWS.replace("EV-1", "EV-7"))
    (gone,) = discover_files(office.settings)
    s3fs.S3FileSystem().rm(f"{bucket}/buzon/{GOOD}")
    assert receive_file(office.settings, gone).state == "pending"
    assert discover_files(office.settings) == []


def test_a_listing_goes_on_past_its_first_page(bucket: str) -> None:
    names = [f"buzon/{OFFICE}/{number:04d}.csv" for number in range(1005)]
    import s3fs

    s3fs.S3FileSystem().pipe({f"{bucket}/{name}": b"x" for name in names})
    assert [
        f"buzon/{entry.path}" for entry in sorted(list_inbox(f"{bucket}/buzon"), key=lambda entry: entry.path)
    ] == names


def test_a_copy_is_what_was_listed(make_office: MakeOffice, bucket: str) -> None:
    put(bucket, f"buzon/{quote('a b')}", ROWS)
    (entry,) = list_inbox(f"{bucket}/buzon")
    with local_copy(entry) as path:
        assert path.read_text() == ROWS and path.name == "entrega"
