// A small PBX integration: what the CRM calls, and below /test what makes it act. Node 18 or newer, no packages.
// CALLPROOF_CRM_URL and CALLPROOF_API_KEY say where the CRM is; the argument is the port to listen on.
'use strict';

const http = require('node:http');
const { randomUUID } = require('node:crypto');

const PORT = Number(process.argv[2]);
const BASE_URL = `http://127.0.0.1:${PORT}`;
const CRM_URL = process.env.CALLPROOF_CRM_URL;
const API_KEY = process.env.CALLPROOF_API_KEY;
const CLIENT_ID = '2dbh26tahjj26sg';
const EXTENSIONS = { 100: 1, 200: 2 };
const LINES = { '+7-499-999-99-99': 'shop1', '+7-499-888-88-88': 'shop2' };
const RINGS_FOR = 20;
const AGAIN_AFTER = 2;
const HANGUP = { answered: 'answered', busy: 'busy', 'no answer': 'no answered', cancel: 'cancel', failed: 'failed' };
const RESULT = { answered: 'answered', busy: 'busy', 'no answer': 'no answer', cancel: 'no answer', failed: 'failed' };

let calls = new Map();
let statuses = {};
let outbox = [];
let quietUntil = 0;
let offset = 0;

const now = () => Date.now() / 1000 + offset;

// The CRM's side

async function post(path, name, structure) {
  return fetch(`${CRM_URL}/api/v5/${path}`, {
    method: 'POST',
    headers: { 'X-API-KEY': API_KEY },
    body: new URLSearchParams({ [name]: JSON.stringify(structure) }),
    signal: AbortSignal.timeout(5000),
  });
}

// The extension of the customer's manager. A caller is waiting, so nobody waits long for it.
async function responsible(phone) {
  try {
    const query = new URLSearchParams({ phone, details: '0' });
    const answer = await fetch(`${CRM_URL}/api/v5/telephony/manager?${query}`, {
      headers: { 'X-API-KEY': API_KEY },
      signal: AbortSignal.timeout(2000),
    });
    return (await answer.json()).manager?.code ?? null;
  } catch {
    return null;
  }
}

// Whether this is over: the CRM took it, or refused it for good.
async function taken([path, name, structure]) {
  try {
    const answer = await post(path, name, structure);
    if (answer.status >= 500 || answer.status === 429) return false;
    return 'success' in (await answer.json());
  } catch {
    return false;
  }
}

// In order, and again later where the CRM could not: nothing is lost, nothing is said twice. One at a time.
let delivering = Promise.resolve();
function deliver() {
  delivering = delivering.then(async () => {
    while (outbox.length && now() >= quietUntil) {
      if (await taken(outbox[0])) outbox.shift();
      else quietUntil = now() + AGAIN_AFTER;
    }
  });
  return delivering;
}

// The exchange

function busy() {
  const going = [...calls.values()].filter((call) => call.state !== 'ended');
  const taken = going.flatMap((call) => [...call.ringing, call.answeredBy]);
  return [...taken, ...Object.keys(statuses).filter((code) => statuses[code] !== 'free')];
}

function begun(direction, phone, line, state, ringing) {
  const call = { id: randomUUID(), direction, phone, line, state, ringing, told: [...ringing], started: now() };
  call.ringsUntil = now() + RINGS_FOR;
  calls.set(call.id, call);
  return call;
}

async function incoming(phone, line) {
  const call = begun('in', phone, line, 'ringing', []);
  const manager = await responsible(phone);
  const free = Object.keys(EXTENSIONS).filter((code) => !busy().includes(code));
  call.ringing = free.includes(manager) ? [manager] : free;
  call.told = [...call.ringing];
  if (!free.length) await end(call, 'busy');
  else await tell(call, 'in');
  return call;
}

async function answer(call, extension) {
  if (call.state === 'calling manager') {
    Object.assign(call, { answeredBy: call.ringing[0], ringing: [], state: 'ringing', ringsUntil: now() + RINGS_FOR });
    await tell(call, 'out');
    return;
  }
  const who = call.answeredBy ?? extension ?? call.ringing[0];
  Object.assign(call, { answeredBy: who, ringing: [], state: 'talking', answered: now(), ringsUntil: null });
}

async function refuse(call, extension) {
  call.ringing = call.ringing.filter((code) => extension && code !== extension);
  if (!call.ringing.length) await end(call, 'busy');
}

function hangUp(call, by) {
  const missed = (by === 'customer') === (call.direction === 'in') ? 'cancel' : 'busy';
  return end(call, call.answered ? 'answered' : missed);
}

async function end(call, cause) {
  // A manager who was never there has made no call.
  const happened = call.direction === 'in' || call.state !== 'calling manager';
  Object.assign(call, { state: 'ended', ended: now(), ringing: [], ringsUntil: null });
  if (!happened) return;
  if (call.told.length) await tell(call, 'hangup', { hangupStatus: HANGUP[cause] });
  outbox.push(['telephony/calls/upload', 'calls', [row(call, cause)]]);
  await deliver();
}

async function tell(call, type, more = {}) {
  const event = { type, phone: call.phone, codes: call.told, callExternalId: call.id, externalPhone: call.line, ...more };
  outbox.push(['telephony/call/event', 'event', event]);
  await deliver();
}

function row(call, cause) {
  return {
    date: new Date(call.started * 1000).toISOString().slice(0, 19).replace('T', ' '),
    type: call.direction,
    phone: call.phone,
    ...(call.answeredBy && { code: call.answeredBy }),
    result: RESULT[cause],
    duration: call.answered ? Math.round(call.ended - call.answered) : 0,
    durationWaiting: Math.round((call.answered ?? call.ended) - call.started),
    externalId: call.id,
    externalPhone: call.line,
    ...(call.answered && { recordUrl: `${BASE_URL}/recordings/${call.id}.wav` }),
  };
}

// What the CRM calls

function makeCall({ code, phone, externalPhone }) {
  if (!(code in EXTENSIONS)) return 404;
  if (busy().includes(code)) return 409;
  const digits = (text) => (text ?? '').replace(/\D/g, '');
  if (digits(phone).length < 3) return 422;
  const line = Object.keys(LINES).find((known) => digits(known) === digits(externalPhone)) ?? Object.keys(LINES)[0];
  begun('out', phone, line, 'calling manager', [code]);
  return 200;
}

const CRM_ROUTES = {
  'GET /make-call': makeCall,
  'GET /user-status': ({ code, status }) => ((statuses[code] = status), 200),
  'POST /activity': () => 200,
  'POST /account': () => 200,
};

// Silence of the call's length, 16 bits at 8 kHz; a player asks for the part of it that it wants.
function recording(call, range, response) {
  if (!call?.answered || call.state !== 'ended') return response.writeHead(404).end();
  const size = Math.round(call.ended - call.answered) * 16000;
  const sound = Buffer.alloc(44 + size);
  sound.write('RIFF', 0);
  sound.writeUInt32LE(36 + size, 4);
  sound.write('WAVEfmt ', 8);
  [16, 1 | (1 << 16), 8000, 16000, 2 | (16 << 16)].forEach((word, index) => sound.writeUInt32LE(word, 16 + 4 * index));
  sound.write('data', 36);
  sound.writeUInt32LE(size, 40);
  const headers = { 'Content-Type': 'audio/wav', 'Accept-Ranges': 'bytes' };
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? [];
  if (!first && !last) return response.writeHead(200, { ...headers, 'Content-Length': sound.length }).end(sound);
  const from = first ? Number(first) : Math.max(0, sound.length - Number(last));
  const to = first && last ? Math.min(Number(last), sound.length - 1) : sound.length - 1;
  if (from > to) return response.writeHead(416, { 'Content-Range': `bytes */${sound.length}` }).end();
  const part = sound.subarray(from, to + 1);
  headers['Content-Range'] = `bytes ${from}-${to}/${sound.length}`;
  return response.writeHead(206, { ...headers, 'Content-Length': part.length }).end(part);
}

async function register() {
  const answer = await post('integration-modules/node-telephony/edit', 'integrationModule', {
    code: 'node-telephony',
    integrationCode: 'node-telephony',
    active: true,
    name: 'Telephony in Node',
    clientId: CLIENT_ID,
    baseUrl: BASE_URL,
    accountUrl: `${BASE_URL}/account`,
    actions: { activity: '/activity' },
    integrations: {
      telephony: {
        makeCallUrl: `${BASE_URL}/make-call`,
        changeUserStatusUrl: `${BASE_URL}/user-status`,
        inputEventSupported: true,
        outputEventSupported: true,
        hangupEventSupported: true,
        additionalCodes: Object.entries(EXTENSIONS).map(([code, userId]) => ({ userId, code })),
        externalPhones: Object.entries(LINES).map(([externalPhone, siteCode]) => ({ siteCode, externalPhone })),
      },
    },
  });
  if (!answer.ok) throw new Error(`the CRM refused the registration with ${answer.status}`);
}

// What a tester calls; never part of what is shipped

const shown = ({ id, direction, phone, line, state, ringing, answeredBy }) =>
  ({ id, direction, phone, line, state, extensions: ringing.length ? ringing : [answeredBy].filter(Boolean) });

const TEST_ROUTES = {
  'POST /test/reset': () => {
    calls = new Map();
    statuses = {};
    outbox = [];
    quietUntil = 0;
  },
  'POST /test/register': register,
  'POST /test/calls': async ({ from, to }) => shown(await incoming(from, to)),
  'GET /test/calls': () => [...calls.values()].map(shown),
  'POST /test/answer': ({ call, extension }) => answer(calls.get(call), extension),
  'POST /test/refuse': ({ call, extension }) => refuse(calls.get(call), extension),
  'POST /test/hang-up': ({ call, by }) => hangUp(calls.get(call), by),
  'POST /test/drop': ({ call }) => end(calls.get(call), 'failed'),
  'POST /test/clock': async ({ seconds }) => {
    offset += seconds;
    for (const call of calls.values()) if (call.ringsUntil && call.ringsUntil <= now()) await end(call, 'no answer');
    await deliver();
    return { now: now() };
  },
};

http
  .createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    const url = new URL(request.url, BASE_URL);
    const played = /^\/recordings\/([\w-]+)\.wav$/.exec(url.pathname);
    if (played) return recording(calls.get(played[1]), request.headers.range, response);
    const asked = `${request.method} ${url.pathname}`;
    let [status, said] = [404, {}];
    try {
      if (asked in CRM_ROUTES) {
        const form = { ...Object.fromEntries(url.searchParams), ...Object.fromEntries(new URLSearchParams(body)) };
        status = form.clientId === CLIENT_ID ? CRM_ROUTES[asked](form) : 401;
      } else if (asked in TEST_ROUTES) {
        said = (await TEST_ROUTES[asked](body ? JSON.parse(body) : {})) ?? {};
        status = 200;
      }
    } catch (error) {
      [status, said] = [500, { error: String(error) }];
    }
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(said));
  })
  .listen(PORT, '127.0.0.1');
