# Asks as the official Ruby client does: TLS always, Net::HTTP, parameters that stay from call to call, the shop among
# them also where none is given. Prints what it was answered, a JSON line a call.
require 'json'
require 'net/http'
require 'uri'

class Asking
  def initialize(url, key)
    @url = "#{url}/api/v5/"
    @params = { apiKey: key }
  end

  def ask(path, method, parameters)
    @params.merge!(parameters)
    @params[:site] = nil
    uri = URI.parse(@url + path)
    https = Net::HTTP.new(uri.host, uri.port, nil)
    https.use_ssl = true
    if method == 'post'
      request = Net::HTTP::Post.new(uri)
      request.set_form_data(@params)
    else
      request = Net::HTTP::Get.new("#{uri.path}?#{URI.encode_www_form(@params)}")
    end
    answer = https.request(request)
    { status: answer.code.to_i, body: answer.body.empty? ? nil : JSON.parse(answer.body) }
  end
end

url, key = ARGV
telephony = { makeCallUrl: 'https://127.0.0.1:9/call', additionalCodes: [{ userId: '1', code: '100' }] }
mod = {
  code: 'https-only', active: true, name: 'T', clientId: 'cid', integrations: { telephony: telephony }
}
event = { phone: '+79991234567', type: 'in', codes: ['100'], callExternalId: 'https-1' }
call = {
  date: '2024-05-01 12:00:00', type: 'in', phone: '+79991234567', code: '100',
  result: 'answered', duration: 30, externalId: 'https-1'
}
steps = [
  ['register', 'integration-modules/https-only/edit', 'post', { integrationModule: mod.to_json }],
  ['read', 'integration-modules/https-only', 'get', {}],
  ['event', 'telephony/call/event', 'post', { event: event.to_json }],
  ['upload', 'telephony/calls/upload', 'post', { calls: [call].to_json }],
  ['manager', 'telephony/manager', 'get', { phone: '+79991234567', details: 1 }]
]
client = Asking.new(url, key)
steps.each do |name, path, method, parameters|
  begin
    answer = client.ask(path, method, parameters)
  rescue StandardError => error
    answer = { failed: error.message }
  end
  puts({ name: name }.merge(answer).to_json)
end
