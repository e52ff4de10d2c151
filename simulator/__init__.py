"""callproof: a local testbed for telephony integrations with the RetailCRM/Simla contract (API v5).

For tests only. The floors, bottom to top: ``contract``, ``core``, ``storage``, ``bench``, then
``crm``, ``pbx`` and ``conformance`` side by side, then ``serving``, ``targets`` and ``plugin``, and at the
top ``cli`` and ``pytest_plugin``.
Imports go down only.
"""

import logging

__version__ = "0.1.0"

# Silent unless a program, such as ``callproof serve``, says where the log shall go.
logging.getLogger("callproof").addHandler(logging.NullHandler())
