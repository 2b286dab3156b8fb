"""Takes mail for anybody and delivers none; prints each letter, one JSON a line.

``mailbox.py ADDRESS PORT`` prints ``{"at": seconds since the epoch, "peer": who handed
it over, "subject": ...}``, and ``{"listening": port}`` first; port 0 is a free one.
It speaks as much of SMTP (RFC 5321) as a client needs that only hands a letter over.
"""

import email
import json
import socketserver
import sys
import time
from email.header import decode_header, make_header
from email.policy import SMTP
from typing import Final

_PATIENCE: Final = 60.0  # seconds without a word from a client
_LONGEST: Final = 65536  # bytes of a line
_ANSWERS: Final = {
    "HELO": "250 mailbox",
    "EHLO": "250 mailbox",
    "MAIL": "250 fine",
    "RCPT": "250 fine",
    "RSET": "250 fine",
    "NOOP": "250 fine",
    "DATA": "354 go on",
    "QUIT": "221 bye",
}
_UNKNOWN: Final = "500 not here"


def answer(line: bytes) -> tuple[str, str]:
    """Return the verb of *line*, a client's command, and what it is answered."""
    verb = b"".join(line.split()[:1]).decode("ascii", "replace").upper()
    return verb, _ANSWERS.get(verb, _UNKNOWN)


def subject(letter: bytes) -> str:
    """Return the subject of *letter*, empty if it has none."""
    said = email.message_from_bytes(letter, policy=SMTP)["Subject"]
    return str(make_header(decode_header(str(said)))) if said is not None else ""


class _Conversation(socketserver.StreamRequestHandler):
    """One client, from its greeting to its end."""

    timeout = _PATIENCE

    def handle(self) -> None:
        """Talk until the client says good bye, or nothing."""
        self._say("220 mailbox")
        while line := self.rfile.readline(_LONGEST):
            verb, said = answer(line)
            self._say(said)
            if verb == "QUIT":
                return
            if verb == "DATA":
                letter = self._letter()
                if letter is None:
                    return
                peer = self.client_address[0]
                _tell(at=time.time(), peer=peer, subject=subject(letter))
                self._say("250 taken")

    def _letter(self) -> bytes | None:
        """Return what comes before the line of a dot, None if that never comes."""
        lines: list[bytes] = []
        while line := self.rfile.readline(_LONGEST):
            if line.rstrip(b"\r\n") == b".":
                return b"".join(lines)
            lines.append(line.removeprefix(b"."))
        return None

    def _say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")


class _Door(socketserver.ThreadingTCPServer):
    """Takes every client at once."""

    allow_reuse_address = True
    daemon_threads = True


def _tell(**words: object) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Take letters until killed."""
    address, port = sys.argv[1:]
    with _Door((address, int(port)), _Conversation) as door:
        _tell(listening=door.server_address[1])
        door.serve_forever()


if __name__ == "__main__":
    main()
