"""A form in parts, as older clients write it (evidence#wire-multipart)."""

from collections.abc import Mapping

from urllib3 import encode_multipart_formdata


def in_parts(form: Mapping[str, str]) -> tuple[bytes, str]:
    """The body and its Content-Type; no part has a filename."""
    return encode_multipart_formdata(dict(form))
