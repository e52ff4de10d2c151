"""The answers that peers without a memory give."""

import json

EVENT = '{"success":true}'
UPLOAD = '{"success":true,"processedCallsCount":50}'
MANAGER = json.dumps(
    {
        "success": True,
        "manager": {
            "id": 1,
            "firstName": "Ann",
            "lastName": "Lee",
            "email": "user1@crm.example",
            "code": "100",
        },
    }
)
