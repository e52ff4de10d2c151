<?php
// Asks as the PHP clients of the line 5 do: https or nothing, curl, the key among the parameters, POST as multipart.
// Prints what it was answered, a JSON line a call. Beside them, certificates are looked at.

function ask($url, $key, $method, $path, array $parameters = [])
{
    if (false === stripos($url, 'https://')) {
        throw new InvalidArgumentException('API schema requires HTTPS protocol');
    }
    $parameters = array_merge(['apiKey' => $key], $parameters);
    $address = "$url/api/v5$path";
    if ($method === 'GET') {
        $address .= '?' . http_build_query($parameters, '', '&');
    }
    $curl = curl_init();
    curl_setopt($curl, CURLOPT_URL, $address);
    curl_setopt($curl, CURLOPT_RETURNTRANSFER, 1);
    curl_setopt($curl, CURLOPT_FOLLOWLOCATION, 1);
    curl_setopt($curl, CURLOPT_FAILONERROR, false);
    curl_setopt($curl, CURLOPT_TIMEOUT, 30);
    if ($method === 'POST') {
        curl_setopt($curl, CURLOPT_POST, true);
        curl_setopt($curl, CURLOPT_POSTFIELDS, $parameters);
    }
    $body = curl_exec($curl);
    if (curl_errno($curl)) {
        throw new RuntimeException(curl_error($curl), curl_errno($curl));
    }
    return ['status' => curl_getinfo($curl, CURLINFO_HTTP_CODE), 'body' => json_decode($body, true)];
}

list(, $url, $key) = $argv;
$module = [
    'code' => 'https-only', 'active' => true, 'name' => 'T', 'clientId' => 'cid',
    'integrations' => ['telephony' => [
        'makeCallUrl' => 'https://127.0.0.1:9/call',
        'additionalCodes' => [['userId' => '1', 'code' => '100']],
    ]],
];
// What is not given to the client is null, and an empty array of PHP is an empty list of JSON.
$event = [
    'phone' => '+79991234567', 'type' => 'in', 'codes' => ['100'], 'hangupStatus' => null,
    'callExternalId' => 'https-1', 'webAnalyticsData' => [],
];
$call = [
    'date' => '2024-05-01 12:00:00', 'type' => 'in', 'phone' => '+79991234567', 'code' => '100',
    'result' => 'answered', 'duration' => 30, 'externalId' => 'https-1',
];
$steps = [
    'register' => ['POST', '/integration-modules/https-only/edit', ['integrationModule' => json_encode($module)]],
    'read' => ['GET', '/integration-modules/https-only', []],
    'event' => ['POST', '/telephony/call/event', ['event' => json_encode($event)]],
    'upload' => ['POST', '/telephony/calls/upload', ['calls' => json_encode([$call])]],
    'manager' => ['GET', '/telephony/manager', ['phone' => '+79991234567', 'details' => 1]],
];
foreach ($steps as $name => $step) {
    try {
        $answer = ask($url, $key, $step[0], $step[1], $step[2]);
    } catch (Exception $error) {
        $answer = ['failed' => $error->getMessage()];
    }
    echo json_encode(['name' => $name] + $answer), "\n";
}
