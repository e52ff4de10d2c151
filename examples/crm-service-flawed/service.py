"""The small CRM with faults put in, to show what ``callproof check`` says of each."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "crm-service"))

import modules
import pbx
import telephony
from account import account
from api import success
from service import app
from werkzeug.exceptions import HTTPException


# A module that is known already is answered 201, as if it had been created.
def edit_module(code):
    return modules.edit_module(code)[0], 201


# A call that is uploaded again is listed as a duplicate and stored a second time all the same.
def keep(sent):
    new = good_keep(sent)
    if not new:
        account.calls.append(account.call(str(sent["externalId"])))
    return new


# A manager is returned whose status is not free.
def may_be_returned(user, ignore_status):
    return (user["online"] or ignore_status) and account.code_of(user["id"]) is not None


# makeCallUrl is asked without the clientId of the registration.
def call_query(*asked):
    return {name: value for name, value in good_call_query(*asked).items() if name != "clientId"}


# Shops come as a list instead of a map by their codes.
def sites():
    return success(sites=list(account.sites.values()))


good_keep, good_call_query = telephony.keep, pbx.call_query
pbx.call_query = call_query
telephony.keep = keep
telephony.may_be_returned = may_be_returned
app.view_functions |= {"v5.edit_module": edit_module, "v5.sites": sites}
# More than 50 calls are taken at once.
telephony.AT_ONCE = 1000
# An unknown path, or a wrong verb, is refused with a page of HTML.
app.register_error_handler(HTTPException, lambda error: error)

if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]))
