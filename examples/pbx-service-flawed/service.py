"""The PBX's integration with faults put in, to show what ``callproof check`` says of each."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "pbx-service"))

import crm
import exchange
import service


# A manager who is not free is rung all the same.
def busy(self):
    return {e for c in self.calls.values() if c.state != "ended" for e in [*c.ringing, c.answered_by]}


# The end of an answered call is reported twice.
def tell(self, call, kind, **more):
    good_tell(self, call, kind, **more)
    if more.get("hangupStatus") == "answered":
        good_tell(self, call, kind, **more)


# A call that cannot be started is answered 200, with the error inside.
def make_call():
    answer = good_make_call()
    return {"error": f"refused with {answer[1]}"} if isinstance(answer, tuple) else answer


# A recording comes as bytes of no kind.
def recording(call_id):
    answer = good_recording(call_id)
    if not isinstance(answer, tuple):
        answer.content_type = "application/octet-stream"
    return answer


good_tell = exchange.Exchange.tell
exchange.Exchange.busy = busy
exchange.Exchange.tell = tell
views = service.app.view_functions
good_make_call, good_recording = views["make_call"], views["recording"]
views |= {"make_call": make_call, "recording": recording}
# A missed call is named in events as it is named in the history.
exchange.HANGUP["no answer"] = "no answer"
# One upload carries 51 calls.
crm.AT_ONCE = 51

if __name__ == "__main__":
    service.app.run("127.0.0.1", service.PORT)
