// Drives a CRM with node-retailcrm-api and prints what it was answered, a JSON line a call.
const { Client } = require('node-retailcrm-api');

const [url, apiKey] = process.argv.slice(2);
const client = new Client({ url, apiKey, siteCode: 'shop1' });
const call = {
  date: '2024-05-01 12:00:00', type: 'in', phone: '+79991234567', code: '100',
  result: 'answered', duration: 30, externalId: 'node-1',
};
const module_ = {
  code: 'node-telephony', active: true, name: 'T', clientId: 'cid',
  integrations: { telephony: { makeCallUrl: 'http://127.0.0.1:9/mc', additionalCodes: [{ userId: '1', code: 100 }] } },
};
const steps = [
  ['update', () => client.modules.update(module_)],
  ['fetch', () => client.modules.fetch('node-telephony')],
  ['event', () => client.telephony.createCallEvent({ phone: '+79991234567', type: 'in', codes: ['100'] })],
  ['upload', () => client.telephony.uploadCalls([call])],
  ['manager', () => client.telephony.managerCall('+79991234567', 1)],
];

(async () => {
  for (const [name, step] of steps) {
    let body;
    try {
      const response = await step();
      body = { status: response.response.statusCode, ...response.body };
    } catch (error) {
      body = { failed: String(error.message || error) };
    }
    console.log(JSON.stringify({ name, body }));
  }
})();
