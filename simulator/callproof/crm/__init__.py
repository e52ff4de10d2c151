"""The CRM: the API that a PBX calls, the calls that it makes to the PBX, and what its users see."""
