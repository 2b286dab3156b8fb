"""What each directive means, for the manual page: a sentence or two a word."""

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, str]] = {
    "agentinterval": "Seconds from one question to a real server's agent to the next."
    " The default is checkinterval.",
    "agentport": "The port at which every real server's agent is asked how much work"
    " it wants, beside the checks. It answers with a line of words, as"
    " HAProxy's agents do: up, down, fail, stopped, ready, drain,"
    " maint, or a percentage of the weight. An agent that does not"
    " answer changes nothing.",
    "agentsend": "What an agent is told before it answers; \\n is the end of a line.",
    "alsocheck": "One more check of each real server: SERVICE[:PORT], connect[:PORT]"
    ' or ping, for a service followed by "REQUEST" and "RECEIVE". It'
    " may be written several times; see checkmode.",
    "autoreload": "Follow the file when it changes on disk. A file with an error is"
    " logged and changes nothing.",
    "callback": "A program that is run with the path of the file after it changed.",
    "checkcommand": "The program of an external check. It gets four arguments: the"
    " virtual service's address (or mark) and port, the real server's address and"
    " port. It is not run through a shell.",
    "checkcount": "How many echo requests a ping check sends.",
    "checkinterval": "Seconds from the start of one check of a real server to the"
    " next.",
    "checkjitter": "By how many percent the time between two checks varies, at most"
    " 50.",
    "checkmode": "Whether all of a real server's checks must pass for it to be up,"
    " or any of them.",
    "checkport": "The port to check, if it is not the one to serve.",
    "checktimeout": "Seconds a connect, ping or external check may take.",
    "checktype": "How real servers are examined: negotiate speaks the service's"
    " protocol, connect opens a connection, ping sends echo requests, external runs"
    " checkcommand, external-perl runs it under perl, on and off look at nothing; a"
    " number N makes N connect checks after each negotiate check.",
    "cleanstop": "Take the virtual service out of the kernel when the director stops.",
    "comment": "A text for mails.",
    "connecttimeout": "No longer a directive: write negotiatetimeout.",
    "database": "The database of an SQL check, the base of an LDAP check.",
    "emailalert": "Who is mailed about changes; several are separated by commas.",
    "emailalertfreq": "Seconds between reminders that a real server is still out; 0"
    " for none.",
    "emailalertfrom": "The sender of mails.",
    "emailalertstatus": "What the director must be doing for mails to be sent: all,"
    " none, or starting, running, stopping, reloading, separated by commas.",
    "execute": "Another director that is started, reloaded and stopped with this"
    " one: the arguments of lvsha-ldirectord before its command.",
    "failurecount": "How many checks in a row must fail for a real server to be down.",
    "fallback": "The server that is used when no real server is up: ADDRESS[:PORT]"
    " [gate|masq|ipip].",
    "fallback6": "As fallback, for virtual6.",
    "fallbackcommand": "A program that is run when the last real server goes down"
    " and when the first is back: COMMAND start|stop ADDRESS:PORT PROTOCOL, or"
    " MARK:0 fwm. It is split into words as by a shell, but there is no shell.",
    "fork": "Accepted. All checks run side by side, whatever is written.",
    "httpheader": 'A header field, "NAME: VALUE", that HTTP checks send. It may be'
    " written several times; those of a virtual service replace the"
    " global ones.",
    "httpmethod": "GET or HEAD.",
    "httpstatus": "The statuses that make an HTTP check pass: numbers and ranges"
    " separated by commas. Without it these are 200-299. A redirection"
    " in it is not followed.",
    "load": "Accepted, without effect.",
    "logfile": "A file, if it starts with a slash, else a syslog facility.",
    "login": "The user a check logs in as.",
    "maintenancedir": "A directory. A file in it named as a real server (ADDRESS,"
    " ADDRESS:PORT, or the same with its host name) takes that server out.",
    "maxresponsetime": "Seconds a check may take and still pass, 0 for as long as its"
    " timeout lets it.",
    "monitorfile": "A file that gets a line for each check.",
    "negotiatetimeout": "Seconds a negotiate check may take.",
    "netmask": "Which clients are one client for persistent: a mask, or a prefix"
    " length for IPv6.",
    "ops": "One packet scheduling, for UDP: every datagram is balanced by itself.",
    "panicthreshold": "When more than this percentage of a virtual service's real"
    " servers is down by their checks, all of them are used, and no fallback; 0 for"
    " never.",
    "passwd": "The password of a check.",
    "persistent": "Seconds for which a client stays with its real server.",
    "protocol": "tcp, udp or fwm.",
    "quiescent": "Give a real server that is down the weight 0, which lets"
    " established connections end, instead of removing it.",
    "readdquiescent": "Put a quiescent real server that somebody removed back with"
    " weight 0.",
    "real": "A real server: ADDRESS[->ADDRESS][:PORT] gate|masq|ipip [WEIGHT]"
    ' [l:LOWER] [u:UPPER] ["REQUEST", "RECEIVE"].',
    "real6": "As real, for virtual6.",
    "receive": "A regular expression that the answer to a check must match.",
    "request": "What a check asks for.",
    "schedflags": "Flags of the scheduler, as for ipvsadm -b.",
    "scheduler": "The scheduler of the virtual service.",
    "secret": "The shared secret of a RADIUS check.",
    "service": "What real servers speak; without it, what their port is known for.",
    "servicename": "A name of the virtual service, for mails.",
    "slowstart": "Seconds over which a real server that was down gets its weight"
    " back, in ten steps; 0 for at once. Where weights are too small for"
    " that, all weights of the virtual service are multiplied meanwhile.",
    "smtp": "The mail server. Without it mails go to the local sendmail.",
    "startspread": "Seconds over which the first checks after the start are spread; 0"
    " for all at once. The director is not ready before they have been"
    " made.",
    "starttls": "Whether checks of smtp, submission, imap, pop and ldap go on in TLS"
    " after a beginning in the clear, and fail where the real server does not.",
    "successcount": "How many checks in a row must pass for a real server that was down"
    " to be up.",
    "supervised": "Stay in the foreground and log on standard output.",
    "timeout": "No longer a directive: write checktimeout or negotiatetimeout.",
    "tls_ca": "A file of certificates to verify real servers against, instead of the"
    " system's.",
    "tls_verify": "What must be right about a real server's certificate: no, yes"
    " (its chain) or full (its name, too).",
    "tripwire": "Hold an idle connection to each real server. When it ends, a check"
    " is made at once. Not for UDP.",
    "tls_warn_days": "Log a line a day when the certificate of a real server that"
    " is checked with TLS ends within so many days; 0 for never.",
    "virtualhost": "The host name a check asks for.",
}
