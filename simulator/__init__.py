"""callproof: a local testbed for telephony integrations with the RetailCRM/Simla contract (API v5).

For tests only. The floors, bottom to top: ``contract``, ``core``, ``storage``, ``bench``, then
``crm``, ``pbx`` and ``conformance`` side by side, then ``serving`` and ``cli``. Imports go down only.
"""

__version__ = "0.1.0"
