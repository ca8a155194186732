"""Who hears of a failed task, and what: a line in a log file always, a webhook and e-mail where
set.
"""

import json
import logging
import re
import smtplib
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

from house.conf import airflow
from settings.airflow import Email, Notify
from settings.places import absolute

log = logging.getLogger(__name__)

OUTPUT_MARK = "Last spark-submit output:"  # how the provider introduces the program's last lines
SPARK_CHATTER = re.compile(r"^\d\d/\d\d/\d\d \d\d:\d\d:\d\d (INFO|WARN|DEBUG) ")
REASON_LINES = 12
TIMEOUT_SECONDS = 10


def notify_failure(context: dict[str, Any]) -> None:
    """Airflow's failure callback: tells every channel; one that fails is logged and stops no
    other.
    """
    message = message_of(context)
    for channel, send in channels(airflow().notify).items():
        try:
            send(message)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            log.warning(
                "the %s notification of %s.%s was not sent: %s",
                channel,
                message["dag_id"],
                message["task_id"],
                error,
            )


def message_of(context: dict[str, Any]) -> dict[str, Any]:
    """What is said of a failure: which task of which run, on which try, why, and where its log
    is.
    """
    task = context["ti"]
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "dag_id": task.dag_id,
        "run_id": task.run_id,
        "task_id": task.task_id,
        "try_number": task.try_number,
        "reason": reason_of(context.get("exception")),
        "log_url": getattr(task, "log_url", None),
    }


def reason_of(exception: BaseException | str | None) -> str:
    """The last lines that the program itself printed (its error comes last), else what Airflow
    says.
    """
    if exception is None:
        return "no exception was given; see the task's log"
    message, mark, output = str(exception).partition(OUTPUT_MARK)
    lines = [line.rstrip() for line in (output if mark else message).splitlines()]
    telling = [line for line in lines if line and not SPARK_CHATTER.match(line)]
    return "\n".join(telling[-REASON_LINES:]) or message.strip() or type(exception).__name__


def channels(settings: Notify) -> dict[str, Callable[[dict[str, Any]], None]]:
    """The channels that are set, by name."""
    by_name: dict[str, Callable[[dict[str, Any]], None]] = {
        "log": lambda message: to_log(settings, message)
    }
    if url := settings.webhook_url:
        by_name["webhook"] = lambda message: to_webhook(url, message)
    if email := settings.email:
        by_name["email"] = lambda message: to_email(email, message)
    return by_name


def to_log(settings: Notify, message: dict[str, Any]) -> None:
    """Appends one JSON line."""
    path = absolute(settings.log)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lines:
        lines.write(json.dumps(message) + "\n")


def to_webhook(url: str, message: dict[str, Any]) -> None:
    """Posts the message as JSON, with `text` for chat services that show only that."""
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"notify.webhook_url must be http or https, is {url}")
    body = json.dumps({"text": subject_of(message) + "\n" + message["reason"], **message}).encode()
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})  # noqa: S310 (scheme checked above)
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
        pass


def to_email(settings: Email, message: dict[str, Any]) -> None:
    """Sends one plain-text mail to all recipients."""
    mail = EmailMessage()
    mail["Subject"] = subject_of(message)
    mail["From"] = settings.sender
    mail["To"] = ", ".join(settings.recipients)
    mail.set_content("\n".join(f"{name}: {value}" for name, value in message.items()))
    with smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_SECONDS) as server:
        if settings.starttls:
            server.starttls()
        server.send_message(mail)


def subject_of(message: dict[str, Any]) -> str:
    """One line that names the failed task and its run."""
    return (
        f"Headwater: {message['dag_id']}.{message['task_id']} failed (try {message['try_number']},"
        f" {message['run_id']})"
    )
