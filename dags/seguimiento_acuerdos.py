"""Every Monday each office gets the list of its open Mi Barrio Habla agreements (the plan promises a weekly follow-up)."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.shared import START, TIMEZONE, default_args

PRESUPUESTO_PARTICIPATIVO = "Dirección General de Presupuesto Participativo y Delegaciones"

CARD = """
### seguimiento_acuerdos
| | |
| --- | --- |
| **Qué** | Manda a cada dependencia la lista de sus acuerdos de Mi Barrio Habla sin atender, «según lo entregado» tal día, con los días que faltan o que llevaban vencidos. |
| **Cuándo** | Los lunes hábiles a las 8:00 (hora de León). Una vez por semana y dependencia; a quien nada se le vence pronto, sólo la primera semana del mes. |
| **De dónde** | `marts.acuerdos_abiertos` y `marts.directorio` de la corrida de la publicación vigente, o de la última que pasó el control: nunca de una detenida. |
| **A dónde** | Correo por la conexión `smtp_default`, al contacto público de la dependencia en el directorio; si no lo tiene, a quien entrega los acuerdos. |
| **A quién preguntar** | Dirección General de Presupuesto Participativo y Delegaciones. |
"""


@dag(
    dag_display_name="Seguimiento de acuerdos",
    schedule=CronTriggerTimetable("0 8 * * 1", timezone=TIMEZONE),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    default_args=default_args(PRESUPUESTO_PARTICIPATIVO, execution_timeout=timedelta(minutes=20)),
    tags=["avisos", "mi barrio habla"],
    doc_md=CARD,
)
def seguimiento_acuerdos() -> None:
    @task
    def enviar_listas() -> list[str]:
        """Send this week's lists; returns their ids. Skipped when there is nothing open or no SMTP connection."""
        from operation import mail
        from pamga.settings import Settings
        from reminders.agreements import agreement_reminders
        from reminders.sending import send_once

        settings = Settings()
        messages = agreement_reminders(settings)
        if not messages:
            raise AirflowSkipException("No agreement is open.")
        if not mail.connection_exists():
            raise AirflowSkipException(f"{len(messages)} lists wait for the connection {mail.CONNECTION}.")
        return [message.id for message in send_once(settings, messages, mail.send)]

    enviar_listas()


DAG_OBJECT = seguimiento_acuerdos()
