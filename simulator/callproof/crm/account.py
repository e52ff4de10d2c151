"""What an account is made from: a seed, so many customers, and an API key that follows from the seed."""

import random
import string

DEFAULT_SEED = 1
CUSTOMERS = 20


def api_key(seed: int | str) -> str:
    """32 letters and digits, as the sample keys of the documentation look; one for each seed."""
    return "".join(random.Random(f"api-key:{seed}").choices(string.ascii_letters + string.digits, k=32))
