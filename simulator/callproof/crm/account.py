"""What an account is made from: a seed, so many customers, and an API key of its own or of the seed."""

import random
import secrets
import string

DEFAULT_SEED = 1
CUSTOMERS = 20

_SIGNS = string.ascii_letters + string.digits
_LENGTH = 32


def api_key(seed: int | str) -> str:
    """32 letters and digits, as the sample keys of the documentation look; one for each seed. Whoever knows
    the seed knows the key."""
    return "".join(random.Random(f"api-key:{seed}").choices(_SIGNS, k=_LENGTH))


def new_key() -> str:
    """The same for nobody to guess."""
    return "".join(secrets.choice(_SIGNS) for _ in range(_LENGTH))
