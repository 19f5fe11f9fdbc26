"""Mail over SMTP, for trials: every letter goes to one mailbox, because nobody's address is known here."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage

from matching.sending.couriers import Told
from matching.sending.letter import Letter
from matching.store import Verdict


@dataclass(frozen=True)
class Mailbox:
    """Where trial mails go.

    Parameters
    ----------
    host, port : str, int
    sender, recipient : str
        Both are the operator's.
    timeout : float
        Seconds.
    """

    host: str
    port: int
    sender: str
    recipient: str
    timeout: float = 10.0


class Mail:
    """A courier over SMTP."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    def close(self) -> None:
        """Nothing is held."""

    def deliver(self, letters: Sequence[Letter], *, claim: str) -> list[Told]:
        """See `Courier`; one connection for all letters."""
        box = self._mailbox
        try:
            server = smtplib.SMTP(box.host, box.port, timeout=box.timeout)
        except (OSError, smtplib.SMTPException) as error:
            return [Told(Verdict.NOT_SENT, f"no connection ({type(error).__name__})")] * len(letters)
        told: list[Told] = []
        try:
            for letter in letters:
                told.append(_send(server, self._message(letter)))
                if told[-1].verdict is Verdict.UNCLEAR:  # the connection is of no more use
                    break
            server.quit()
        except (OSError, smtplib.SMTPException):  # all that was sent has been answered already
            server.close()
        rest = Told(Verdict.NOT_SENT, "the connection broke before it")
        return told + [rest] * (len(letters) - len(told))

    def _message(self, letter: Letter) -> EmailMessage:
        box = self._mailbox
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["To"] = letter.subject, box.sender, box.recipient
        mail["Message-ID"] = f"<{letter.id}@{box.sender.rpartition('@')[2]}>"
        mail["List-Unsubscribe"] = f"<{letter.data['links']['stop']}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.set_content(letter.long)
        mail.add_alternative(letter.html, subtype="html")
        return mail


def _send(server: smtplib.SMTP, mail: EmailMessage) -> Told:
    try:
        server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        return Told(Verdict.REFUSED if code >= 500 else Verdict.NOT_SENT, f"refused ({code})")
    except smtplib.SMTPSenderRefused as error:
        return Told(Verdict.REFUSED if error.smtp_code >= 500 else Verdict.NOT_SENT, f"refused ({error.smtp_code})")
    except smtplib.SMTPDataError as error:  # the server's own "no" to the whole text
        return Told(Verdict.REFUSED if error.smtp_code >= 500 else Verdict.NOT_SENT, f"refused ({error.smtp_code})")
    except (OSError, smtplib.SMTPException) as error:
        return Told(Verdict.UNCLEAR, f"no answer ({type(error).__name__})")
    return Told(Verdict.SENT)
