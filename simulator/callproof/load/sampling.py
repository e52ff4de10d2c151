"""Conformance under load: every nth answer of a method is judged against its schema."""

from collections import Counter

from callproof.contract import schemas
from callproof.contract.jsontypes import without_nulls
from callproof.contract.operations import BY_NAME
from callproof.load.asks import Response


class Sampler:
    """``every`` judges the first answer of a method and every nth after it; 0 judges none.

    What is judged is an answer that says success: a refusal is counted as a failure already.
    """

    def __init__(self, every: int) -> None:
        self._every = every
        self._seen: Counter[str] = Counter()

    def judge(self, name: str, answer: Response) -> list[str] | None:
        """What is wrong with the answer, one text each; None when it is not among the sampled."""
        operation = BY_NAME.get(name)
        if not self._every or operation is None or not operation.answer_schema:
            return None
        self._seen[name] += 1
        if (self._seen[name] - 1) % self._every:
            return None
        return [
            f"{name}: {found.requirement or 'no row'} {found.pointer or '/'}: {found.message}"
            for found in schemas.validate(operation.answer_schema, without_nulls(answer.json))
        ]
