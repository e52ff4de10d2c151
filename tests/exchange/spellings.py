"""Addresses in which two readers may see two hosts, one of this machine and one of another."""

from collections.abc import Sequence
from itertools import product

ELSEWHERE = ("169.254.169.254", "10.0.0.1", "evil.example", "[::ffff:10.0.0.1]", "2852039166")
HERE = ("127.0.0.1", "localhost", "[::1]", "127.0.0.1:80")
BETWEEN = (
    *(
        "@",
        "\\@",
        "\\",
        "#@",
        "#",
        "?@",
        "?",
        "/@",
        "/",
        ":80@",
        ":80\\@",
        "%40",
        "%5C@",
        " @",
        "\t@",
        "\n@",
    ),
    *(";@", "&@", "\r\n@", "\x00@", "%00@", ".", "%2e", "%23@", "。", "@@", "\\\\", "/\\@", "//@", ":@"),
)
FIRST = (
    *("http://", "http:/", "http:\\\\", "HTTP://", "//", "http:///", " http://", "http://x@", "http://\\"),
    "https://",
)


def spellings(elsewhere: Sequence[str] = ELSEWHERE) -> list[str]:
    """Each pair of hosts in both orders, with all that may stand before and between them."""
    pairs = [*product(elsewhere, HERE[:2]), *product(HERE, elsewhere[:2])]
    return [a + one + b + other + "/" for a, b in product(FIRST, BETWEEN) for one, other in pairs]
