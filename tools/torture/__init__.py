"""``make torture``: what callproof promises about robustness, tried on processes as they are really served.

Each module is one promise. It prints figures, and a sentence for each promise that is broken.
"""
