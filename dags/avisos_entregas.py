"""Reminders of deliveries: before they are due, on the day, after it, one step up each week."""

from __future__ import annotations

from airflow.sdk import task

from dags.shared import UNIDAD_DE_TRANSPARENCIA, Settings, at, our_dag, send_or_skip

CARD = """
### avisos_entregas
| | |
| --- | --- |
| **Qué** | Avisa por correo qué falta entregar: cinco días antes, el día límite, al día siguiente; a los 8 días con copia a la Unidad de Transparencia y a los 15 con copia al Secretariado. También avisa a la dependencia qué cifras suyas rechazó el Secretariado y por qué. Cada aviso sale una sola vez, en días hábiles, y nada se pide de un trimestre cerrado. |
| **Cuándo** | Todos los días a las 8:00 (hora del municipio). Si nada vence, no escribe a nadie. |
| **De dónde** | `lake/` (qué llegó), los contratos (quién debe qué y en cuántos días). |
| **A dónde** | Correo por la conexión `smtp_default`, a las direcciones de `PAMGA_ADDRESSES`; constancia en `lake/_log/reminders/`. |
| **A quién preguntar** | Unidad de Transparencia. |
"""


@our_dag(
    UNIDAD_DE_TRANSPARENCIA,
    task_hours=20 / 60,
    dag_display_name="Avisos de entregas",
    schedule=at("0 8 * * *"),
    tags=["avisos", "entregas"],
    doc_md=CARD,
)
def avisos_entregas() -> None:
    @task
    def avisar() -> list[str]:
        """Send today's reminders; returns their ids. Skipped when there is nothing to say or no SMTP connection."""
        from reminders.deliveries import delivery_reminders
        from reminders.notices import rejection_notices, set_aside_notices

        settings = Settings()
        messages = [*delivery_reminders(settings), *set_aside_notices(settings), *rejection_notices(settings)]
        return send_or_skip(messages, "Nothing is due.", f"{len(messages)} reminders wait for the connection")

    avisar()


DAG_OBJECT = avisos_entregas()
