<?php
// A small PBX integration: what the CRM calls, and below /test what makes it act. PHP 8 with curl, no packages.
// CALLPROOF_CRM_URL and CALLPROOF_API_KEY say where the CRM is. php -S answers one request after another, so the
// state between them is a file, and nothing else touches it.

declare(strict_types=1);

const CLIENT_ID = '2dbh26tahjj26sg';
const EXTENSIONS = ['100' => 1, '200' => 2];
const LINES = ['+7-499-999-99-99' => 'shop1', '+7-499-888-88-88' => 'shop2'];
const RINGS_FOR = 20;
const AGAIN_AFTER = 2;
const HANGUP = ['answered' => 'answered', 'busy' => 'busy', 'no answer' => 'no answered', 'cancel' => 'cancel', 'failed' => 'failed'];
const RESULT = ['answered' => 'answered', 'busy' => 'busy', 'no answer' => 'no answer', 'cancel' => 'no answer', 'failed' => 'failed'];
const NOTHING = ['calls' => [], 'statuses' => [], 'outbox' => [], 'quietUntil' => 0, 'offset' => 0];

define('BASE_URL', 'http://127.0.0.1:' . $_SERVER['SERVER_PORT']);
define('STATE', sys_get_temp_dir() . '/pbx-service-' . $_SERVER['SERVER_PORT'] . '.json');

$state = is_file(STATE) ? json_decode(file_get_contents(STATE), true) : NOTHING;

function now(): float
{
    return microtime(true) + $GLOBALS['state']['offset'];
}

// The CRM's side

/** The status, 0 for none, and what the answer's JSON says. */
function ask(string $path, array $form = [], int $seconds = 5): array
{
    $curl = curl_init(getenv('CALLPROOF_CRM_URL') . "/api/v5/$path");
    curl_setopt_array($curl, [
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => $seconds,
        CURLOPT_HTTPHEADER => ['X-API-KEY: ' . getenv('CALLPROOF_API_KEY')],
    ] + ($form ? [CURLOPT_POSTFIELDS => http_build_query($form)] : []));
    $said = curl_exec($curl);
    return [curl_getinfo($curl, CURLINFO_RESPONSE_CODE), is_string($said) ? json_decode($said, true) : null];
}

/** The extension of the customer's manager. A caller is waiting, so nobody waits long for it. */
function responsible(string $phone): ?string
{
    $answer = ask('telephony/manager?' . http_build_query(['phone' => $phone, 'details' => 0]), [], 2)[1];
    return $answer['manager']['code'] ?? null;
}

/** In order, and again later where the CRM could not: nothing is lost, nothing is said twice. */
function deliver(): void
{
    $state = &$GLOBALS['state'];
    while ($state['outbox'] && now() >= $state['quietUntil']) {
        [$path, $name, $structure] = $state['outbox'][0];
        [$status, $said] = ask($path, [$name => json_encode($structure)]);
        // Over is what the CRM took, and what it refused for good.
        if ($status && $status < 500 && $status !== 429 && isset($said['success'])) {
            array_shift($state['outbox']);
        } else {
            $state['quietUntil'] = now() + AGAIN_AFTER;
        }
    }
}

// The exchange

function busy(): array
{
    $taken = [];
    foreach ($GLOBALS['state']['calls'] as $call) {
        if ($call['state'] !== 'ended') {
            $taken = [...$taken, ...$call['ringing'], $call['answeredBy']];
        }
    }
    $away = array_filter($GLOBALS['state']['statuses'], fn($status) => $status !== 'free');
    return array_map('strval', [...$taken, ...array_keys($away)]);
}

function &begun(string $direction, string $phone, string $line, string $stage, array $ringing): array
{
    $id = bin2hex(random_bytes(8));
    $GLOBALS['state']['calls'][$id] = [
        'id' => $id, 'direction' => $direction, 'phone' => $phone, 'line' => $line, 'state' => $stage,
        'ringing' => $ringing, 'told' => $ringing, 'started' => now(), 'ringsUntil' => now() + RINGS_FOR,
        'answered' => null, 'answeredBy' => null, 'ended' => null,
    ];
    return $GLOBALS['state']['calls'][$id];
}

function incoming(string $phone, string $line): array
{
    $call = &begun('in', $phone, $line, 'ringing', []);
    $manager = responsible($phone);
    $free = array_values(array_diff(array_map('strval', array_keys(EXTENSIONS)), busy()));
    $call['ringing'] = $call['told'] = in_array($manager, $free, true) ? [$manager] : $free;
    $free ? tell($call, 'in') : finish($call, 'busy');
    return $call;
}

function answer(array &$call, ?string $extension): void
{
    if ($call['state'] === 'calling manager') {
        $call = ['answeredBy' => $call['ringing'][0], 'ringing' => [], 'state' => 'ringing', 'ringsUntil' => now() + RINGS_FOR] + $call;
        tell($call, 'out');
        return;
    }
    $who = $call['answeredBy'] ?? $extension ?? $call['ringing'][0];
    $call = ['answeredBy' => $who, 'ringing' => [], 'state' => 'talking', 'answered' => now(), 'ringsUntil' => null] + $call;
}

function refuse(array &$call, ?string $extension): void
{
    $call['ringing'] = $extension === null ? [] : array_values(array_diff($call['ringing'], [$extension]));
    if (!$call['ringing']) {
        finish($call, 'busy');
    }
}

function hang_up(array &$call, string $by): void
{
    $missed = ($by === 'customer') === ($call['direction'] === 'in') ? 'cancel' : 'busy';
    finish($call, $call['answered'] ? 'answered' : $missed);
}

function finish(array &$call, string $cause): void
{
    // A manager who was never there has made no call.
    $happened = $call['direction'] === 'in' || $call['state'] !== 'calling manager';
    $call = ['state' => 'ended', 'ended' => now(), 'ringing' => [], 'ringsUntil' => null] + $call;
    if (!$happened) {
        return;
    }
    if ($call['told']) {
        tell($call, 'hangup', ['hangupStatus' => HANGUP[$cause]]);
    }
    $GLOBALS['state']['outbox'][] = ['telephony/calls/upload', 'calls', [row($call, $cause)]];
    deliver();
}

function tell(array $call, string $type, array $more = []): void
{
    $GLOBALS['state']['outbox'][] = ['telephony/call/event', 'event', [
        'type' => $type, 'phone' => $call['phone'], 'codes' => $call['told'],
        'callExternalId' => $call['id'], 'externalPhone' => $call['line'],
    ] + $more];
    deliver();
}

function row(array $call, string $cause): array
{
    $row = [
        'date' => gmdate('Y-m-d H:i:s', (int) $call['started']),
        'type' => $call['direction'],
        'phone' => $call['phone'],
        'result' => RESULT[$cause],
        'duration' => $call['answered'] ? (int) round($call['ended'] - $call['answered']) : 0,
        'durationWaiting' => (int) round(($call['answered'] ?? $call['ended']) - $call['started']),
        'externalId' => $call['id'],
        'externalPhone' => $call['line'],
    ];
    return $row
        + ($call['answeredBy'] ? ['code' => $call['answeredBy']] : [])
        + ($call['answered'] ? ['recordUrl' => BASE_URL . "/recordings/{$call['id']}.wav"] : []);
}

// What the CRM calls

/** The status of the answer to makeCallUrl. */
function make_call(array $asked): int
{
    $digits = fn($text) => preg_replace('/\D/', '', $text ?? '');
    if (!isset(EXTENSIONS[$asked['code']])) {
        return 404;
    }
    if (in_array($asked['code'], busy(), true)) {
        return 409;
    }
    if (strlen($digits($asked['phone'])) < 3) {
        return 422;
    }
    $line = array_key_first(LINES);
    foreach (array_keys(LINES) as $known) {
        $line = $digits($known) === $digits($asked['externalPhone'] ?? '') ? $known : $line;
    }
    begun('out', $asked['phone'], $line, 'calling manager', [$asked['code']]);
    return 200;
}

function set_status(array $asked): int
{
    $GLOBALS['state']['statuses'][$asked['code']] = $asked['status'];
    return 200;
}

/** Silence of the call's length, 16 bits at 8 kHz; a player asks for the part of it that it wants. */
function recording(?array $call): void
{
    if (!$call || !$call['answered'] || $call['state'] !== 'ended') {
        http_response_code(404);
        return;
    }
    $size = (int) round($call['ended'] - $call['answered']) * 16000;
    $sound = 'RIFF' . pack('V', 36 + $size) . 'WAVEfmt ' . pack('VvvVVvv', 16, 1, 1, 8000, 16000, 2, 16)
        . 'data' . pack('V', $size) . str_repeat("\0", $size);
    header('Content-Type: audio/wav');
    header('Accept-Ranges: bytes');
    $whole = strlen($sound);
    if (preg_match('/^bytes=(\d*)-(\d*)$/', $_SERVER['HTTP_RANGE'] ?? '', $range) && "$range[1]$range[2]" !== '') {
        $from = $range[1] !== '' ? (int) $range[1] : max(0, $whole - (int) $range[2]);
        $to = $range[1] !== '' && $range[2] !== '' ? min((int) $range[2], $whole - 1) : $whole - 1;
        http_response_code($from > $to ? 416 : 206);
        header('Content-Range: bytes ' . ($from > $to ? '*' : "$from-$to") . "/$whole");
        $sound = $from > $to ? '' : substr($sound, $from, $to - $from + 1);
    }
    header('Content-Length: ' . strlen($sound));
    echo $sound;
}

function register(): void
{
    $codes = $lines = [];
    foreach (EXTENSIONS as $code => $user) {
        $codes[] = ['userId' => $user, 'code' => (string) $code];
    }
    foreach (LINES as $line => $shop) {
        $lines[] = ['siteCode' => $shop, 'externalPhone' => $line];
    }
    [$status] = ask('integration-modules/php-telephony/edit', ['integrationModule' => json_encode([
        'code' => 'php-telephony',
        'integrationCode' => 'php-telephony',
        'active' => true,
        'name' => 'Telephony in PHP',
        'clientId' => CLIENT_ID,
        'baseUrl' => BASE_URL,
        'accountUrl' => BASE_URL . '/account',
        'actions' => ['activity' => '/activity'],
        'integrations' => ['telephony' => [
            'makeCallUrl' => BASE_URL . '/make-call',
            'changeUserStatusUrl' => BASE_URL . '/user-status',
            'inputEventSupported' => true,
            'outputEventSupported' => true,
            'hangupEventSupported' => true,
            'additionalCodes' => $codes,
            'externalPhones' => $lines,
        ]],
    ])]);
    if ($status >= 300 || !$status) {
        throw new RuntimeException("the CRM refused the registration with $status");
    }
}

// What a tester calls; never part of what is shipped

function shown(array $call): array
{
    $extensions = $call['ringing'] ?: array_filter([$call['answeredBy']]);
    return array_intersect_key($call, array_flip(['id', 'direction', 'phone', 'line', 'state'])) + ['extensions' => $extensions];
}

function pass_time(float $seconds): array
{
    $GLOBALS['state']['offset'] += $seconds;
    foreach ($GLOBALS['state']['calls'] as &$call) {
        if ($call['ringsUntil'] && $call['ringsUntil'] <= now()) {
            finish($call, 'no answer');
        }
    }
    deliver();
    return ['now' => now()];
}

function tested(string $asked, array $given): ?array
{
    $state = &$GLOBALS['state'];
    if (isset($given['call'])) {
        $call = &$state['calls'][$given['call']];
    }
    switch ($asked) {
        case 'POST /test/reset':
            $state = ['offset' => $state['offset']] + NOTHING;
            return [];
        case 'POST /test/register':
            register();
            return [];
        case 'POST /test/calls':
            return shown(incoming($given['from'], $given['to']));
        case 'GET /test/calls':
            return array_map('shown', array_values($state['calls']));
        case 'POST /test/answer':
            answer($call, $given['extension'] ?? null);
            return [];
        case 'POST /test/refuse':
            refuse($call, $given['extension'] ?? null);
            return [];
        case 'POST /test/hang-up':
            hang_up($call, $given['by']);
            return [];
        case 'POST /test/drop':
            finish($call, 'failed');
            return [];
        case 'POST /test/clock':
            return pass_time($given['seconds']);
    }
    return null;
}

// The way in

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$asked = "{$_SERVER['REQUEST_METHOD']} $path";
$ours = ['GET /make-call' => 'make_call', 'GET /user-status' => 'set_status', 'POST /activity' => fn() => 200, 'POST /account' => fn() => 200];
if (preg_match('#^/recordings/([0-9a-f]+)\.wav$#', $path, $found)) {
    recording($state['calls'][$found[1]] ?? null);
    return;
}
header('Content-Type: application/json');
$said = [];
if (isset($ours[$asked])) {
    http_response_code(($_REQUEST['clientId'] ?? '') === CLIENT_ID ? $ours[$asked]($_REQUEST) : 401);
} else {
    $said = tested($asked, json_decode(file_get_contents('php://input'), true) ?? []);
    http_response_code($said === null ? 404 : 200);
}
file_put_contents(STATE, json_encode($state));
echo json_encode($said ?: ($asked === 'GET /test/calls' ? [] : new stdClass()));
