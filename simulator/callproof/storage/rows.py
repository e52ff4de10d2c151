"""Rows as they are handed to and fro, whatever keeps them."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Value: TypeAlias = str | int | float | bool | None
Row: TypeAlias = tuple[Any, ...]
# Rows by the names of their tables.
Rows: TypeAlias = Mapping[str, Sequence[Mapping[str, Any]]]
