// A small PBX integration: what the CRM calls, and below /test what makes it act. The standard library alone.
// CALLPROOF_CRM_URL and CALLPROOF_API_KEY say where the CRM is; the argument is the port to listen on.
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"math"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	clientID   = "2dbh26tahjj26sg"
	ringsFor   = 20 * time.Second
	againAfter = 2 * time.Second
	sampleRate = 8000
)

type extension struct {
	code string
	user int
}
type line struct{ phone, shop string }

var (
	extensions = []extension{{"100", 1}, {"200", 2}}
	lines      = []line{{"+7-499-999-99-99", "shop1"}, {"+7-499-888-88-88", "shop2"}}
	// The words of events and of the history differ.
	hangup = map[string]string{"answered": "answered", "busy": "busy", "no answer": "no answered", "cancel": "cancel", "failed": "failed"}
	result = map[string]string{"answered": "answered", "busy": "busy", "no answer": "no answer", "cancel": "no answer", "failed": "failed"}
)

type object map[string]any

type call struct {
	id, direction, phone, line, state, answeredBy string
	ringing, told                                 []string
	started, answered, ended, ringsUntil          time.Time
}

type report struct {
	path, name string
	structure  any
}

// exchange is all that the service knows; whoever touches it holds the lock.
type exchange struct {
	sync.Mutex
	base, crm, key string
	calls          []*call
	statuses       map[string]string
	outbox         []report
	quietUntil     time.Time
	offset         time.Duration
}

func (x *exchange) now() time.Time { return time.Now().Add(x.offset) }

// The CRM's side

func (x *exchange) ask(method, path string, form url.Values, patience time.Duration) (int, object) {
	request, err := http.NewRequest(method, x.crm+"/api/v5/"+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil
	}
	request.Header.Set("X-API-KEY", x.key)
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	client := http.Client{Timeout: patience}
	answer, err := client.Do(request)
	if err != nil {
		return 0, nil
	}
	defer answer.Body.Close()
	var said object
	if json.NewDecoder(answer.Body).Decode(&said) != nil {
		return answer.StatusCode, nil
	}
	return answer.StatusCode, said
}

func (x *exchange) post(path, name string, structure any) (int, object) {
	written, _ := json.Marshal(structure)
	return x.ask(http.MethodPost, path, url.Values{name: {string(written)}}, 5*time.Second)
}

// responsible is the extension of the customer's manager. A caller is waiting, so nobody waits long for it.
func (x *exchange) responsible(phone string) string {
	query := url.Values{"phone": {phone}, "details": {"0"}}
	_, said := x.ask(http.MethodGet, "telephony/manager?"+query.Encode(), nil, 2*time.Second)
	manager, _ := said["manager"].(map[string]any)
	code, _ := manager["code"].(string)
	return code
}

// deliver sends in order, and again later where the CRM could not: nothing is lost, nothing is said twice.
func (x *exchange) deliver() {
	for len(x.outbox) > 0 && !x.now().Before(x.quietUntil) {
		first := x.outbox[0]
		status, said := x.post(first.path, first.name, first.structure)
		_, understood := said["success"]
		// Over is what the CRM took, and what it refused for good.
		if understood && status < 500 && status != 429 {
			x.outbox = x.outbox[1:]
		} else {
			x.quietUntil = x.now().Add(againAfter)
		}
	}
}

// The exchange

func (x *exchange) free(code string) bool {
	if status := x.statuses[code]; status != "" && status != "free" {
		return false
	}
	for _, c := range x.calls {
		if c.state != "ended" && (c.answeredBy == code || contains(c.ringing, code)) {
			return false
		}
	}
	return true
}

func (x *exchange) begin(direction, phone, line, state string, ringing []string) *call {
	id := make([]byte, 8)
	rand.Read(id)
	c := &call{id: hex.EncodeToString(id), direction: direction, phone: phone, line: line, state: state,
		ringing: ringing, told: ringing, started: x.now(), ringsUntil: x.now().Add(ringsFor)}
	x.calls = append(x.calls, c)
	return c
}

func (x *exchange) incoming(phone, line string) *call {
	c := x.begin("in", phone, line, "ringing", nil)
	manager := x.responsible(phone)
	for _, e := range extensions {
		if x.free(e.code) {
			c.told = append(c.told, e.code)
		}
	}
	if contains(c.told, manager) {
		c.told = []string{manager}
	}
	c.ringing = c.told
	if len(c.ringing) == 0 {
		x.end(c, "busy")
	} else {
		x.tell(c, "in", nil)
	}
	return c
}

func (x *exchange) answer(c *call, who string) {
	if c.state == "calling manager" {
		c.answeredBy, c.ringing, c.state, c.ringsUntil = c.ringing[0], nil, "ringing", x.now().Add(ringsFor)
		x.tell(c, "out", nil)
		return
	}
	if c.answeredBy == "" {
		c.answeredBy = who
	}
	if c.answeredBy == "" {
		c.answeredBy = c.ringing[0]
	}
	c.ringing, c.state, c.answered, c.ringsUntil = nil, "talking", x.now(), time.Time{}
}

func (x *exchange) refuse(c *call, who string) {
	var left []string
	for _, code := range c.ringing {
		if who != "" && code != who {
			left = append(left, code)
		}
	}
	if c.ringing = left; len(left) == 0 {
		x.end(c, "busy")
	}
}

func (x *exchange) hangUp(c *call, by string) {
	switch {
	case !c.answered.IsZero():
		x.end(c, "answered")
	case (by == "customer") == (c.direction == "in"):
		x.end(c, "cancel")
	default:
		x.end(c, "busy")
	}
}

func (x *exchange) end(c *call, cause string) {
	// A manager who was never there has made no call.
	happened := c.direction == "in" || c.state != "calling manager"
	c.state, c.ended, c.ringing, c.ringsUntil = "ended", x.now(), nil, time.Time{}
	if !happened {
		return
	}
	if len(c.told) > 0 {
		x.tell(c, "hangup", object{"hangupStatus": hangup[cause]})
	}
	x.outbox = append(x.outbox, report{"telephony/calls/upload", "calls", []object{x.row(c, cause)}})
	x.deliver()
}

func (x *exchange) tell(c *call, kind string, more object) {
	event := object{"type": kind, "phone": c.phone, "codes": c.told, "callExternalId": c.id, "externalPhone": c.line}
	for name, value := range more {
		event[name] = value
	}
	x.outbox = append(x.outbox, report{"telephony/call/event", "event", event})
	x.deliver()
}

func (c *call) duration() int {
	if c.answered.IsZero() {
		return 0
	}
	return int(math.Round(c.ended.Sub(c.answered).Seconds()))
}

func (x *exchange) row(c *call, cause string) object {
	waited := c.answered
	if waited.IsZero() {
		waited = c.ended
	}
	row := object{
		"date":            c.started.UTC().Format("2006-01-02 15:04:05"),
		"type":            c.direction,
		"phone":           c.phone,
		"result":          result[cause],
		"duration":        c.duration(),
		"durationWaiting": int(math.Round(waited.Sub(c.started).Seconds())),
		"externalId":      c.id,
		"externalPhone":   c.line,
	}
	if c.answeredBy != "" {
		row["code"] = c.answeredBy
	}
	if !c.answered.IsZero() {
		row["recordUrl"] = x.base + "/recordings/" + c.id + ".wav"
	}
	return row
}

// What the CRM calls

func (x *exchange) makeCall(form url.Values) int {
	code, phone, shown := form.Get("code"), form.Get("phone"), lines[0].phone
	known := false
	for _, e := range extensions {
		known = known || e.code == code
	}
	switch {
	case !known:
		return http.StatusNotFound
	case !x.free(code):
		return http.StatusConflict
	case len(digits(phone)) < 3:
		return http.StatusUnprocessableEntity
	}
	for _, l := range lines {
		if digits(l.phone) == digits(form.Get("externalPhone")) {
			shown = l.phone
		}
	}
	x.begin("out", phone, shown, "calling manager", []string{code})
	return http.StatusOK
}

// recording is silence of the call's length; ServeContent answers a player that asks for a part of it.
func (x *exchange) recording(w http.ResponseWriter, r *http.Request) {
	x.Lock()
	c := x.call(strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/recordings/"), ".wav"))
	var size uint32
	there := c != nil && c.state == "ended" && !c.answered.IsZero()
	if there {
		size = uint32(c.duration() * sampleRate * 2)
	}
	x.Unlock()
	if !there {
		http.NotFound(w, r)
		return
	}
	var sound bytes.Buffer
	sound.WriteString("RIFF")
	binary.Write(&sound, binary.LittleEndian, 36+size)
	sound.WriteString("WAVEfmt ")
	binary.Write(&sound, binary.LittleEndian, []uint32{16, 1 | 1<<16, sampleRate, sampleRate * 2, 2 | 16<<16})
	sound.WriteString("data")
	binary.Write(&sound, binary.LittleEndian, size)
	sound.Write(make([]byte, size))
	w.Header().Set("Content-Type", "audio/wav")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(sound.Bytes()))
}

func (x *exchange) register() error {
	var codes, phones []object
	for _, e := range extensions {
		codes = append(codes, object{"userId": e.user, "code": e.code})
	}
	for _, l := range lines {
		phones = append(phones, object{"siteCode": l.shop, "externalPhone": l.phone})
	}
	status, _ := x.post("integration-modules/go-telephony/edit", "integrationModule", object{
		"code": "go-telephony", "integrationCode": "go-telephony", "active": true, "name": "Telephony in Go",
		"clientId": clientID, "baseUrl": x.base, "accountUrl": x.base + "/account",
		"actions": object{"activity": "/activity"},
		"integrations": object{"telephony": object{
			"makeCallUrl": x.base + "/make-call", "changeUserStatusUrl": x.base + "/user-status",
			"inputEventSupported": true, "outputEventSupported": true, "hangupEventSupported": true,
			"additionalCodes": codes, "externalPhones": phones,
		}},
	})
	if status < 200 || status > 299 {
		return fmt.Errorf("the CRM refused the registration with %d", status)
	}
	return nil
}

// What a tester calls; never part of what is shipped

type asked struct {
	Call, Extension, By, From, To string
	Seconds                       float64
}

func (x *exchange) tested(what string, given asked) (any, error) {
	c := x.call(given.Call)
	switch what {
	case "POST /test/reset":
		x.calls, x.statuses, x.outbox, x.quietUntil = nil, map[string]string{}, nil, time.Time{}
	case "POST /test/register":
		return object{}, x.register()
	case "POST /test/calls":
		return x.incoming(given.From, given.To).shown(), nil
	case "GET /test/calls":
		every := []object{}
		for _, c := range x.calls {
			every = append(every, c.shown())
		}
		return every, nil
	case "POST /test/answer":
		x.answer(c, given.Extension)
	case "POST /test/refuse":
		x.refuse(c, given.Extension)
	case "POST /test/hang-up":
		x.hangUp(c, given.By)
	case "POST /test/drop":
		x.end(c, "failed")
	case "POST /test/clock":
		x.offset += time.Duration(given.Seconds * float64(time.Second))
		for _, c := range x.calls {
			if !c.ringsUntil.IsZero() && !c.ringsUntil.After(x.now()) {
				x.end(c, "no answer")
			}
		}
		x.deliver()
		return object{"now": float64(x.now().UnixMilli()) / 1000}, nil
	default:
		return nil, fmt.Errorf("there is no %s", what)
	}
	return object{}, nil
}

func (c *call) shown() object {
	who := c.ringing
	if len(who) == 0 && c.answeredBy != "" {
		who = []string{c.answeredBy}
	}
	return object{"id": c.id, "direction": c.direction, "phone": c.phone, "line": c.line, "state": c.state,
		"extensions": append([]string{}, who...)}
}

func (x *exchange) call(id string) *call {
	for _, c := range x.calls {
		if c.id == id {
			return c
		}
	}
	return nil
}

// The way in

func (x *exchange) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x.Lock()
	defer x.Unlock()
	status, said := http.StatusOK, any(object{})
	if strings.HasPrefix(r.URL.Path, "/test/") {
		var given asked
		json.NewDecoder(r.Body).Decode(&given)
		found, err := x.tested(r.Method+" "+r.URL.Path, given)
		if said = found; err != nil {
			status, said = http.StatusInternalServerError, object{"error": err.Error()}
		}
	} else if r.FormValue("clientId") != clientID {
		status = http.StatusUnauthorized
	} else {
		switch r.URL.Path {
		case "/make-call":
			status = x.makeCall(r.Form)
		case "/user-status":
			x.statuses[r.FormValue("code")] = r.FormValue("status")
		case "/activity", "/account":
		default:
			status = http.StatusNotFound
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(said)
}

func contains(list []string, wanted string) bool {
	for _, one := range list {
		if one == wanted {
			return true
		}
	}
	return false
}

func digits(text string) string {
	return strings.Map(func(sign rune) rune {
		if sign < '0' || sign > '9' {
			return -1
		}
		return sign
	}, text)
}

func main() {
	address := "127.0.0.1:" + os.Args[1]
	x := &exchange{base: "http://" + address, crm: os.Getenv("CALLPROOF_CRM_URL"), key: os.Getenv("CALLPROOF_API_KEY"),
		statuses: map[string]string{}}
	http.HandleFunc("/recordings/", x.recording)
	http.Handle("/", x)
	log.Fatal(http.ListenAndServe(address, nil))
}
