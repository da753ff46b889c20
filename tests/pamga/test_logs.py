"""Every line says which run and which delivery it is about, whoever writes it."""

from __future__ import annotations

import logging
import threading

import pytest

from pamga.logs import about


def test_the_facts_stand_before_each_line(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("de.otra.biblioteca")
    with about(run="2026T3-r01-abc"):
        with about(entrega="imju/acuerdos/2026T3"):
            log.warning("Faltan %d filas", 3)
            log.warning("100% seguro")
        log.warning("sigue")
    log.warning("afuera %s", "ya")
    assert [record.getMessage() for record in caplog.records] == [
        "[run=2026T3-r01-abc entrega=imju/acuerdos/2026T3] Faltan 3 filas",
        "[run=2026T3-r01-abc entrega=imju/acuerdos/2026T3] 100% seguro",
        "[run=2026T3-r01-abc] sigue",
        "afuera ya",
    ]


def test_a_percent_sign_of_a_name_formats_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with about(entrega="imju/100%s/2026T3"):
        logging.getLogger("x").warning("%d", 1)
        logging.getLogger("x").warning("solo")
    assert [record.getMessage() for record in caplog.records] == [
        "[entrega=imju/100%s/2026T3] 1",
        "[entrega=imju/100%s/2026T3] solo",
    ]


def test_another_thread_is_about_something_else(caplog: pytest.LogCaptureFixture) -> None:
    with about(run="una"):
        thread = threading.Thread(target=lambda: logging.getLogger("x").warning("de nadie"))
        thread.start()
        thread.join()
    assert caplog.records[0].getMessage() == "de nadie"


@pytest.mark.parametrize("name", ["a\nERROR todo mal", "a\r\x1b[2J", "a\u2028b", "a\x00\udc80"])
def test_a_name_forges_no_line(caplog: pytest.LogCaptureFixture, name: str) -> None:
    with about(entrega=name):
        logging.getLogger("x").warning("visto")
    said = caplog.records[-1].getMessage()
    assert said.isprintable() and said.endswith("] visto") and said.encode()
