"""callproof: a local testbed for telephony integrations with the RetailCRM/Simla contract (API v5).

For tests only.
"""

import logging

__version__ = "0.1.0"

# Silent unless a program, such as ``callproof serve``, says where the log shall go.
logging.getLogger("callproof").addHandler(logging.NullHandler())
