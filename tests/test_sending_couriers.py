"""The ways out: what each may say of a letter, against receivers that answer well, late, twice, never or wrongly."""

import json
import smtplib
import socket
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from matching.errors import FileError, SettingsError
from matching.sending.files import Files
from matching.sending.letter import Writer
from matching.sending.links import Links
from matching.sending.mail import Mail, Mailbox
from matching.sending.opening import open_sender
from matching.sending.webhook import Target, Webhook, event, is_signed
from matching.settings import ChannelSettings, PushSettings, Settings
from matching.standard.records import Posting
from matching.store import Item, Verdict

SECRET = b"0123456789abcdef"
POSTING = Posting(tenant="demo", id="p1", title="会计")


def letter(number):
    pairs = [(Item(POSTING.key, 1), POSTING)]
    now = datetime(2026, 6, 15, tzinfo=UTC)
    return Writer(Links(b"s" * 32)).write(f"{number:020x}", f"demo:g{number}", pairs, now=now, campaign="c")


LETTERS = [letter(n) for n in range(3)]


@contextmanager
def receiver(answer):
    """A raw HTTP server: `answer(headers, body) -> bytes` is all it says; None: it hangs up without a word."""
    requests = []

    def serve(connection):
        with connection, connection.makefile("rb") as stream:
            while line := stream.readline():
                headers = {"request": line.decode().strip()}
                while (line := stream.readline()) not in (b"\r\n", b""):
                    name, _, value = line.decode().partition(":")
                    headers[name.strip().lower()] = value.strip()
                body = stream.read(int(headers.get("content-length", 0)))
                requests.append((headers, body))
                said = answer(headers, body)
                if said is None:
                    return
                connection.sendall(said)

    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept():
            while True:
                try:
                    connection = server.accept()[0]
                except OSError:
                    return
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/hook", requests
        server.shutdown(socket.SHUT_RDWR)


def response(status, body=b"", **headers):
    lines = [f"HTTP/1.1 {status} x", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def deliver(answer, *, letters=LETTERS[:1], acknowledges=False, **target):
    with receiver(answer) as (url, requests):
        hook = Webhook(Target(url, SECRET, **{"timeout": 0.5, "parallel": 1, **target}), acknowledges=acknowledges)
        try:
            return hook.deliver(letters, claim="k"), requests
        finally:
            hook.close()


def test_a_webhook_is_a_signed_cloud_event_with_a_key():
    told, [(headers, body)] = deliver(lambda h, b: response(202, idempotency_key=h["idempotency-key"]))
    assert told == [(Verdict.SENT, "", True, 0.0)]
    assert headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert headers["idempotency-key"] == headers["webhook-id"] == LETTERS[0].id
    assert is_signed(SECRET, headers, body)
    assert not is_signed(SECRET, headers, body + b" ")
    assert not is_signed(b"another secret..", headers, body)
    said = json.loads(body)
    assert (said["specversion"], said["id"], said["subject"]) == ("1.0", LETTERS[0].id, "demo:g0")
    assert said["source"] == "/gradmatch/campaigns/c"
    assert set(said["data"]) == {"graduate", "subject", "short", "long", "postings", "links", "personalised"}
    assert set(event(LETTERS[0], 0)) >= {"specversion", "id", "source", "type"}


@pytest.mark.parametrize(
    ("answer", "verdict", "reason"),
    [
        (lambda h, b: response(200), Verdict.SENT, ""),
        (lambda h, b: response(429, retry_after=7), Verdict.NOT_SENT, "asked to wait (429)"),
        (lambda h, b: response(503), Verdict.UNCLEAR, "answered 503"),
        (lambda h, b: response(409), Verdict.UNCLEAR, "answered 409"),
        (lambda h, b: response(410), Verdict.REFUSED, "refused (410)"),
        (lambda h, b: response(301, location="http://127.0.0.1:1/"), Verdict.REFUSED, "refused (301)"),
        (lambda h, b: response(200, idempotency_key="other"), Verdict.UNCLEAR, "the answer does not name the letter"),
        (lambda h, b: None, Verdict.UNCLEAR, "no answer (RemoteProtocolError)"),
        (lambda h, b: b"", Verdict.UNCLEAR, "no answer (ReadTimeout)"),
        (lambda h, b: b"HTTP/1.1 2", Verdict.UNCLEAR, "no answer (ReadTimeout)"),
    ],
)
def test_what_an_answer_means(answer, verdict, reason):
    told, _ = deliver(answer)
    assert told[0][:2] == (verdict, reason)
    assert told[0].wait == (7.0 if "429" in reason else 0.0)


def test_letters_that_a_slow_receiver_keeps_waiting_stay_unsent():
    def slow(headers, body):
        time.sleep(0.2)
        return response(200)

    told, requests = deliver(slow, letters=LETTERS, patience=0.1)
    assert told == [(Verdict.SENT, "", False, 0.0)] + [(Verdict.NOT_SENT, "the receiver was slow", False, 0.0)] * 2
    assert len(requests) == 1


def test_without_a_connection_nothing_was_sent():
    hook = Webhook(Target("http://127.0.0.1:9/", SECRET, parallel=1))
    assert hook.deliver(LETTERS, claim="k") == [(Verdict.NOT_SENT, "no connection (ConnectError)", False, 0.0)] * 3
    hook.close()


@pytest.mark.parametrize("acknowledges", [False, True])
def test_an_answer_given_twice_is_never_taken_for_another_letters(acknowledges):
    """The second answer to letter 0 must not confirm letter 1, to which this receiver then says nothing."""
    seen = []

    def twice(headers, body):
        seen.append(headers["idempotency-key"])
        named = response(200, idempotency_key=headers["idempotency-key"])
        return named + named if len(seen) == 1 else None

    told, _ = deliver(twice, letters=LETTERS[:2], acknowledges=acknowledges)
    assert [t.verdict for t in told] == [Verdict.SENT, Verdict.UNCLEAR]


def test_a_batch_is_answered_letter_by_letter():
    def each(headers, body):
        events = json.loads(body)
        told = [
            {"id": events[0]["id"], "accepted": True},
            {"id": events[1]["id"], "accepted": False, "reason": "无此人"},
        ]
        return response(200, json.dumps(told).encode())

    told, [(headers, body)] = deliver(each, letters=LETTERS, batch=10)
    assert headers["content-type"].startswith("application/cloudevents-batch+json")
    assert [t.verdict for t in told] == [Verdict.SENT, Verdict.REFUSED, Verdict.UNCLEAR]
    assert told[1].reason == "refused: 无此人"
    assert is_signed(SECRET, headers, body)
    told, _ = deliver(lambda h, b: response(204), letters=LETTERS, batch=2)
    assert [t.verdict for t in told] == [Verdict.SENT] * 3
    told, _ = deliver(lambda h, b: response(204), letters=LETTERS, batch=2, acknowledges=True)
    assert [t.verdict for t in told] == [Verdict.UNCLEAR] * 3


def test_files_appear_whole(tmp_path):
    files = Files(tmp_path / "out")
    assert [t.verdict for t in files.deliver(LETTERS, claim="k1")] == [Verdict.SENT] * 3
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["k1.jsonl"]
    lines = (tmp_path / "out" / "k1.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(one)["subject"] for one in lines] == ["demo:g0", "demo:g1", "demo:g2"]
    (tmp_path / "out" / "k2.jsonl").mkdir()
    told = files.deliver(LETTERS[:1], claim="k2")
    assert told[0].verdict is Verdict.NOT_SENT
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="folder of letters"):
        Files(tmp_path / "file" / "out")


class Server:
    """What `smtplib.SMTP` does, as the trial's server answers: by the number of the mail."""

    def __init__(self, answers):
        self.answers, self.mails = list(answers), []

    def __call__(self, host, port, timeout):
        return self

    def send_message(self, mail):
        self.mails.append(mail)
        if error := self.answers.pop(0):
            raise error

    def quit(self):
        self.left = True

    def close(self):
        self.left = True


def test_mail_goes_to_the_trials_mailbox_alone(monkeypatch):
    refused = smtplib.SMTPRecipientsRefused({"x": (550, b"no")})
    server = Server([None, refused, smtplib.SMTPServerDisconnected("gone")])
    monkeypatch.setattr(smtplib, "SMTP", server)
    told = Mail(Mailbox("h", 25, "push@example.cn", "trial@example.cn")).deliver([*LETTERS, LETTERS[0]], claim="k")
    assert [t.verdict for t in told] == [Verdict.SENT, Verdict.REFUSED, Verdict.UNCLEAR, Verdict.NOT_SENT]
    mail = server.mails[0]
    assert (mail["To"], mail["Message-ID"]) == ("trial@example.cn", f"<{LETTERS[0].id}@example.cn>")
    assert mail["List-Unsubscribe"].startswith("<s" + LETTERS[0].id)
    assert "会计" in mail.get_body(("plain",)).get_content()

    def down(host, port, timeout):
        raise ConnectionRefusedError

    monkeypatch.setattr(smtplib, "SMTP", down)
    assert Mail(Mailbox("h", 25, "a", "b")).deliver(LETTERS[:1], claim="k")[0].verdict is Verdict.NOT_SENT


@pytest.mark.parametrize(
    ("channel", "told"),
    [
        ({"kind": "webhook", "url": "http://x/"}, "secret is missing"),
        ({"kind": "smtp"}, "sender or recipient"),
        (None, "no channel 'main'"),
    ],
)
def test_a_channel_that_is_not_set_up_says_so(sqlite_store, tmp_path, monkeypatch, channel, told):
    monkeypatch.delenv("GRADMATCH_WEBHOOK_SECRET", raising=False)
    channels = {} if channel is None else {"main": ChannelSettings(**channel)}
    with pytest.raises(SettingsError, match=told):
        open_sender(sqlite_store, Settings(home=tmp_path, push=PushSettings(channels=channels)), "main")
