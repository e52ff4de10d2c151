"""One run: a scenario that is made up step by step, from what can be seen of the PBX at the moment."""

import random
from collections.abc import Iterator
from pathlib import Path

from callproof.conformance.filling import Names
from callproof.conformance.loading import Reader
from callproof.conformance.scenario import Step
from callproof.conformance.undone import objects
from callproof.contract.jsontypes import JsonObject
from callproof.contract.operations import Side
from callproof.contract.phones import same_phone
from callproof.control.client import Ends
from callproof.explore.board import Bench, Board, Moment
from callproof.explore.look import look
from callproof.explore.mixture import Mixture
from callproof.explore.people import how_it_ends
from callproof.explore.states import Reached
from callproof.explore.writing import names_given
from callproof.files.yamlfile import Document

# How often it is looked whether everything is over, and how long that takes each time.
LOOKS, PAUSE = 40, 60.0
REAL_LOOKS, REAL_PAUSE = 10, 1.0


class Run:
    """An ``Improviser``. ``written`` are the steps that were done, as a file has them."""

    def __init__(
        self,
        bench: Bench,
        mixture: Mixture,
        dice: random.Random,
        reached: Reached,
        period: float,
    ) -> None:
        self.written: list[JsonObject] = []
        self.refusals: list[str] = []
        self._bench = bench
        self._mixture = mixture
        self._dice = dice
        self._reached = reached
        self._period = period
        self._reader = Reader(Document(Path(), "what is made up", "{}"))

    def begin(self, ends: Ends) -> None:
        """On these ends it will be played."""
        self._ends = ends

    def steps(self, names: Names) -> Iterator[Step]:
        board = Board(names)
        for _ in range(self._mixture.length):
            now = self._moment(board)
            self._reached.count(now)
            for written in self._mixture.steps(now):
                yield from self._taken(written, board)
        yield from self._ended(board)

    def refused(self, step: Step, why: str) -> None:
        self.refusals.append(f"{self.written.pop()}: {why}")

    def _moment(self, board: Board) -> Moment:
        seen = look(self._ends.pbx.state())
        return Moment(self._bench, board, seen, self._dice, self._mixture.gentle, self._recorded)

    def _recorded(self) -> set[str]:
        calls = objects(self._ends.crm.state().get("calls"))
        return {str(call.get("externalId")) for call in calls if call.get("recordUrl")}

    def _taken(self, written: JsonObject, board: Board) -> Iterator[Step]:
        done = len(self.written)
        self.written.append(written)
        yield self._reader.step(written)
        if len(self.written) == done:
            return
        if written.get("do") == "manager clicks":
            yield from self._named(str(written["phone"]), board)
            return
        for name in names_given(written):
            board.learn(name, "id")

    def _named(self, phone: str, board: Board) -> Iterator[Step]:
        """A call that a manager asked for is known by its number, if the PBX began one."""
        number = str(board.names.filled(phone))
        calls = [call for call in self._moment(board).look.calls if same_phone(call.phone or "", number)]
        if not calls or str(calls[0].id) in board.ids:
            return
        name = board.name()
        pattern: JsonObject = {"phone": {"$phone": phone}}
        keeps: JsonObject = {"expect": "pbx keeps calls", "with": pattern, "at-least": 1}
        written = keeps | {"proves": "PBX-CALL-01", "as": name}
        self.written.append(written)
        yield self._reader.step(written)
        board.learn(name, "value.id")

    def _ended(self, board: Board) -> Iterator[Step]:
        """Every call ends, and what is to be told is told."""
        looks, pause = (LOOKS, PAUSE) if self._bench.moved else (REAL_LOOKS, REAL_PAUSE)
        for _ in range(looks):
            now = self._moment(board)
            for written in how_it_ends(now):
                yield from self._taken(written, board)
            now = self._moment(board)
            if not (now.look.calls or now.look.reports):
                break
            yield from self._taken({"wait": pause}, board)
        if Side.PBX not in self._bench.own and self._period:
            yield from self._taken({"wait": self._period + 1}, board)
