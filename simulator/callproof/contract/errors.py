"""Every refusal that the CRM is known to give, in its own words (evidence#refusals).

::

    ApiError
      AccessError            403   MissingApiKey, WrongApiKey, AccessDenied, StrangersPage
      AccountNotFound        404
      MethodNotFound         404   DoubledSlash
      MethodNotAllowed       405
      EntityNotFound         404
      BadRequest             400   ParameterMissing, MemberMissing, InvalidParameters, InvalidEntity,
                                   InvalidInput, ArrayExpected, ScalarExpected, NotLoaded,
                                   SimpleConnectionDisabled, TelephonyNotEnabled, UploadNotSupported
      ActivationFailed       402
      PartlyLoaded           460
      NotSimulated           501
      ServerFault            500
      RateLimitExceeded      503 or 429

``status`` and ``message`` are what goes over the wire; ``errors`` is an object, a list or None.
``remedy`` and ``requirement`` are for the finding that explains the refusal to an integrator; where
``blames`` is false the sender did nothing wrong.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from callproof.contract.jsontypes import Json, JsonObject

BLANK = "This value should not be blank."
INVALID = "This value is not valid."
NOT_A_CHOICE = "The value you selected is not a valid choice."


def too_many(limit: int) -> str:
    return f"This collection should contain {limit} elements or less."


def too_few(limit: int) -> str:
    return f"This collection should contain {limit} {'element' if limit == 1 else 'elements'} or more."


class ApiError(Exception):
    """A refusal; ``as_json()`` is the body of the answer."""

    status: int = 500
    message: ClassVar[str] = ""
    remedy: ClassVar[str] = ""
    requirement: ClassVar[str] = ""
    blames: ClassVar[bool] = True

    def __init__(
        self,
        message: str = "",
        errors: Mapping[str, str] | Sequence[str] | None = None,
        extra: Mapping[str, Json] | None = None,
    ) -> None:
        self.text = message or self.message
        self.errors = errors
        self.extra = dict(extra or {})
        super().__init__(self.text)

    def as_json(self) -> JsonObject:
        body: JsonObject = {"success": False, "errorMsg": self.text}
        if self.errors is not None:
            # An empty PHP map is written as a list (evidence#empty-maps).
            body["errors"] = dict(self.errors) or [] if isinstance(self.errors, Mapping) else [*self.errors]
        return body | self.extra


class AccessError(ApiError):
    status = 403
    requirement = "PBX-API-01"


class MissingApiKey(AccessError):
    message = '"apiKey" is missing.'
    remedy = "Send the key in the X-API-KEY header or as the parameter apiKey."


class WrongApiKey(AccessError):
    message = 'Wrong "apiKey" value.'
    remedy = "Send this CRM's key: in a run it is CALLPROOF_API_KEY, and callproof serve prints it."


class AccessDenied(AccessError):
    message = "Access denied."
    remedy = "Enable the method for the key in the settings of the CRM."
    requirement = ""


class StrangersPage(AccessError):
    """The real CRM lets it in: its key is no neighbour's to know."""

    message = "Pages of other sites are not served."
    remedy = "Send the key in the X-API-KEY header, or allow the name of this end with --allow-host."
    requirement = ""
    blames = False


class AccountNotFound(ApiError):
    status = 404
    message = "Account does not exist."


class MethodNotFound(ApiError):
    status = 404
    message = "API method not found"
    remedy = "Check the path; a method of the API begins with /api/v5/."


class DoubledSlash(MethodNotFound):
    """Two slashes in the path, most often where a base address that ends with one meets a method."""

    remedy = "Drop the slash at the end of the base URL: the path has two slashes in a row."


class MethodNotAllowed(ApiError):
    status = 405
    message = "Method Not Allowed"
    remedy = "Check the verb: reading is GET, everything else POST."

    def __init__(self, verbs: Sequence[str] = ()) -> None:
        super().__init__()
        self.verbs = verbs


class EntityNotFound(ApiError):
    status = 404
    message = "Not found"
    remedy = "Check the id or code, and by, which says what it is."


class BadRequest(ApiError):
    status = 400


class ParameterMissing(BadRequest):
    remedy = "Send the parameter."

    def __init__(self, name: str) -> None:
        super().__init__(f"Parameter '{name}' is missing")


class MemberMissing(BadRequest):
    """The nested variant, which the clients' own pattern does not recognise."""

    def __init__(self, member: str, entity: str) -> None:
        super().__init__(f"Parameter '{member}' in '{entity}' is missing")


class InvalidParameters(BadRequest):
    """A query, filter or scalar parameter is wrong; keys are plain names."""

    message = "Errors in the input parameters"

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(errors=errors)


class InvalidEntity(BadRequest):
    """A JSON entity broke its rules; keys are field names."""

    message = "Errors in the entity format"

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(errors=errors)


class InvalidInput(BadRequest):
    message = "Invalid input parameters"


class ArrayExpected(BadRequest):
    """A structured parameter did not decode to an array or object."""

    remedy = "Send JSON text that holds an object or a list."
    requirement = "PBX-API-02"

    def __init__(self, type_name: str, value: str) -> None:
        super().__init__(f"Expected array, but got {type_name}: {value}")


class ScalarExpected(BadRequest):
    """A structure stood where a scalar that holds JSON belongs (quoted from live systems)."""

    remedy = "Send it as one field that holds JSON text."
    requirement = "PBX-API-02"

    def __init__(self, name: str) -> None:
        super().__init__(f'Input value "{name}" contains a non-scalar value')


class NotLoaded(BadRequest):
    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not loaded")


class SimpleConnectionDisabled(BadRequest):
    message = "Not enabled simple connection"


class TelephonyNotEnabled(BadRequest):
    message = "Telephony not enabled"
    remedy = "First register a module with integrations.telephony and active true."


class UploadNotSupported(BadRequest):
    message = "Telephony not enabled or not supports calls upload"
    remedy = "First register a module with integrations.telephony and active true."


class ActivationFailed(ApiError):
    status = 402
    message = "Failed to activate module"


class PartlyLoaded(ApiError):
    """A bulk upload took some items and refused others."""

    status = 460

    def __init__(self, what: str, extra: Mapping[str, Json] | None = None) -> None:
        super().__init__(f"{what} are loaded with errors", extra=extra)


class NotSimulated(ApiError):
    """The real CRM has the method, and nothing here stands in for it."""

    status = 501
    remedy = "Try it with a real account; what comes here is an answer of callproof's own."
    blames = False

    def __init__(self, verb: str, path: str) -> None:
        super().__init__(f"{verb} {path} is a method of the API that is known and not simulated")


class ServerFault(ApiError):
    status = 500
    message = "Internal Server Error"


class RateLimitExceeded(ApiError):
    message = "Rate limit exceeded"
    remedy = "Wait for the next second; telephony has a budget of its own."

    def __init__(self, status: int = 503) -> None:
        super().__init__()
        self.status = status
