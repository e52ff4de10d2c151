"""Files that are broken, by mistake or on purpose, and every command that reads such a file."""

LAUGHTER = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join(['*' + before] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)

# By what is wrong with them.
YAML: dict[str, bytes] = {
    "empty": b"",
    "a list": b"- 1\n",
    "a word": b"word\n",
    "binary": bytes(range(256)),
    "UTF-16": "title: T\n".encode("utf-16"),
    "half a sign": b"title: \xc3",
    "NUL": b"title: \x00\n",
    "a month": b"title: T\ngiven: {now: 2024-13-45}\n",
    "a day": b"title: T\nat: 2024-02-30 10:00:00\n",
    "digits": b"title: T\nwait: " + b"9" * 5000,
    "base 60": b"title: T\nwait: " + b"1:" * 5000 + b"1",
    "a float": b"title: T\nwait: 1e99999\nsteps: .inf\n",
    "an alias of itself": b"title: T\nsteps: &a\n  - *a\n",
    "a root of itself": b"&a\nsteps: *a\n",
    "laughter": LAUGHTER.encode(),
    "deep lists": b"title: T\nsteps: " + b"[" * 3000 + b"]" * 3000,
    "deep maps": b"title: T\nsteps: " + b"{a: " * 800 + b"1" + b"}" * 800,
    "deep blocks": b"".join(b" " * n + b"a:\n" for n in range(600)),
    "an open bracket": b"title: [T\n",
    "a tab": b"title:\n\t- x\n",
    "a Python object": b"title: T\nsteps: !!python/object/apply:os.system ['true']\n",
    "a merge": b"<<: *a\n",
    "two documents": b"a: 1\n---\nb: 2\n",
    "twice": b"title: T\ntitle: T\n",
    "keys of all kinds": b"? [a, b]\n: 1\n? {c: d}\n: 2\n~: 3\n1: 4\n",
    "a null": b"title: ~\nsteps: ~\n",
    "many parts": b"steps: [" + b"a," * 120_000 + b"]\n",
    "a pattern without end": b"title: T\nsteps:\n  - expect: crm answers users\n    with: {a: /(a+)+$/}\n",
}

_DEEP = b"[" * 5000 + b"]" * 5000
JSON: dict[str, bytes] = {
    "empty": b"",
    "an open brace": b"{\n",
    "half a sign": b'"\xc3',
    "NaN": b"NaN",
    "deep": b'{"a":\n' * 2000 + b"1" + b"}" * 2000,
    "deep lists": _DEEP,
    "binary": bytes(range(256)),
}

# How a command is given the file, by what it reads from it.
READERS: dict[str, list[str]] = {
    "scenario": ["check", "FILE"],
    "target": ["check", "--config", "FILE"],
    "baseline": ["check", "1-api/service", "--baseline", "FILE"],
    "numbering plan": ["serve", "--only", "pbx", "--pbx-port", "0", "--pbx-config", "FILE"],
    "plan of traffic": ["traffic", "--calls", "1", "--pbx-config", "FILE"],
    "traffic mix": ["traffic", "--calls", "1", "--mix", "FILE"],
    "explore": ["explore", "--config", "FILE"],
}
JSON_READERS: dict[str, list[str]] = {
    "event": ["validate", "event", "FILE"],
    "calls": ["validate", "calls", "FILE"],
    "module": ["validate", "integration-module", "FILE"],
    "reports": ["diff", "FILE", "FILE"],
}
CASES = [
    *((reader, name) for reader in READERS for name in YAML),
    *((reader, name) for reader in JSON_READERS for name in JSON),
]


def arguments(reader: str, file: str) -> list[str]:
    return [file if part == "FILE" else part for part in (READERS | JSON_READERS)[reader]]


def content(reader: str, name: str) -> bytes:
    return (YAML if reader in READERS else JSON)[name]
