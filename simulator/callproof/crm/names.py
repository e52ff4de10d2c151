"""Names for people who do not exist: any of the given names with any of the family names."""

from random import Random

_GIVEN = """
    Adam Alice Amelia Andrew Angela Anna Anthony Arthur Audrey Barbara Beatrice Benjamin Brian Carl
    Caroline Catherine Charles Christina Claire Clara Daniel David Deborah Diana Donald Dorothy Edgar
    Edith Edward Eleanor Elizabeth Emily Emma Eric Ethan Eva Felix Florence Frances Frank Frederick
    George Grace Harold Harriet Harry Helen Henry Howard Hugo Ian Irene Isaac Isabel Jack Jacob James
    Jane Jennifer Joan John Jonathan Joseph Judith Julia Karen Keith Kevin Laura Lawrence Leonard Lewis
    Lillian Linda Louis Lucy Margaret Maria Mark Martha Martin Matthew Michael Miriam Monica Nancy
    Natalie Nathan Nicholas Nora Oliver Olivia Oscar Patricia Patrick Paul Peter Philip Rachel Raymond
    Rebecca Richard Robert Roger Rose Ruth Samuel Sarah Simon Sophia Stella Stephen Susan Sylvia
    Theodore Theresa Thomas Valerie Victor Victoria Vincent Violet Walter William
"""
_FAMILY = """
    Abbott Adams Allen Anderson Archer Atkinson Austin Baker Barker Barnes Bell Bennett Berry Bishop
    Black Booth Bradley Brooks Brown Burton Butler Carpenter Carter Chapman Clark Coleman Collins Cook
    Cooper Cox Craig Davies Dawson Dixon Douglas Duncan Edwards Elliott Ellis Evans Fisher Fletcher Ford
    Foster Fox Francis Freeman Gardner Gibson Gordon Graham Grant Gray Green Griffiths Hall Hamilton
    Harris Harrison Hart Harvey Hayes Henderson Hill Holmes Hudson Hughes Hunter Jackson Jenkins Johnson
    Jones Kelly Kennedy Knight Lane Lawson Lewis Lloyd Marshall Martin Mason Miller Mills Mitchell Moore
    Morgan Morris Murray Nelson Newman Norton Oliver Owen Page Palmer Parker Pearson Perry Phillips
    Porter Powell Price Reed Reynolds Richards Roberts Rogers Russell Sanders Scott Shaw Shepherd
    Simpson Smith Spencer Stevens Stewart Stone Sutton Taylor Thompson Turner Walker Wallace Ward Watson
    Weaver Webb White Wilson Wood Wright Young
"""

_NAMES = (_GIVEN.split(), _FAMILY.split())


def full_name(dice: Random) -> tuple[str, str]:
    """A given name and a family name."""
    given, family = _NAMES
    return dice.choice(given), dice.choice(family)
