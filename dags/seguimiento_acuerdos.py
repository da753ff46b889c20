"""Every Monday each office gets the list of its open Mi Barrio Habla agreements (the plan promises a weekly follow-up)."""

from __future__ import annotations

from airflow.sdk import task

from dags.shared import TECNOLOGIAS, Settings, at, our_dag, send_or_skip
from pamga.exports import exports
from pamga.plan import plan

AGREEMENTS = exports().get("acuerdos")
OFFICE = plan().dependencias[AGREEMENTS.dependencias[0]] if AGREEMENTS else TECNOLOGIAS

CARD = f"""
### seguimiento_acuerdos
| | |
| --- | --- |
| **Qué** | Manda a cada dependencia la lista de sus acuerdos de Mi Barrio Habla sin atender, «según lo entregado» tal día, con los días que faltan o que llevaban vencidos. |
| **Cuándo** | Los lunes hábiles a las 8:00 (hora del municipio). Una vez por semana y dependencia; a quien nada se le vence pronto, sólo la primera semana del mes. |
| **De dónde** | `marts.acuerdos_abiertos` y `marts.directorio` de la corrida de la publicación vigente, o de la última que pasó el control: nunca de una detenida. |
| **A dónde** | Correo por la conexión `smtp_default`, al contacto público de la dependencia en el directorio; si no lo tiene, a quien entrega los acuerdos. |
| **A quién preguntar** | {OFFICE}. |
"""


@our_dag(
    OFFICE,
    task_hours=20 / 60,
    dag_display_name="Seguimiento de acuerdos",
    schedule=at("0 8 * * 1"),
    tags=["avisos", "mi barrio habla"],
    doc_md=CARD,
)
def seguimiento_acuerdos() -> None:
    @task
    def enviar_listas() -> list[str]:
        """Send this week's lists; returns their ids. Skipped when there is nothing open or no SMTP connection."""
        from reminders.agreements import agreement_reminders

        messages = agreement_reminders(Settings())
        return send_or_skip(messages, "No agreement is open.", f"{len(messages)} lists wait for the connection")

    enviar_listas()


DAG_OBJECT = seguimiento_acuerdos() if AGREEMENTS else None  # a plan without agreements follows none
