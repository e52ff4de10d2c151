"""How a part of a telephone number is looked for in the history, whatever notation both are in."""

from callproof.contract.phones import SIGNIFICANT_DIGITS, digits, phone_key

# What people write between the digits of a number.
BETWEEN = (" ", "-", "(", ")", ".", "+")


def wanted(phone: str, country: str) -> str:
    """What notations of a whole number have in common, of a part its digits."""
    part = digits(phone)
    return phone_key(phone, country) if len(part) >= SIGNIFICANT_DIGITS else part or phone
